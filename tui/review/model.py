"""The state of a review, without a screen: what is planned, what is shown, where the cursor is.

Everything a person does to a checkpoint is kept under its id, so that sorting, filtering and
rescans change nothing about it. The model decides nothing itself: it asks for a new plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ...policies.best_report import BestReport, best_reports
from ...policies.catalog.model import Catalog, Checkpoint, Pin
from ...policies.catalog.scan_event import ScanEvent
from ...policies.decisions import Decision, Plan
from ...policies.explain import Explainer
from ...policies.plan import make_plan
from ...policies.refusal import PolicyRefusal
from ...policies.rules.policy import Policy
from ..role_text import optimizer_state_line
from .arrivals import Arrivals
from .filtering import FilterError, View, parse_filter
from .marking import Marking
from .ordering import Column, Orders, Sort, first_sort, next_sort
from .primary import shown_metrics
from .remembered import Remembered
from .run_directory import run_directory
from .scope import Scope
from .slots import all_off, policy_of, slots_of, with_suggestions
from .switching import Switching
from .visible import Visible


class ReviewModel(Switching, Marking, Scope):
    """One review of one root."""

    def __init__(
        self,
        root: str,
        policy: Policy | None,
        *,
        now: Callable[[], float],
        apparent: bool = False,
        read_only: bool = False,
    ) -> None:
        self.root = root
        self.apparent = apparent
        self.read_only = read_only
        self.base = policy
        self.slots = slots_of(policy)
        self.chosen = None
        self.marks = self.slim_marks = frozenset()
        self.pins: Mapping[str, Pin] = {}
        self.sort = Sort()
        self.filter = ""
        self.scope = ""  # the run whose checkpoints are shown; "" for all
        self.cursor: str | None = None
        self.anchor: str | None = None  # where a range began
        self.trouble = ""  # why the last scan failed
        self.message = ""  # what the last change has to say; shown once
        self.arrivals = Arrivals(root)
        self.clock = now
        self._rescan: Arrivals | None = None
        self._unasked = False
        self._kept: object = None  # the plan that was exported or saved
        self._filter_to_come = ""  # remembered; its metrics are known once the scan has named all
        self._moved = False  # until then the cursor stays at the top while rows arrive
        self._positions: dict[str, int] = {}
        self._arranged: Sequence[int] | None = None  # the places that the positions are of
        self._scoped: tuple[Catalog, str, Sequence[int]] = (Catalog(root), "", ())
        self._reports: tuple[object, Mapping[str, Sequence[BestReport]]] = (None, {})
        self._optimizer_state: tuple[object, Mapping[str, str]] = (None, {})
        self._adopt(Catalog(root))

    def restore(self, found: Remembered) -> None:
        """Go on as the last review of this directory was left."""
        self.sort = found.sort
        self._filter_to_come = found.filter
        if found.slots:
            self.base, self.slots = found.base, found.slots
            if self.changed:
                self.message = "rules as you left them; a preset begins anew"

    @property
    def unsaved(self) -> bool:
        """Whether leaving now would lose a plan that somebody made here."""
        made = bool(self.by_hand) or self.changed
        return made and bool(self.plan.summary.going) and self._kept != self._made()

    def note_kept(self) -> None:
        """The present plan has been saved or exported."""
        self._kept = self._made()

    def _made(self) -> object:
        return self.plan.policy and self.plan.policy.document(), self.marks, self.slim_marks

    @property
    def scanning(self) -> bool:
        """Whether something is still to come from the disk."""
        return not self.trouble and (self._rescan is not None or not self.arrivals.finished)

    @property
    def telling(self) -> bool:
        """Whether the progress of a scan is of interest."""
        return self.scanning and not (self._unasked and self._rescan is not None)

    @property
    def all_named(self) -> bool:
        """Whether every checkpoint is known, so that rules can judge; the sizes may be to come."""
        return self.arrivals.named

    @property
    def summary_is_final(self) -> bool:
        """Whether every checkpoint has its size."""
        return self.arrivals.finished

    @property
    def scan_progress(self) -> tuple[int, int]:
        """How many of how many checkpoints the running scan has sized."""
        arrivals = self._rescan or self.arrivals
        return arrivals.sized, arrivals.known

    @property
    def written_ago(self) -> float | None:
        """Seconds since the youngest write to any checkpoint."""
        return None if self._written_at is None else self.now - self._written_at

    @property
    def several_series(self) -> bool:
        """Whether what is shown, but for a filter, is of more than one series."""
        if not self.scope:
            return len(self.catalog.series) > 1
        return len({self.catalog.checkpoints[place].series for place in self.in_scope}) > 1

    def best_of(self, series: str) -> Sequence[BestReport]:
        """How far the best of a series may be trusted, by each metric that judges it."""
        asked = self.plan.policy.metrics() if self.plan.policy else ()
        key = (id(self.catalog), asked)
        if key != self._reports[0]:
            found: dict[str, list[BestReport]] = {}
            for report in best_reports(self.catalog, self.plan.policy):
                found.setdefault(report.series, []).append(report)
            self._reports = (key, found)
        return self._reports[1].get(series, ())

    def optimizer_state_of(self, series: str) -> str:
        """What the optimizer's files of a series come to, in words; "" for none."""
        key = (id(self.catalog), self.apparent)
        if key != self._optimizer_state[0]:
            members: dict[str, list[Checkpoint]] = {}
            for one in self.catalog.checkpoints:
                members.setdefault(one.series, []).append(one)
            said = {
                name: optimizer_state_line(held, apparent=self.apparent)
                for name, held in members.items()
            }
            self._optimizer_state = (key, said)
        return self._optimizer_state[1].get(series, "")

    def take(self, events: Iterable[ScanEvent]) -> None:
        """Adopt what a scan found. A rescan shows its result at once, when it is complete."""
        arrivals = self._rescan or self.arrivals
        catalog = arrivals.take(events)
        if self._rescan is not None:
            if not arrivals.finished:
                return
            self.arrivals, self._rescan = arrivals, None
        self._adopt(catalog)

    def begin_rescan(self, *, unasked: bool = False) -> None:
        """What comes next from `take` belongs to a new scan; one that nobody asked for is quiet."""
        self._rescan = Arrivals(self.root)
        self._unasked = unasked
        self.trouble = ""

    def abandon_scan(self, trouble: str) -> None:
        """The running scan ended early; what is known stays on the screen."""
        self._rescan = None
        self.trouble = trouble

    def _adopt(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.pins = catalog.pins
        times = (one.saved_at for one in catalog.checkpoints)
        self._written_at = max((at for at in times if at is not None), default=None)
        self._places = {one.id: place for place, one in enumerate(catalog.checkpoints)}
        self._orders = Orders(catalog)
        if self.arrivals.finished:
            self.marks &= self._places.keys() | {one.path for one in catalog.artifacts}
            self.slim_marks &= self._places.keys()
        if self.anchor not in self._places:
            self.anchor = None
        self.shown = shown_metrics(catalog, self.base, apparent=self.apparent)
        if self.arrivals.named:
            self.slots = with_suggestions(self.slots, catalog, next(iter(self.shown.metrics), None))
            self._restore_filter()
        self.replan()

    def _restore_filter(self) -> None:
        text, self._filter_to_come = self._filter_to_come, ""
        if not text:
            return
        try:
            parse_filter(text, self.view())
        except FilterError:
            return  # it compared a metric that is not here any more
        self.filter = text

    def replan(self) -> None:
        """Ask for the plan of what is on, pinned and marked now. Refused rules go off.

        All of them: a rule that is left out can only delete more, so the rest of a policy must
        not go on without it.
        """
        self.now = self.clock()
        policy = policy_of(self.base, self.slots) if self.arrivals.named else None
        try:
            self.install(self.plan_with(policy))
        except PolicyRefusal as refusal:
            self.slots = all_off(self.slots)
            self.message = f"{refusal}; all rules are off"
            self.install(self.plan_with(None))

    def install(self, plan: Plan) -> None:
        self.plan = plan
        self.explainer = Explainer(plan)
        self._arrange()

    def plan_with(self, policy: Policy | None) -> Plan:
        return self._plan(self.catalog, policy)

    def _plan(self, catalog: Catalog, policy: Policy | None) -> Plan:
        return make_plan(
            catalog,
            policy,
            pins=self.pins,
            marks=self.marks,
            slim_marks=self.slim_marks,
            now=self.now,
        )

    def plan_on(self, catalog: Catalog) -> Plan:
        """What the present rules would do on another catalog, such as one that counts lengths."""
        return self._plan(catalog, self.plan.policy)

    def plan_of(self, policy: Policy) -> Plan:
        """What a policy would do here, with the same pins and marks; PolicyRefusal if it cannot."""
        return self.plan_with(policy)

    def use(self, policy: Policy) -> None:
        """Put a policy in the place of the present one."""
        self.base, self.slots, self.chosen = policy, slots_of(policy), None
        self.shown = shown_metrics(self.catalog, policy, apparent=self.apparent)
        self.slots = with_suggestions(
            self.slots, self.catalog, next(iter(self.shown.metrics), None)
        )
        self.replan()

    def _arrange(self) -> None:
        """The visible rows; the cursor stays on its checkpoint, or near where it was."""
        before = self.cursor_position if self.cursor is not None else 0
        places = self._orders.places(self.plan, self.sort, self.shown)
        if self.scope:
            inside = frozenset(self.in_scope)
            places = [place for place in places if place in inside]
        if self.filter:
            passes, decisions = parse_filter(self.filter, self.view()), tuple(self.plan.decisions)
            places = [place for place in places if passes(decisions[place])]
        self.visible = Visible(self.plan, places)
        if places is not self._arranged:
            self._arranged = places
            self._positions = {id_: row for row, id_ in enumerate(self.visible.ids())}
        if not self._moved:
            self.cursor = self._id_at(0)
        elif self.cursor not in self._positions:
            self.cursor = self._id_at(min(before, len(self.visible) - 1))

    def show_run(self, directory: str) -> None:
        """Show the checkpoints of one run and act on it alone, or with "" on all."""
        self.scope = directory
        self._arrange()

    @property
    def in_scope(self) -> Sequence[int]:
        """The places of the run that is shown, in catalog order; of all runs without a scope."""
        catalog, scope, places = self._scoped
        if catalog is not self.catalog or scope != self.scope:
            catalog, scope = self.catalog, self.scope
            directories = {one.id: run_directory(one.directory) for one in catalog.series}
            every = range(len(catalog.checkpoints))
            inside = [i for i in every if directories.get(catalog.checkpoints[i].series) == scope]
            places = inside if scope else every
            self._scoped = (catalog, scope, places)
        return places

    @property
    def untouched(self) -> bool:
        """Whether nobody has moved the cursor, marked or chosen anything yet."""
        return not (self._moved or self.by_hand or self.filter)

    @property
    def several_runs(self) -> bool:
        return len({run_directory(series.directory) for series in self.catalog.series}) > 1

    def view(self) -> View:
        """What a filter may ask about."""
        return View(
            pinned=self.pins,
            marked=self.by_hand,
            metrics={name for one in self.catalog.checkpoints for name in one.metrics},
            now=self.now,
            apparent=self.apparent,
        )

    def set_filter(self, text: str) -> None:
        """Show only what passes; FilterError leaves the filter as it was."""
        parse_filter(text, self.view())
        self.filter = text.strip()
        self._arrange()

    def sort_by(self, column: Column) -> None:
        """Sort by a column; again, to turn it round."""
        same = self.sort.column is column
        self.sort = self.sort.reversed() if same else first_sort(column, self.shown)
        self._arrange()

    def sort_next(self, columns: Sequence[Column]) -> None:
        self.sort = next_sort(self.sort, columns, self.shown)
        self._arrange()

    def sort_reversed(self) -> None:
        self.sort = self.sort.reversed()
        self._arrange()

    @property
    def cursor_position(self) -> int:
        """The row of the cursor; 0 when there is none."""
        return self.position_of(self.cursor) or 0

    @property
    def current(self) -> Decision | None:
        """The decision under the cursor."""
        position = self.position_of(self.cursor)
        return None if position is None else self.visible[position]

    def position_of(self, id_: str | None) -> int | None:
        """The row of a checkpoint, when it is visible."""
        return None if id_ is None else self._positions.get(id_)

    def place_of(self, id_: str | None) -> int | None:
        """Where a checkpoint stands in the catalog, when it is there."""
        return None if id_ is None else self._places.get(id_)

    def move_to(self, position: int) -> None:
        if self.visible:
            self._moved = True
            self.cursor = self._id_at(max(0, min(position, len(self.visible) - 1)))

    def _id_at(self, position: int) -> str | None:
        return next(iter(self.visible.ids(slice(position, position + 1))), None)

    def selected(self) -> tuple[str, ...]:
        """The ids that the next action is for: the range, or the row of the cursor."""
        first = self.position_of(self.anchor)
        last = self.position_of(self.cursor)
        if last is None:
            return ()
        low, high = (last, last) if first is None else (min(first, last), max(first, last))
        return tuple(self.visible.ids(slice(low, high + 1)))

    def set_pins(self, pins: Mapping[str, Pin]) -> None:
        """The pins as they are on disk now."""
        self.pins = pins
        self.replan()


__all__ = ["FilterError", "ReviewModel"]
