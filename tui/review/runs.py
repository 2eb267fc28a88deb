"""The runs below a root, the largest first, and what the plan would free in each.

Where there are several, this is what the review opens on; Enter shows the checkpoints of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from ...policies.catalog.model import Catalog, Checkpoint
from ...policies.decisions import Action, Plan
from ...policies.freed import Freed, freed
from ...policies.slimming import resume_states
from ..output import shown
from ..quantities import size
from .glyphs import Glyphs
from .keys import RUNS, WITH_RUNS
from .lines import Line
from .model import ReviewModel
from .panes import ChoicePane
from .run_directory import run_directory
from .styles import BOLD
from .words import fit_path, size_range

_FIXED = 47  # cells of a row beside its name
_SLIMS = 7  # likewise, where something is slimmed


@dataclass(frozen=True, slots=True)
class RunSum:
    """One run, and what happens in it."""

    directory: str
    checkpoints: int
    disk: int
    apparent: int
    deletes: int
    slims: int
    freed: Freed


def runs_of(catalog: Catalog, plan: Plan, *, apparent: bool) -> list[RunSum]:
    """Every run of a catalog by size; a hard link to another run frees nothing in either."""
    folders = {series.id: run_directory(series.directory) for series in catalog.series}
    groups: dict[str, list[tuple[Checkpoint, Action]]] = {}
    for one, action in zip(catalog.checkpoints, plan.actions, strict=True):
        folder = folders.get(one.series, ".")
        groups.setdefault(folder, []).append((one, action))
    sums = [_sum(directory, group) for directory, group in groups.items()]
    return sorted(sums, key=lambda one: (-(one.apparent if apparent else one.disk), one.directory))


def _sum(directory: str, group: Sequence[tuple[Checkpoint, Action]]) -> RunSum:
    going = [one for one, action in group if action is Action.DELETE]
    parts = resume_states([one for one, _ in group], [action for _, action in group])
    return RunSum(
        directory=directory,
        checkpoints=len(group),
        disk=sum(one.disk for one, _ in group),
        apparent=sum(one.apparent for one, _ in group),
        deletes=len(going),
        slims=len(parts),
        freed=freed([*going, *parts]),
    )


class RunsPane(ChoicePane):
    """Enter opens the run under the cursor."""

    extra_keys = RUNS
    silent_keys = WITH_RUNS

    class Opened(Message):
        """Show the checkpoints of one run."""

        def __init__(self, directory: str) -> None:
            self.directory = directory
            super().__init__()

    def __init__(self, model: ReviewModel, glyphs: Glyphs) -> None:
        super().__init__("Runs, and what the plan would free in each", glyphs)
        self._model = model
        self._plan: Plan | None = None
        self.runs: list[RunSum] = []
        self._refresh_sums()
        names = [run.directory for run in self.runs]
        self.cursor = names.index(model.scope) if model.scope in names else 0

    def _refresh_sums(self) -> None:
        if self._plan is not self._model.plan:
            self._plan = self._model.plan
            model = self._model
            self.runs = runs_of(model.catalog, model.plan, apparent=model.apparent)

    @property
    def count(self) -> int:
        return len(self.runs)

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

    def _item(self, run: RunSum, width: int) -> Line:
        room, slims = self._room(width), f" {run.slims:>6}" if self._slims else ""
        name = fit_path(shown(run.directory), room, ellipsis=self._glyphs.ellipsis)
        if self._model.apparent:
            total, frees = run.apparent, size(run.freed.apparent)
        else:
            total, frees = run.disk, size_range(run.freed.certain, run.freed.possible)
        numbers = f"{run.checkpoints:>11} {size(total):>8}{slims} {run.deletes:>8} {frees:>13}"
        return [(f"  {name:<{room}} {numbers}", None)]

    def action_take(self) -> None:
        if self.runs:
            self.post_message(self.Opened(self.runs[self.cursor].directory))
