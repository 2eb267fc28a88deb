"""The review: what each key does to the model and, through `disk`, to the run.

Every action passes `action_do`, which refuses what a read-only review or a running commit must
not do, and ends in `sync`. Policy arithmetic lives elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from ...policies.budget import propose
from ...policies.refusal import Refusal
from ...policies.rules.policy import Policy
from ...policies.rules.preset_files import preset_files
from ...policies.units import parse_size
from ..output import shown
from ..quantities import counted, items, size
from .artifacts import ArtifactsPane
from .confirm import ConfirmPane
from .deeds import Deeds, Done, Progressed, commit_outcome, purge_outcome, undo_outcome
from .details import DetailsPane
from .disk import Disk, LocalDisk
from .feed import Feed, scanner
from .filtering import FilterError
from .glyphs import Glyphs, glyphs_for_locale
from .help import HelpPane
from .history import IN_TRASH, HistoryPane
from .keys import REVIEW
from .model import ReviewModel
from .presets import PresetsPane
from .results import ResultPane
from .stage import Stage
from .table import Table

_KEYS = {key.id: key for key in REVIEW}
_NOT_MEANWHILE = {"rescan", "pin", "commit", "undo", "history"}


def review_of(
    root: str,
    policy: Policy | None,
    *,
    now: Callable[[], float],
    feed: Feed | None = None,
    title: str | None = None,
    apparent: bool = False,
    read_only: bool = False,
    disk: Disk | None = None,
    glyphs: Glyphs | None = None,
    found: Sequence[str] = (),
) -> ReviewApp:
    """A review of an absolute root, scanning; pictures and tests give what must not vary."""
    return ReviewApp(
        ReviewModel(root, policy, now=now, apparent=apparent, read_only=read_only),
        feed=feed or Feed(scanner(root)).start(),
        rescan=lambda: Feed(scanner(root, remember=not read_only)).start(),
        disk=disk or LocalDisk(),
        glyphs=glyphs or glyphs_for_locale(),
        title=root if title is None else title,
        found=found,
    )


class ScanNews(Message):
    """The scan has found something; one of these is enough."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ScanNews)


