"""What a person should know before a commit: sums, edges, and whatever is unusual about it."""

from __future__ import annotations

from ...policies.catalog.model import Artifact, Checkpoint, Consequence, State
from ...policies.decisions import Action, ArtifactDecision, Decision, Plan
from ...policies.late_dataclass import dataclass
from ..activity_text import unseen_lines, who
from ..output import shown
from ..quantities import age, items, size
from .model import ReviewModel
from .words import percent, size_range

MANY = 100  # more items than this are not confirmed by one key
_MOST_OF_IT = 0.9
_RECENT = 15 * 60
_MOST_MISSED = 5


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a commit would do, as its confirmation shows it."""

    plan: Plan  # of the run that is shown, or of all
    going: tuple[Decision, ...]  # whole or in part
    files: tuple[ArtifactDecision, ...]
    facts: tuple[str, ...]
    odd: tuple[str, ...]
    typed: bool  # whether the number has to be typed

    @property
    def count(self) -> int:
        """Everything that goes."""
        return len(self.going) + len(self.files)


def commitment(model: ReviewModel) -> Commitment:
    """The facts of the present plan."""
    plan = model.plan_here
    going = tuple(d for d in plan.decisions if d.action is not Action.KEEP)
    files = tuple(d for d in plan.artifacts if d.action is Action.DELETE)
    odd, unusual = _odd(model, going, files)
    count = len(going) + len(files)
    typed = bool(count) and (unusual or count > MANY)
    return Commitment(plan, going, files, tuple(_facts(model)), tuple(odd), typed)


def _facts(model: ReviewModel) -> list[str]:
    summary = model.sums_here
    freed = summary.freed
    if model.apparent:
        frees = f"{size(freed.apparent)} by their lengths, less on disk"
    else:
        frees = size_range(freed.certain, freed.possible)
    facts = [
        f"{items(summary.delete, summary.artifacts, summary.slim)} go to the trash, {frees}. "
        "Space returns when the trash is purged; until then undo puts all back.",
        f"{summary.keep} stay"
        + (f", and the weights of {summary.slim} more." if summary.slim else "."),
    ]
    whole = [one for one in _kept(model) if one.state is State.COMPLETE and one.number is not None]
    if whole:
        oldest = min(whole, key=lambda one: one.number or 0)
        newest = max(whole, key=lambda one: one.number or 0)
        facts[1] += f" Oldest complete: {shown(oldest.id)}; newest: {shown(newest.id)}."
    if freed.possible > freed.certain and not model.apparent:
        facts.append(
            f"{size(freed.possible - freed.certain)} more returns only "
            "if other hard links to the same files go too."
        )
    others = model.plan.summary.going - summary.going
    if model.scope and others:
        facts.append(f"The other runs stay as they are: {others} more would go with all of them.")
    return facts + unseen_lines(model.catalog.activity)


def _kept(model: ReviewModel) -> list[Checkpoint]:
    every, actions = model.catalog.checkpoints, model.plan.actions
    return [every[place] for place in model.in_scope if actions[place] is not Action.DELETE]


def _odd(
    model: ReviewModel, going: tuple[Decision, ...], files: tuple[ArtifactDecision, ...]
) -> tuple[list[str], bool]:
    """Odd facts, and whether they make the plan an unusual one."""
    odd: list[str] = []
    summary = model.sums_here
    ago = model.written_ago
    writers = model.catalog.activity.writers
    if writers:
        last = "" if ago is None else f", last save {age(ago)} ago"
        odd.append(shown(f"{who(writers[0])} is writing here{last}; what it has open stays"))
    elif ago is not None and ago < _RECENT:
        odd.append(f"a run wrote here {age(ago)} ago; what it is writing now stays")
    by_hand = sum(decision.checkpoint.id in model.by_hand for decision in going)
    by_hand += sum(decision.artifact.path in model.marks for decision in files)
    if by_hand:
        odd.append(f"{by_hand} of them marked by hand")
    hidden = sum(model.position_of(decision.checkpoint.id) is None for decision in going)
    if hidden:
        odd.append(f"{hidden} of them hidden by the filter {shown(model.filter)}")
    total, freed = summary.total_bytes, summary.freed.possible
    every = summary.delete + summary.slim + summary.keep
    share = summary.delete / max(1, every)
    nearly_all = share > _MOST_OF_IT or (total > 0 and freed > _MOST_OF_IT * total)
    if nearly_all:
        odd.append(f"nearly everything goes: {percent(summary.delete, every)}")
    missed = [one for one in (d.artifact for d in files) if _is_missed(one, model)]
    odd.extend(f"{shown(one.path)}: {one.why}" for one in missed[:_MOST_MISSED])
    if len(missed) > _MOST_MISSED:
        odd.append(f"and {len(missed) - _MOST_MISSED} more files that may be missed")
    if model.scanning:
        odd.append("the scan still runs; what it finds later is not in this plan")
    odd.extend(shown(warning) for warning in model.plan.warnings)
    return odd, nearly_all or model.scanning or bool(missed)


def _is_missed(one: Artifact, model: ReviewModel) -> bool:
    """A file that a person marked although somebody may want it back."""
    return one.path in model.marks and one.consequence is not Consequence.SAFE
