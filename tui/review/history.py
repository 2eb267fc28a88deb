"""The trash and what was done before: every commit, and whether it can still be put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.message import Message

from ..output import shown
from ..quantities import age, counted, items, size
from .glyphs import Glyphs
from .keys import HISTORY
from .lines import Line
from .panes import ChoicePane
from .styles import BOLD, DIM

if TYPE_CHECKING:
    from ...policies.commit.results import HistoryEntry


class HistoryPane(ChoicePane):
    """Newest first; undo and purge ask before they act."""

    class Wanted(Message):
        """Undo or purge one commit."""

        def __init__(self, entry: HistoryEntry, *, purge: bool) -> None:
            self.entry, self.purge = entry, purge
            super().__init__()

    def __init__(
        self, entries: Sequence[HistoryEntry], glyphs: Glyphs, now: float, *, read_only: bool
    ) -> None:
        super().__init__("Trash and history", glyphs)
        self.entries = entries
        self._now = now
        self.extra_keys = () if read_only else HISTORY

    @property
    def count(self) -> int:
        return len(self.entries)

    def before(self, width: int) -> Sequence[Line]:
        if not self.entries:
            return [(), [("  Nothing has been committed here.", None)]]
        held = [entry for entry in self.entries if entry.is_in_trash]
        total = size(sum(entry.bytes for entry in held))
        words = f"{counted(len(held), 'commit')} in the trash, {total} on disk"
        return [[(f"  {words if held else 'The trash is empty.'}", BOLD)], ()]

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        return [self._item(entry) for entry in self.entries]

    def _item(self, entry: HistoryEntry) -> Sequence[Line]:
        when = datetime.fromtimestamp(entry.when, UTC)
        ago = age(self._now - entry.when)
        many = items(entry.checkpoints, entry.files, entry.slimmed)
        head = f"  {ago:>5} ago  {many:>16}  {size(entry.bytes):>7}  {entry.state}"
        who = f"{shown(entry.who)}@{shown(entry.host)}" if entry.host else shown(entry.who)
        dot = self._glyphs.dot
        about = (
            f"{when:%Y-%m-%d %H:%M} UTC {dot} {who} {dot} {shown(entry.policy)} {dot} {entry.id}"
        )
        return [[(head, None)], [(f"    {about}", DIM)]]

    def _want(self, *, purge: bool) -> None:
        entry = self.entries[self.cursor] if self.entries else None
        if entry and entry.is_in_trash and self.extra_keys:
            self.post_message(self.Wanted(entry, purge=purge))

    def action_undo(self) -> None:
        self._want(purge=False)

    def action_purge(self) -> None:
        self._want(purge=True)
