"""The state of a review, without a screen: what is planned, what is shown, where the cursor is.

Everything a person does to a checkpoint is kept under its id, so that sorting, filtering and
rescans change nothing about it. The model decides nothing itself: it asks for a new plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ...policies.best_report import BestReport, best_reports
from ...policies.catalog.model import Catalog, Pin
from ...policies.catalog.scan_event import ScanEvent
from ...policies.decisions import Plan
from ...policies.explain import Explainer
from ...policies.refusal import PolicyRefusal
from ...policies.rules.policy import Policy
from ..role_text import optimizer_state_line
from .arrivals import Arrivals
from .filtering import FilterError, View, parse_filter
from .grouping import Grouping
from .inventory import Inventory, inventory_of
from .marking import Marking
from .moving import Moving
from .ordering import Column, Shown, Sort, first_sort, next_sort
from .planning import Asked, Planning
from .primary import shown_metrics
from .remembered import Remembered
from .run_directory import run_directory
from .scope import Scope
from .slots import all_off, policy_of, slots_of, with_suggestions
from .switching import Switching
from .visible import TableRows, Visible


class ReviewModel(Planning, Moving, Grouping, Switching, Marking, Scope):
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
        self._arranged: tuple[object, ...] = (None, None, None, None)  # what the rows are of
        self._groups = {}
        self._sums = (None, {})
        self._scoped: tuple[Catalog, str, Sequence[int], bool] = (Catalog(root), "", (), False)
        self._reports: tuple[object, Mapping[str, Sequence[BestReport]]] = (None, {})
        self._optimizer_state: tuple[object, dict[str, str]] = (None, {})
        self.catalog = Catalog(root)
        self.inventory = inventory_of(self.catalog)
        self.adopt(self.inventory)

    def restore(self, found: Remembered) -> None:
        """Go on as the last review of this directory was left."""
        self.sort, self.grouped, self.folded = found.sort, found.grouped, found.folded
        self._filter_to_come = found.filter
        if found.slots:
            self.base, self.slots = found.base, found.slots
            if self.changed:
                self.message = "rules as you left them; a preset begins anew"

    @property
    def choices(self) -> Remembered:
        """What the next review of this directory should go on with."""
        return Remembered(
            self.sort, self.filter, self.grouped, self.folded, self.base, tuple(self.slots)
        )

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
        return bool(self.in_scope) and self._scoped[3]

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
        catalog, known = self._optimizer_state
        if catalog is not self.catalog:
            known = {}
            self._optimizer_state = (self.catalog, known)
        if series not in known:
            places = self.inventory.by_series.get(series, ())
            held = [self.catalog.checkpoints[place] for place in places]
            known[series] = optimizer_state_line(held, apparent=self.apparent)
        return known[series]

    def take(self, events: Iterable[ScanEvent]) -> None:
        """Adopt what a scan found. A rescan shows its result at once, when it is complete."""
        arrivals = self.arriving
        inventory = self.arrived(arrivals, events)
        if inventory is not None:
            self.adopt_of(arrivals, inventory)

    @property
    def arriving(self) -> Arrivals:
        """What the running scan, or else the last one, has brought."""
        return self._rescan or self.arrivals

    def arrived(self, arrivals: Arrivals, events: Iterable[ScanEvent]) -> Inventory | None:
        """What is to be adopted after these events, in any thread; None amid a rescan."""
        catalog = arrivals.take(events)
        if arrivals is not self.arrivals and not arrivals.finished:
            return None
        resized = arrivals is self.arrivals and arrivals.resized
        return inventory_of(catalog, self.inventory if resized else None)

    def adopt_of(
        self,
        arrivals: Arrivals,
        inventory: Inventory,
        made: tuple[Asked, Plan | None] | None = None,
    ) -> None:
        """Adopt what a scan has found, unless another scan has begun since."""
        if arrivals is not self.arriving:
            return
        self.adopt(inventory, made)
        self.arrivals, self._rescan = arrivals, None

    def begin_rescan(self, *, unasked: bool = False) -> None:
        """What comes next from `take` belongs to a new scan; one that nobody asked for is quiet."""
        self._rescan = Arrivals(self.root)
        self._unasked = unasked
        self.trouble = ""

    def abandon_scan(self, trouble: str) -> None:
        """The running scan ended early; what is known stays on the screen."""
        self._rescan = None
        self.trouble = trouble

    def adopt(self, inventory: Inventory, made: tuple[Asked, Plan | None] | None = None) -> None:
        """Show a catalog with its plan: the one that was made for it, if it still fits."""
        catalog = inventory.catalog
        self.pins, self.marks, self.slim_marks = self._kept_on(inventory)
        self.inventory, self.catalog = inventory, catalog
        self._written_at = inventory.written_at
        if self.anchor not in inventory.places:
            self.anchor = None
        self.shown = self._metrics_for(self.base)
        if self.arriving.named:
            self._suggest()
            self._restore_filter()
        if made is not None and made[1] is not None and made[0].like(self.asked()):
            self.stale = False
            self.install(made[1])
        else:
            self.replan_at_once()

    def _kept_on(
        self, inventory: Inventory
    ) -> tuple[Mapping[str, Pin], frozenset[str], frozenset[str]]:
        """Pins, marks and marks to slim as they are once this inventory is adopted."""
        catalog, known = inventory.catalog, inventory.places.keys()
        # What was pinned since the scan read the pins is not undone by its later news.
        told_before = self._rescan is None and catalog.pins == self.catalog.pins
        pins = self.pins if told_before else catalog.pins
        if not self.arriving.finished:
            return pins, self.marks, self.slim_marks
        paths = frozenset(one.path for one in catalog.artifacts) if self.marks else frozenset()
        return pins, self.marks & (known | paths), self.slim_marks & known

    def _metrics_for(self, policy: Policy | None) -> Shown:
        counts = self.inventory.metrics
        return shown_metrics(self.catalog, counts, policy, apparent=self.apparent)

    def _suggest(self) -> None:
        metric = next(iter(self.shown.metrics), None)
        self.slots = with_suggestions(self.slots, self.catalog, metric)

    def _restore_filter(self) -> None:
        text, self._filter_to_come = self._filter_to_come, ""
        if not text:
            return
        try:
            parse_filter(text, self.view())
        except FilterError:
            return  # it compared a metric that is not here any more
        self.filter = text

    def asked(self, inventory: Inventory | None = None) -> Asked:
        """What the plan should be of now, or once this inventory is adopted."""
        pins, marks, slim_marks = self.pins, self.marks, self.slim_marks
        if inventory is not None:
            pins, marks, slim_marks = self._kept_on(inventory)
        catalog = self.catalog if inventory is None else inventory.catalog
        policy = policy_of(self.base, self.slots) if self.arriving.named else None
        return Asked(catalog, policy, pins, marks, slim_marks, self.clock())

    def replan_at_once(self) -> None:
        """Plan anew. Refused rules go off.

        All of them: a rule that is left out can only delete more, so the rest of a policy must
        not go on without it.
        """
        asked = self.asked()
        try:
            plan = asked.plan()
        except PolicyRefusal as refusal:
            self.slots = all_off(self.slots)
            self.message = f"{refusal}; all rules are off"
            plan = self.asked().plan()
        self.stale = False
        self.install(plan)

    def install(self, plan: Plan) -> None:
        self.plan, self.now = plan, plan.now
        self.explainer = Explainer(plan)
        self._arrange()

    def _plan(self, catalog: Catalog, policy: Policy | None) -> Plan:
        return replace(self.asked(), catalog=catalog, policy=policy, now=self.now).plan()

    def plan_on(self, catalog: Catalog) -> Plan:
        """What the present rules would do on another catalog, such as one that counts lengths."""
        return self._plan(catalog, self.plan.policy)

    def plan_of(self, policy: Policy) -> Plan:
        """What a policy would do here, with the same pins and marks; PolicyRefusal if it cannot."""
        return self._plan(self.catalog, policy)

    def use(self, policy: Policy) -> None:
        """Put a policy in the place of the present one."""
        self.base, self.slots, self.chosen = policy, slots_of(policy), None
        self.shown = self._metrics_for(policy)
        self._suggest()
        self.replan()

    def _arrange(self) -> None:
        """The visible rows; the cursor stays on its checkpoint, or near where it was."""
        places = self.inventory.orders.places(self.plan, self.sort, self.shown)
        if self.scope:
            inside = frozenset(self.in_scope)
            places = [place for place in places if place in inside]
        if self.filter:
            passes = parse_filter(self.filter, self.view())
            places = [place for place in places if passes(place)]
        self.visible = Visible(self.plan, places)
        arranged = (places, self.inventory.names, self.grouping, self.folded)
        if any(one is not before for one, before in zip(arranged, self._arranged, strict=True)):
            self._arranged = arranged
            codes, series = self.group(places) if self.grouping else (places, ())
            self.rows = TableRows(self.catalog.checkpoints, codes, series)
        self._stay(self.folded)

    def show_run(self, directory: str) -> None:
        """Show the checkpoints of one run and act on it alone, or with "" on all."""
        self.scope = directory
        self._arrange()

    @property
    def in_scope(self) -> Sequence[int]:
        """The places of the run that is shown, in catalog order; of all runs without a scope."""
        catalog, scope, places, _ = self._scoped
        if catalog is not self.catalog or scope != self.scope:
            catalog, scope = self.catalog, self.scope
            directories = {one.id: run_directory(one.directory) for one in catalog.series}
            every = range(len(catalog.checkpoints))
            inside = [i for i in every if directories.get(catalog.checkpoints[i].series) == scope]
            places = inside if scope else every
            several = sum(directory == scope for directory in directories.values()) > 1
            self._scoped = (catalog, scope, places, several)
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
            self.plan,
            pinned=self.pins,
            marked=self.by_hand,
            metrics=self.inventory.metrics,
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

    def set_pins(self, pins: Mapping[str, Pin]) -> None:
        """The pins as they are on disk now."""
        self.pins = pins
        self.replan()


__all__ = ["FilterError", "ReviewModel"]
