"""How long a review takes from a toggled rule to the rows on its screen, and to open it.

    python tests/benchmarks/replan_speed.py

Time of the processor; no terminal: the model, the timeline and the words of forty rows, as the
screen asks for them.
"""

from __future__ import annotations

from keepstep.policies.catalog.model import Catalog
from keepstep.policies.catalog.scan import Finished, Named
from keepstep.tui.review.glyphs import UNICODE
from keepstep.tui.review.model import ReviewModel
from keepstep.tui.review.timeline import Timeline
from plan_speed import NOW, median, policy_of, run_of, say

ROWS, ROOM = 40, 100


def model_of(run: Catalog) -> ReviewModel:
    """A review that has finished scanning, with three rules."""
    model = ReviewModel(run.root, policy_of("tiers, best, first"), now=lambda: NOW)
    model.take([Named(run), Finished(run)])
    return model


def draw(model: ReviewModel, timeline: Timeline) -> None:
    """What the table and the timeline ask of a new plan."""
    timeline._make(ROOM)
    for decision in model.visible[:ROWS]:
        model.explainer.short(decision)


def toggle(model: ReviewModel, timeline: Timeline) -> None:
    """Switch the second rule, and draw."""
    model.toggle(1)
    draw(model, timeline)


def pin(model: ReviewModel, timeline: Timeline) -> None:
    """Plan again as a pin or a mark does, and draw."""
    model.replan()
    draw(model, timeline)


def main() -> None:
    """Print a table of medians."""
    say(f"{'checkpoints':>12} {'open':>8} {'toggle':>8} {'pin':>8}   ms")
    for count in (1_000, 20_000, 100_000):
        run = run_of(count)
        model = model_of(run)
        timeline = Timeline(model, UNICODE)
        opened = median(lambda r=run: model_of(r), 3)
        toggled = median(lambda m=model, t=timeline: toggle(m, t), 7)
        pinned = median(lambda m=model, t=timeline: pin(m, t), 7)
        say(f"{count:12,} {opened:8.1f} {toggled:8.1f} {pinned:8.1f}")


if __name__ == "__main__":
    main()
