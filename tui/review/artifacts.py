"""What else lies in the directory, and the answer to "can I delete this?". Read only."""

from __future__ import annotations

from collections.abc import Sequence

from ...policies.catalog.model import Artifact, Catalog, Consequence
from ..output import shown
from ..quantities import size
from .glyphs import Glyphs
from .lines import Line
from .panes import ChoicePane
from .styles import BOLD, DELETED, DIM, KEPT
from .words import fit, fit_path, wrapped

_STYLES = {
    Consequence.SAFE: KEPT,
    Consequence.INCONVENIENT: None,
    Consequence.CATASTROPHIC: DELETED,
}
_FIXED = 41  # cells of a row before its path


class ArtifactsPane(ChoicePane):
    """Largest first; the reason under each."""

    def __init__(self, catalog: Catalog, glyphs: Glyphs) -> None:
        super().__init__("What else lies here", glyphs)
        self.artifacts = sorted(catalog.artifacts, key=lambda one: (-one.bytes, one.path))
        self._unrecognised = catalog.unrecognised

    def before(self, width: int) -> Sequence[Line]:
        if not self.artifacts:
            return [(), [("  Nothing but checkpoints.", None)], *self._unknown()]
        title = f"  {'CLASS':<13} {'SIZE':>8}  {'IF DELETED':<12}   PATH"
        return [*self._unknown(), [(title, BOLD)]]

    def _unknown(self) -> list[Line]:
        count = len(self._unrecognised)
        names = ", ".join(shown(name) for name in self._unrecognised[:5])
        more = ", ..." if count > 5 else ""
        return [[(f"  {count} not recognised, so left alone: {names}{more}", DIM)]] if count else []

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        return [self._item(artifact, width) for artifact in self.artifacts]

    def _item(self, one: Artifact, width: int) -> Sequence[Line]:
        path = fit_path(shown(one.path), max(8, width - _FIXED), ellipsis=self._glyphs.ellipsis)
        start = f"  {fit(one.kind, 13)} {size(one.bytes):>8}  "
        why = [[("    " + text, DIM)] for text in wrapped(one.why, width - 4)]
        style = _STYLES[one.consequence]
        return [[(start, None), (f"{one.consequence.value:<13}", style), (f"  {path}", None)], *why]
