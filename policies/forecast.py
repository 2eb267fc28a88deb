"""What a run will hold after a week, a month, half a year and a year, with a policy and without.

From the run's own cadence and sizes, and by the real rules on the saves to come: pruning often
or once ends in the same checkpoints, so one plan on the whole run tells what will be left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .cadence import Cadence, cadence_of
from .catalog.model import Catalog, Checkpoint
from .decisions import Plan
from .late_dataclass import dataclass
from .plan import make_plan
from .protections import sort_out
from .refusal import PlanRefusal
from .rules.graduated import GraduatedRule
from .rules.policy import Policy
from .rules.setting import Setting
from .simulated_run import continued, from_nothing

DAY = 86_400.0
MONTH = 30 * DAY
HORIZONS = (
    ("a week", 7 * DAY),
    ("a month", MONTH),
    ("6 months", 6 * MONTH),
    ("a year", 12 * MONTH),
)
MOST_SAVES = 200_000  # in one horizon; a run beyond that is not worth simulating save by save
_LATELY = 10  # saves: a series that has missed more than that no longer grows
_PLANS_TO_FILL = 16


@dataclass(frozen=True, slots=True)
class Holding:
    """How much there is."""

    checkpoints: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Point:
    """One moment to come."""

    after: str  # in words
    seconds: float
    without: Holding
    kept: Holding


@dataclass(frozen=True, slots=True)
class Forecast:
    """A run that goes on as it does; times in seconds from the newest save."""

    cadences: tuple[Cadence, ...]  # of the series that grow
    now: Holding
    kept_now: Holding  # what the policy would leave of it today
    points: tuple[Point, ...]
    fills_without: float | None  # None: not within the last point, or free space is not known
    fills_with: float | None
    growth: float  # bytes a month with the policy, once its recent tiers are full

    @property
    def steady(self) -> bool:
        """Whether the policy ends at a size that no longer grows."""
        return self.growth < max((one.size for one in self.cadences), default=1)


def forecast(plan: Plan, free: int | None = None) -> Forecast:
    """The forecast of a plan's run under its policy; `free` is in bytes.

    Raises PlanRefusal where fewer than two saves tell how fast the run goes.
    """
    plan = _checkpoints_alone(plan)
    cadences = _growing(plan)
    if not cadences:
        raise PlanRefusal(f"{plan.root}: a forecast needs two checkpoints with true save times")
    now = Holding(len(plan.catalog.checkpoints), plan.summary.total_bytes)
    points = tuple(
        _point(plan, cadences, after, seconds)
        for after, seconds in HORIZONS
        if max(seconds / one.seconds for one in cadences) <= MOST_SAVES
    )
    room = None if free is None else now.bytes + free
    return Forecast(
        cadences=cadences,
        now=now,
        kept_now=_kept(plan),
        points=points,
        fills_without=_fills_without(cadences, free),
        fills_with=_fills_with(plan, cadences, points, room),
        growth=_growth(points),
    )


def by_length(catalog: Catalog) -> Catalog:
    """The catalog with the lengths of files in the place of their blocks on disk."""

    def measured(one: Checkpoint) -> Checkpoint:
        if one.measure is None:
            return one
        return replace(one, measure=replace(one.measure, disk=one.measure.apparent, shared=()))

    return replace(catalog, checkpoints=tuple(measured(one) for one in catalog.checkpoints))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A policy on a run of equal saves: exactly, and by the rule of thumb."""

    without: Holding
    kept: Holding
    simple: float | None  # tier 1, half of tier 2, one per interval; None without such tiers


def estimate(policy: Policy, *, gap: int, steps: int, size: int) -> Estimate:
    """A save of `size` bytes every `gap` steps up to `steps`: what would be left of it."""
    plan = make_plan(from_nothing(gap, steps, size), policy, now=steps)
    tiers = next((rule for rule in policy.keep if isinstance(rule, GraduatedRule)), None)
    return Estimate(
        without=Holding(len(plan.decisions), plan.summary.total_bytes),
        kept=_kept(plan),
        simple=_rule_of_thumb(tiers, steps) if tiers else None,
    )


def _rule_of_thumb(tiers: GraduatedRule, steps: int) -> float:
    """Counts twice what the long interval keeps inside the finer tiers."""
    return tiers.last + tiers.tier2_count / 2 + steps / tiers.tier3_interval


def _growing(plan: Plan) -> tuple[Cadence, ...]:
    """Series that were still saved when the newest checkpoint of all was."""
    lines = sort_out(plan.catalog)
    setting = Setting(now=plan.now)
    checkpoints = plan.catalog.checkpoints
    found = (
        cadence_of([checkpoints[i] for i in places], setting) for places in lines.series.values()
    )
    cadences = [one for one in found if one is not None]
    latest = max((one.saved_at for one in cadences), default=0.0)
    return tuple(one for one in cadences if latest - one.saved_at <= _LATELY * one.seconds)


def _checkpoints_alone(plan: Plan) -> Plan:
    """The plan without files: those to come are not known, so those of today say nothing."""
    if plan.policy is None or not plan.policy.artifacts:
        return plan
    policy = replace(plan.policy, artifacts=())
    return make_plan(plan.catalog, policy, pins=plan.pins, now=plan.now, local_time=plan.local_time)


def _point(plan: Plan, cadences: Sequence[Cadence], after: str, seconds: float) -> Point:
    then = _plan_after(plan, cadences, seconds)
    without = Holding(len(then.decisions), then.summary.total_bytes)
    return Point(after, seconds, without, _kept(then))


def _plan_after(plan: Plan, cadences: Sequence[Cadence], seconds: float) -> Plan:
    run = continued(plan.catalog, cadences, seconds)
    now = plan.now + seconds
    return make_plan(run, plan.policy, pins=plan.pins, now=now, local_time=plan.local_time)


def _kept(plan: Plan) -> Holding:
    going = plan.summary.freed.certain
    return Holding(len(plan.actions) - plan.summary.delete, plan.summary.total_bytes - going)


def _fills_without(cadences: Sequence[Cadence], free: int | None) -> float | None:
    """When saves to come, and nothing deleted, take all that is free."""
    rate = sum(one.size / one.seconds for one in cadences)
    return None if free is None or not rate else free / rate


def _fills_with(
    plan: Plan, cadences: Sequence[Cadence], points: Sequence[Point], room: int | None
) -> float | None:
    """When what the policy keeps takes more than there is room for, to one part in 60,000."""
    if room is None or not points or points[-1].kept.bytes <= room:
        return None
    early, late = 0.0, points[-1].seconds
    for point in points:
        if point.kept.bytes > room:
            late = point.seconds
            break
        early = point.seconds
    for _ in range(_PLANS_TO_FILL):
        middle = (early + late) / 2
        full = _kept(_plan_after(plan, cadences, middle)).bytes > room
        early, late = (early, middle) if full else (middle, late)
    return late


def _growth(points: Sequence[Point]) -> float:
    """Bytes a month between the last two points."""
    if len(points) < 2:
        return 0.0
    before, after = points[-2:]
    months = (after.seconds - before.seconds) / MONTH
    return max(0.0, (after.kept.bytes - before.kept.bytes) / months)
