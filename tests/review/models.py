"""Review models made of numbers, for tests that need neither disk nor screen."""

from __future__ import annotations

from collections.abc import Iterable

from keepstep.policies.catalog.model import Catalog, Checkpoint
from keepstep.policies.catalog.scan_event import Finished, Named
from keepstep.policies.rules.policy import Policy
from keepstep.policies.rules.rule import Rule
from keepstep.tui.review.model import ReviewModel

from ..policies.catalogs import NOW, catalog, checkpoint


def run(steps: Iterable[int] = range(100, 1100, 100)) -> Catalog:
    """One series whose loss falls with the step."""
    return catalog(checkpoint(step, metrics={"eval_loss": 100 / step}) for step in steps)


def model_of(found: Catalog, *rules: Rule) -> ReviewModel:
    """A model that has finished scanning."""
    policy = Policy("mine", rules) if rules else None
    model = ReviewModel(found.root, policy, now=lambda: NOW)
    model.take([Named(found), Finished(found)])
    return model


def rescan(model: ReviewModel, found: Catalog) -> None:
    """What `r` does, without a disk."""
    model.begin_rescan()
    model.take([Named(found), Finished(found)])


def steps(model: ReviewModel) -> list[int | None]:
    """The steps of the visible rows, from the top."""
    return [decision.checkpoint.step for decision in model.visible]


def deleted(model: ReviewModel) -> set[int | None]:
    """The steps that would go."""
    return {d.checkpoint.step for d in model.plan.decisions if d.action == "delete"}


def one(step: int, **fields: object) -> Checkpoint:
    return checkpoint(step, **fields)  # type: ignore[arg-type]
