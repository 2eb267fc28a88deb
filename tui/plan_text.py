"""A plan as text: its policy as a sentence, its decisions as a table, its sums as one line."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ..policies.catalog.model import Checkpoint
from ..policies.decisions import Action, ArtifactDecision, Decision, Plan, Summary
from ..policies.explain import Explainer
from .activity_text import activity_lines
from .output import shown
from .quantities import figure, since, size, whole, with_files
from .role_text import optimizer_state_line
from .tables import Column, table

if TYPE_CHECKING:
    from .policy_choice import Choice

EVERY_ACTION = frozenset(Action)
_SPARSE = 2  # so many times more length than blocks, and the files are called sparse


def plan_page(
    plan: Plan,
    choice: Choice,
    *,
    now: float,
    width: int | None,
    actions: Collection[Action] = EVERY_ACTION,
    apparent: bool = False,
) -> str:
    """The whole plan, or the decisions of some actions."""
    alive = [shown(line) for line in activity_lines(plan.catalog, now)]
    parts = [shown(choice.line()), shown(choice.policy.sentence()), *alive, ""]
    decisions = [one for one in plan.decisions if one.action in actions]
    files = [one for one in plan.artifacts if one.action in actions]
    if decisions:
        parts += [decision_table(plan, decisions, now=now, width=width, apparent=apparent), ""]
    elif not plan.decisions:
        parts += [shown(f"no checkpoints in {plan.root}"), ""]
    if files:
        parts += [artifact_table(plan, files, now=now, width=width), ""]
    state = optimizer_state_line(plan.catalog.checkpoints, apparent=apparent)
    if state and plan.decisions:
        parts.append(state)
    return "\n".join([*parts, summary_line(plan.summary, apparent=apparent)])


def decision_table(
    plan: Plan,
    decisions: Collection[Decision],
    *,
    now: float,
    width: int | None,
    apparent: bool = False,
) -> str:
    """One row a checkpoint, in catalog order, with the metrics that the policy names."""
    explainer = Explainer(plan)
    metrics = [name for name, _ in plan.policy.metrics()] if plan.policy else []
    columns = (
        Column("CHECKPOINT"),
        Column("STEP", right=True),
        Column("EPOCH", right=True),
        Column("SIZE", right=True),
        Column("TIER", right=True),
        *(Column(shown(name).upper(), right=True) for name in metrics),
        Column("AGE", right=True),
        Column("DECISION"),
        Column("WHY", flexible=True),
    )
    rows = []
    for decision in decisions:
        one = decision.checkpoint
        values = [figure(one.metrics.get(name)) for name in metrics]
        why = explainer.short(decision)
        rows.append(
            [
                *(one.id, whole(one.step), figure(one.epoch), size(_bytes(one, apparent))),
                *(whole(decision.tier), *values, since(one.saved_at, now)),
                *(decision.action.value, why),
            ]
        )
    return table(columns, rows, width)


def artifact_table(
    plan: Plan, decisions: Collection[ArtifactDecision], *, now: float, width: int | None
) -> str:
    """One row a file of the classes that the policy names."""
    explainer = Explainer(plan)
    columns = (
        Column("FILE"),
        Column("CLASS"),
        Column("SIZE", right=True),
        Column("AGE", right=True),
        Column("DECISION"),
        Column("WHY", flexible=True),
    )
    rows = []
    for decision in decisions:
        one, why = decision.artifact, explainer.short_artifact(decision)
        saved_at = one.measure.newest_mtime_ns / 1e9 if one.measure else None
        row = [one.path, one.kind, size(one.bytes), since(saved_at, now)]
        rows.append([*row, decision.action.value, why])
    return table(columns, rows, width)


def summary_line(summary: Summary, *, apparent: bool = False) -> str:
    """frees 464 GB of 619 GB (75 %) · keeps 43 · deletes 129 and 12 files"""
    freed = summary.freed
    certain, total = freed.certain, summary.total_bytes
    if apparent:
        certain, total = freed.apparent, summary.total_apparent
    frees = f"frees {size(certain)}"
    if not apparent and freed.possible > certain:
        frees += f" (up to {size(freed.possible)} once other hard links go)"
    share = f" ({100 * certain / total:.0f} %)" if total else ""
    slims = f" · slims {summary.slim}" if summary.slim else ""
    counts = (
        f" · keeps {summary.keep}{slims} · deletes {with_files(summary.delete, summary.artifacts)}"
    )
    return f"{frees} of {size(total)}{share}{counts}{_sparse_words(summary, apparent)}"


def _sparse_words(summary: Summary, apparent: bool) -> str:
    if summary.total_apparent <= _SPARSE * summary.total_bytes:
        return ""
    if apparent:
        on_disk = f"{size(summary.freed.certain)} of {size(summary.total_bytes)}"
        return f" (on disk: {on_disk}; the files are sparse)"
    lengths = f"{size(summary.freed.apparent)} of {size(summary.total_apparent)}"
    return f" (apparent: {lengths}; the files are sparse)"


def _bytes(one: Checkpoint, apparent: bool) -> int:
    return one.apparent if apparent else one.disk
