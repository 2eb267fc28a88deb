"""The runs below a root, the largest first, and what the plan would free in each.

Where there are several, this is what the review opens on; Enter shows the checkpoints of one.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from ...policies.catalog.model import Catalog, Checkpoint
from ...policies.decisions import Action, Plan
from ..output import shown
from ..quantities import size
from .glyphs import Glyphs
from .group_sums import GroupSum, group_sum
from .keys import RUNS, WITH_RUNS
from .lines import Line
from .model import ReviewModel
from .panes import ChoicePane
from .run_directory import run_directory
from .styles import BOLD
from .words import fit, fit_path, size_range

_WIDTHS = (11, 8, 6, 8, 13)  # cells of the numbers
_LEAST_NAME = 12


def runs_of(catalog: Catalog, plan: Plan, *, apparent: bool) -> list[GroupSum]:
    """Every run of a catalog by size."""
    folders = {series.id: run_directory(series.directory) for series in catalog.series}
    groups: dict[str, tuple[list[Checkpoint], list[Action]]] = {}
    for one, action in zip(catalog.checkpoints, plan.actions, strict=True):
        checkpoints, actions = groups.setdefault(folders.get(one.series, "."), ([], []))
        checkpoints.append(one)
        actions.append(action)
    sums = [group_sum(directory, *group) for directory, group in groups.items()]
    return sorted(sums, key=lambda one: (-(one.apparent if apparent else one.disk), one.name))


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
        self.runs: list[GroupSum] = []
        self._refresh_sums()
        names = [run.name for run in self.runs]
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
        titles = ("CHECKPOINTS", "SIZE", "SLIMS", "DELETES", "FREES")
        return [[(self._row("RUN", titles, width), BOLD)]]

    def _row(self, name: str, numbers: Sequence[str], width: int) -> str:
        """The first numbers go where there is no room: one that is cut is another number."""
        columns = list(zip(_WIDTHS, numbers, strict=True))
        if not self._slims:
            del columns[2]
        for spare in (0, -2):
            if width - _LEAST_NAME - sum(cells + 1 for cells, _ in columns) < 2:
                del columns[spare]
        room = max(_LEAST_NAME, width - 2 - sum(cells + 1 for cells, _ in columns))
        said = fit(fit_path(name, room, ellipsis=self._glyphs.ellipsis), room)
        return f"  {said}" + "".join(f" {text:>{cells}}" for cells, text in columns)

    @property
    def _slims(self) -> bool:
        return any(run.slims for run in self.runs)

    def items(self, width: int) -> Sequence[Sequence[Line]]:
        self._refresh_sums()
        return [[self._item(run, width)] for run in self.runs]

    def _item(self, run: GroupSum, width: int) -> Line:
        if self._model.apparent:
            total, frees = run.apparent, size(run.freed.apparent)
        else:
            total, frees = run.disk, size_range(run.freed.certain, run.freed.possible)
        counts = (str(run.checkpoints), size(total), str(run.slims), str(run.deletes), frees)
        return [(self._row(shown(run.name), counts, width), None)]

    def action_take(self) -> None:
        if self.runs:
            self.post_message(self.Opened(self.runs[self.cursor].name))
