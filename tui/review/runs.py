"""The runs below a root, the largest first, and what the plan would free in each.

Where there are several, this is what the review opens on; Enter shows the checkpoints of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from ...policies.catalog.model import Catalog, Checkpoint
from ...policies.decisions import Action, Plan
from ..output import shown
from ..quantities import size
from .glyphs import Glyphs
from .group_sums import GroupSum, group_sum
from .keys import REVIEW, RUNS
from .lines import Line
from .model import ReviewModel
from .panes import ChoicePane, bound
from .run_directory import run_directory
from .styles import BOLD
from .words import fit_path, size_range

_ALSO_HERE = {"presets", "more", "less", "value_before", "value_next", "commit", "undo"}
_FIXED = 47  # cells of a row beside its name
_SLIMS = 7  # likewise, where something is slimmed


def runs_of(catalog: Catalog, plan: Plan, *, apparent: bool) -> list[GroupSum]:
    """Every run of a catalog by size."""
    folders = {series.id: run_directory(series.directory) for series in catalog.series}
    groups: dict[str, tuple[list[Checkpoint], list[Action]]] = {}
    for one, action in zip(catalog.checkpoints, plan.actions, strict=True):
        checkpoints, actions = groups.setdefault(folders.get(one.series, ""), ([], []))
        checkpoints.append(one)
        actions.append(action)
    sums = [group_sum(directory, *group) for directory, group in groups.items()]
    return sorted(sums, key=lambda one: (-(one.apparent if apparent else one.disk), one.name))


class RunsPane(ChoicePane):
    """Enter opens the run under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bound(RUNS),
        *(
            Binding(",".join(one.keys), f"app.do('{one.id}')", show=False, id=one.id)
            for one in REVIEW
            if one.id.startswith("rule_") or one.id in _ALSO_HERE
        ),
    ]
    extra_keys = RUNS

    class Opened(Message):
        """Show the checkpoints of one run."""

        def __init__(self, directory: str) -> None:
            self.directory = directory
            super().__init__()

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__("Runs, and what the plan would free in each", glyphs)
        self._model = model
        self._plan: Plan | None = None
        self.runs: list[GroupSum] = []
        self._refresh_sums()
        names = [run.name for run in self.runs]
        self.cursor = names.index(model.scope) if model.scope in names else 0

    def _refresh_sums(self) -> None:
        if self._plan is not self._model.plan:
            self._plan = self._model.plan
            model = self._model
            self.runs = runs_of(model.catalog, model.plan, apparent=model.apparent)

    def before(self, width: int) -> Sequence[Line]:
        room, slims = self._room(width), f" {'SLIMS':>6}" if self._slims else ""
        numbers = f"{'CHECKPOINTS':>11} {'SIZE':>8}{slims} {'DELETES':>8} {'FREES':>13}"
        return [[(f"  {'RUN':<{room}} {numbers}", BOLD)]]

    def _room(self, width: int) -> int:
        return max(8, width - _FIXED - (_SLIMS if self._slims else 0))

    @property
    def _slims(self) -> bool:
        return any(run.slims for run in self.runs)

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        self._refresh_sums()
        return [[self._item(run, width)] for run in self.runs]

    def _item(self, run: GroupSum, width: int) -> Line:
        room, slims = self._room(width), f" {run.slims:>6}" if self._slims else ""
        name = fit_path(shown(run.name) or ".", room, ellipsis=self._glyphs.ellipsis)
        if self._model.apparent:
            total, frees = run.apparent, size(run.freed.apparent)
        else:
            total, frees = run.disk, size_range(run.freed.certain, run.freed.possible)
        numbers = f"{run.checkpoints:>11} {size(total):>8}{slims} {run.deletes:>8} {frees:>13}"
        return [(f"  {name:<{room}} {numbers}", None)]

    def action_take(self) -> None:
        if self.runs:
            self.post_message(self.Opened(self.runs[self.cursor].name))
