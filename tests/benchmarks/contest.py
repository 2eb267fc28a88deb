"""A contest: keepstep and its peers at the same work, in turn, in the same run.

Ratios are the result. Every round runs every subject once, so that a noisy minute hits all of
them; the first round warms caches and is dropped. A ratio is the median of the rounds' own.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

KEEPSTEP = "keepstep"


@dataclass(frozen=True, slots=True)
class Budget:
    """`subject` may take at most `ratio` times what `peer` takes."""

    peer: str
    ratio: float
    subject: str = KEEPSTEP


@dataclass(frozen=True, slots=True)
class Contest:
    """What is done, by whom, and what keepstep may take.

    A subject does its work once and returns what it took, in `unit`: what it prepares or cleans
    up is its own affair and is not in the figure. `missing` names peers this machine has not.
    """

    title: str
    subjects: Mapping[str, Callable[[], float]]
    budgets: tuple[Budget, ...] = ()
    unit: str = "s"
    missing: tuple[str, ...] = ()
    most_rounds: int | None = None  # where one round takes long
    warm_up: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """A budget beside what was measured."""

    budget: Budget
    ratio: float

    @property
    def met(self) -> bool:
        return self.ratio <= self.budget.ratio


@dataclass(frozen=True, slots=True)
class Result:
    """What every subject took, by round."""

    contest: Contest
    taken: Mapping[str, tuple[float, ...]]

    def median(self, subject: str) -> float:
        return statistics.median(self.taken[subject])

    def ratio(self, subject: str, peer: str) -> float:
        pairs = zip(self.taken[subject], self.taken[peer], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Every budget whose peer is there."""
        return tuple(
            Verdict(budget, self.ratio(budget.subject, budget.peer))
            for budget in self.contest.budgets
            if budget.peer in self.taken
        )


def hold(contest: Contest, rounds: int) -> Result:
    """Run the rounds; each begins with another subject."""
    rounds = min(rounds, contest.most_rounds or rounds)
    names = list(contest.subjects)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-1 if contest.warm_up else 0, rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            figure = contest.subjects[name]()
            if number >= 0:
                taken[name].append(figure)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Result(contest, {name: tuple(figures) for name, figures in taken.items()})