class ReviewApp(Stage):
    """One review of one directory."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "do('quit')", show=False, priority=True),
        Binding("ctrl+q", "do('quit')", show=False, priority=True),
        Binding("ctrl+l", "repaint", show=False, priority=True),
    ]

    def __init__(
        self,
        model: ReviewModel,
        *,
        feed: Feed,
        rescan: Callable[[], Feed],
        disk: Disk,
        glyphs: Glyphs,
        title: str,
        found: Sequence[str],
    ) -> None:
        super().__init__(model, glyphs, title)
        self._found = found  # what an interrupted commit had left here
        self._feed = feed
        self._new_feed = rescan
        self._disk = disk
        self._deeds = Deeds(self)
        self._leaving = False
        self._drained_at = self._drain_cost = 0.0
        self._drain_planned = False
        self._drain()  # what is known already is in the first picture

    def on_mount(self) -> None:
        super().on_mount()
        self._measure_disk()
        self._feed.listen(self._news)
        if self._found:
            self.say(shown("; ".join(self._found)))

    def on_unmount(self) -> None:
        self._feed.cancel()

    def _measure_disk(self) -> None:
        self.title_line.disk_share = self._disk.full(self.model.root)

    def _news(self) -> None:
        self.post_message(ScanNews())

    def on_scan_news(self) -> None:
        """Take the news, but spend at most a fifth of the time on it."""
        wait = self._drained_at + 4 * self._drain_cost - time.monotonic()
        if wait <= 0:
            self._drain()
        elif not self._drain_planned:
            self._drain_planned = True
            self.set_timer(wait, self._drain)

    def _drain(self) -> None:
        self._drain_planned = False
        begun = time.monotonic()
        ended = self._feed.ended  # asked first: what comes before the end is then drained
        events = self._feed.drain()
        if events:
            self.model.take(events)
        if ended and self._feed.trouble:
            self.model.abandon_scan(self._feed.trouble)
            self.say(f"the scan failed: {self._feed.trouble}", urgent=True)
        self._say_what_changed()
        self.sync()
        self._drained_at = time.monotonic()
        self._drain_cost = self._drained_at - begun

    def _say_what_changed(self) -> None:
        if self.model.message:
            self.say(self.model.message, urgent=True)
            self.model.message = ""

    def action_do(self, id_: str) -> None:
        """Do what a key of the table stands for."""
        self.key_line.notice = ""
        if _KEYS[id_].writes and self.model.read_only:
            self.say("this review is read-only: it changes nothing on disk")
        elif self._deeds.doing and id_ in _NOT_MEANWHILE:
            self.say(f"{self._deeds.doing}; one thing at a time")
        elif id_.startswith("rule_"):
            self.model.toggle(int(id_.removeprefix("rule_")) - 1)
        else:
            getattr(self, f"do_{id_}")()
        self._say_what_changed()
        self.sync()

    def do_up(self) -> None:
        self.model.move_to(self.model.cursor_position - 1)

    def do_down(self) -> None:
        self.model.move_to(self.model.cursor_position + 1)

    def do_page_up(self) -> None:
        self.model.move_to(self.model.cursor_position - self.table.page)

    def do_page_down(self) -> None:
        self.model.move_to(self.model.cursor_position + self.table.page)

    def do_first(self) -> None:
        self.model.move_to(0)

    def do_last(self) -> None:
        self.model.move_to(len(self.model.visible) - 1)

    def do_sort(self) -> None:
        self.model.sort_next(self.table.layout_now.columns)

    def do_reverse(self) -> None:
        self.model.sort_reversed()

    def do_range(self) -> None:
        self.model.anchor = None if self.model.anchor else self.model.cursor

    def do_clear(self) -> None:
        if self.model.anchor:
            self.model.anchor = None
        elif self.model.filter:
            self.model.set_filter("")

    def do_mark(self) -> None:
        self.model.toggle_marks(self.model.selected())
        self.model.anchor = None

    def do_slim(self) -> None:
        self.model.toggle_slims(self.model.selected())
        self.model.anchor = None

    def do_pin(self) -> None:
        """Pin the selection, or unpin it when all of it is pinned."""
        model, ids = self.model, self.model.selected()
        free = [id_ for id_ in ids if id_ not in model.pins]
        try:
            if free:
                pins = self._disk.pin(model.catalog, free, model.now)
                model.set_pins({**model.pins, **{pin.id: pin for pin in pins}})
            elif ids:
                gone = set(self._disk.unpin(model.catalog, ids))
                model.set_pins({id_: pin for id_, pin in model.pins.items() if id_ not in gone})
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
        model.anchor = None

    def do_filter(self) -> None:
        self.ask_text("/", self.model.filter, self._filter)

    def _filter(self, text: str) -> None:
        try:
            self.model.set_filter(text)
        except FilterError as error:
            self.say(f"filter: {error}", urgent=True)
        self.sync()

    def do_details(self) -> None:
        self.open_pane(DetailsPane(self.model, self.glyphs))

    def do_help(self) -> None:
        self.open_pane(HelpPane(self.glyphs))

    def do_presets(self) -> None:
        self.open_pane(PresetsPane(self.model, self.glyphs))

    def do_artifacts(self) -> None:
        self.open_pane(ArtifactsPane(self.model, self.glyphs))

    def do_history(self) -> None:
        try:
            entries = self._disk.history(self.model.root)
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
            return
        read_only = self.model.read_only
        self.open_pane(HistoryPane(entries, self.glyphs, self.model.clock(), read_only=read_only))

    def do_commit(self) -> None:
        if self.model.trouble:
            self.say(f"the scan failed, so nothing is committed: {self.model.trouble}")
        elif self.model.plan.summary.going:
            self.open_pane(ConfirmPane(self.model, self.glyphs))
        else:
            self.say("the plan deletes nothing; 1-9 switch rules on, d marks by hand")

    def on_confirm_pane_confirmed(self, message: ConfirmPane.Confirmed) -> None:
        self.close_pane()
        plan = message.plan
        sums = plan.summary
        self.say(f"moving {items(sums.delete, sums.artifacts, sums.slim)}")
        self._deeds.start(
            "committing",
            lambda tell: commit_outcome(self._disk.commit(plan, tell, self._deeds.stopped)),
        )

    def do_undo(self) -> None:
        try:
            entries = self._disk.history(self.model.root)
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
            return
        last = next((entry for entry in entries if entry.state in IN_TRASH), None)
        if last is None:
            self.say("nothing is in the trash")
            return
        many = items(last.checkpoints, last.files, last.slimmed)
        self.ask(f"Put back {many} of the last commit?", lambda: self._undo(last.id))

    def _undo(self, commit_id: str) -> None:
        root = self.model.root
        self._deeds.start(
            "undoing", lambda tell: undo_outcome(self._disk.undo(root, commit_id, tell))
        )

    def _purge(self, commit_id: str) -> None:
        root = self.model.root
        self._deeds.start(
            "purging",
            lambda tell: purge_outcome(
                self._disk.purge(root, commit_id, tell, self._deeds.stopped)
            ),
        )

    def on_history_pane_wanted(self, message: HistoryPane.Wanted) -> None:
        entry = message.entry
        many = items(entry.checkpoints, entry.files, entry.slimmed) + f", {size(entry.bytes)}"
        self.close_pane()
        if message.purge:
            self.ask(f"Delete {many} for good? There is no undo.", lambda: self._purge(entry.id))
        else:
            self.ask(f"Put back {many}?", lambda: self._undo(entry.id))

    def on_progressed(self, message: Progressed) -> None:
        if self._deeds.doing:
            self.say(message.text)

    def on_done(self, message: Done) -> None:
        outcome = message.outcome
        self._deeds.doing = ""
        if self._leaving:
            self.exit(0)
            return
        self.say(outcome.sentence, urgent=outcome.failed)
        if outcome.details:
            self.open_pane(ResultPane(outcome, self.glyphs))
        self.rescan()

    def do_rescan(self) -> None:
        self.rescan()

    def rescan(self) -> None:
        """Look again; what is shown stays until all of it is known anew."""
        self._feed.cancel()
        self.model.begin_rescan()
        self._measure_disk()
        self._feed = self._new_feed()
        self._feed.listen(self._news)

    def do_export(self) -> None:
        try:
            self.say(f"wrote {self._disk.export(self.model.plan)}")
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)

    def do_free(self) -> None:
        if self.model.plan.policy is None:
            self.say("no rule is on, so there is no policy to change; p offers presets")
        else:
            self.ask_text("free how much on disk? such as 500GB:", "", self._free)

    def _free(self, text: str) -> None:
        try:
            proposal = propose(self.model.plan, parse_size(text))
        except (Refusal, ValueError) as error:
            self.say(str(error), urgent=True)
            return
        if proposal.changes:
            self.model.use(proposal.policy)
        self.say(proposal.sentence(), urgent=bool(proposal.short))
        self.sync()

    def do_save(self) -> None:
        policy = self.model.plan.policy
        if policy is None:
            self.say("no rule is on, so there is no policy to save")
            return
        name = policy.name.removesuffix(" (changed)").replace(" ", "-")
        self.ask_text("save the policy as:", name, self._save)

    def _save(self, name: str) -> None:
        known = preset_files().get(name.strip())
        if known is not None and known.own:
            self.ask(f"Replace your preset {shown(name)}?", lambda: self._write(name, replace=True))
        else:
            self._write(name, replace=False)

    def _write(self, name: str, *, replace: bool) -> None:
        policy = self.model.plan.policy
        if policy is None:
            return
        try:
            self.say(f"wrote {self._disk.save(policy, name.strip(), replace=replace)}")
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)

    def do_quit(self) -> None:
        if self._deeds.doing:
            self._leaving = True
            self._deeds.stop()
            self.say(f"{self._deeds.doing}; leaving after this checkpoint")
        elif self.model.by_hand:
            marks = counted(len(self.model.by_hand), "mark")
            self.ask(f"{marks} by hand not committed. Quit?", lambda: self.exit(0))
        else:
            self.exit(0)

    def on_pane_closed(self) -> None:
        self.key_line.notice = ""
        self.close_pane()

    def on_presets_pane_taken(self, message: PresetsPane.Taken) -> None:
        self.model.use(message.policy)
        self.close_pane()
        self._say_what_changed()

    def on_table_header_clicked(self, message: Table.HeaderClicked) -> None:
        self.model.sort_by(message.column)
        self.sync()

    def on_table_row_clicked(self, message: Table.RowClicked) -> None:
        self.model.move_to(message.position)
        self.sync()
