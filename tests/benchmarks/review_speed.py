"""The review on a terminal of 120 x 40: bytes and time of each action, beside budgets and peers.

One visit presses all keys; the contests take their figures from the same visits, so that a round
costs one visit to each program and not one for each row of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import review_bytes
from contest import KEEPSTEP, Budget, Contest
from processes import scan_peers
from review_bytes import BUDGETS, PEERS, Found
from start_up import TEXTUAL, first_row_of
from trees import HUNDRED_THOUSAND, TWO_HUNDRED_THOUSAND, Tree, Yard

SIZE = 120, 40
_ROUNDS = 3
_MANY, _FEW = "100,000 checkpoints", "2,000 checkpoints"
_FRAMES = "three frames"


class Visits:
    """Visits to one tree, each made when the first figure of its round is asked for."""

    def __init__(self, yard: Yard, tree: Tree) -> None:
        self._root, self._yard = yard.tree(tree), yard
        self._made: dict[str, list[Found]] = {}
        self._taken: dict[tuple[str, str], int] = {}

    def take(self, program: str, figure: str, of: Callable[[Found], float]) -> float:
        """The figure of the next visit that it has not been taken from."""
        made = self._made.setdefault(program, [])
        number = self._taken.get((program, figure), 0)
        self._taken[program, figure] = number + 1
        if number == len(made):
            made.append(self._visit(program))
        return of(made[number])

    def _visit(self, program: str) -> Found:
        if program == KEEPSTEP:
            homes = self._yard.homes("visits", empty=False)
            return review_bytes.review(self._root, *SIZE, homes, "--apparent")
        return review_bytes.peer(PEERS[program], self._root, *SIZE)


_VISITS: dict[tuple[Yard, Tree], Visits] = {}


def _visits(yard: Yard, tree: Tree) -> Visits:
    return _VISITS.setdefault((yard, tree), Visits(yard, tree))


def sent(action: str) -> Callable[[Yard], Contest]:
    """Bytes that an action sends, beside its budget and what ncdu and gdu send."""

    def contest(yard: Yard) -> Contest:
        visits = _visits(yard, TWO_HUNDRED_THOUSAND)
        there, missing = scan_peers(tuple(PEERS))
        if action in {"pin", "mark", "toggle", "idle 5 s"}:
            there, missing = [], ()  # nothing that they have, or nothing to divide by

        def bytes_of(program: str) -> float:
            return visits.take(program, action, lambda found: found.bytes[action])

        allowed = BUDGETS[action]
        name = "the budget" if allowed else "one byte"
        subjects: dict[str, Callable[[], float]] = {name: lambda: float(allowed or 1)}
        subjects |= {one: lambda one=one: bytes_of(one) for one in (*there, KEEPSTEP)}
        title = f"bytes to a terminal of 120 x 40, {_FEW}: {action}"
        budgets = (Budget(name, 1 if allowed else 0),)
        return Contest(title, subjects, budgets, "B", missing, _ROUNDS, warm_up=False)

    return contest


def painted(action: str) -> Callable[[Yard], Contest]:
    """Seconds from a key to the last byte of its answer, beside ncdu and gdu."""

    def contest(yard: Yard) -> Contest:
        visits = _visits(yard, TWO_HUNDRED_THOUSAND)
        there, missing = scan_peers(tuple(PEERS))

        def seconds_of(program: str) -> float:
            return visits.take(program, f"last {action}", lambda found: found.last[action])

        subjects = {one: lambda one=one: seconds_of(one) for one in (*there, KEEPSTEP)}
        title = f"key to paint, {_FEW}: {action}"
        return Contest(title, subjects, (), "s", missing, _ROUNDS, warm_up=False)

    return contest


def like_few(action: str) -> Callable[[Yard], Contest]:
    """Seconds from a key to the last byte among 100,000 checkpoints, beside 2,000."""

    def contest(yard: Yard) -> Contest:
        subjects = {
            _FEW: lambda: _last(yard, TWO_HUNDRED_THOUSAND, action),
            KEEPSTEP: lambda: _last(yard, HUNDRED_THOUSAND, action),
        }
        title = f"key to paint, {_MANY}: {action}"
        return Contest(title, subjects, (Budget(_FEW, 1.5),), "s", (), _ROUNDS, warm_up=False)

    return contest


def _last(yard: Yard, tree: Tree, action: str) -> float:
    return _visits(yard, tree).take(KEEPSTEP, f"like {action}", lambda found: found.last[action])


def answered(action: str) -> Callable[[Yard], Contest]:
    """Seconds until a change among 100,000 checkpoints begins to show; the sums follow."""

    def contest(yard: Yard) -> Contest:
        def seconds_of() -> float:
            visits = _visits(yard, HUNDRED_THOUSAND)
            return visits.take(KEEPSTEP, f"first {action}", lambda found: found.first[action])

        subjects = {_FRAMES: lambda: 3 / 60, KEEPSTEP: seconds_of}
        title = f"key to first byte, {_MANY}: {action}"
        return Contest(title, subjects, (Budget(_FRAMES, 1),), "s", (), _ROUNDS, warm_up=False)

    return contest


def first_row_of_many(yard: Yard) -> Contest:
    """The review of 100,000 checkpoints; the index is warm."""
    return first_row_of(yard, HUNDRED_THOUSAND, (Budget(TEXTUAL, 1.3),), rounds=_ROUNDS)


CONTESTS: Mapping[str, Callable[[Yard], Contest]] = {
    "first-row-100k": first_row_of_many,
    **{f"bytes-{action.split()[0]}": sent(action) for action in BUDGETS if action != "first paint"},
    "bytes-paint": sent("first paint"),
    **{f"keys-{action}": painted(action) for action in ("cursor", "scroll", "page")},
    **{f"keys-100k-{action}": like_few(action) for action in ("cursor", "scroll", "page")},
    **{f"keys-100k-{action}": answered(action) for action in ("pin", "mark", "toggle")},
}
