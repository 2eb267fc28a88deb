"""Scanning, beside what else adds up a directory: on a fast disk, on a slow one, and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import slow_mount
from contest import KEEPSTEP, Budget, Contest
from processes import KEEPSTEP as COMMAND
from processes import megabytes, peer_scan, scan_peers, seconds
from trees import MILLION, TEN_THOUSAND, TWO_HUNDRED_THOUSAND, Tree, Yard

_Measured = Callable[..., float]


def scan_10k(yard: Yard) -> Contest:
    """Start-up is most of it; DESIGN sets no budget."""
    return _warm(yard, TEN_THOUSAND, "scan, 10,000 files")


def scan_200k(yard: Yard) -> Contest:
    """The ordinary case: caches are warm, and no index is there yet."""
    budgets = (Budget("du", 0.95), Budget("ncdu", 1), Budget("gdu", 1))
    return _warm(yard, TWO_HUNDRED_THOUSAND, "scan, 200,000 files", budgets)


def scan_1m(yard: Yard) -> Contest:
    """The same, five times as big."""
    return _warm(yard, MILLION, "scan, 1,000,000 files", most_rounds=3)


def memory_1m(yard: Yard) -> Contest:
    """Peak memory of all processes together."""
    tree = yard.tree(MILLION)
    budgets = (Budget("gdu", 0.3),)
    title = "memory, scan of 1,000,000 files"
    return _contest(yard, tree, title, budgets, ("du", "ncdu", "gdu"), megabytes, "MB", 2)


def rescan(yard: Yard) -> Contest:
    """Nothing changed since the scan before; keepstep has its index, the peers have none."""
    tree = yard.tree(TWO_HUNDRED_THOUSAND)
    there, missing = scan_peers(("du",))
    homes = yard.homes("rescan", empty=True)
    subjects = {peer: lambda p=peer: seconds(peer_scan(p, tree)) for peer in there}
    subjects[KEEPSTEP] = lambda: seconds([*COMMAND, "scan", str(tree)], homes)
    title = "rescan, nothing changed, 2,000 checkpoints of 100 files"
    return Contest(title, subjects, (Budget("du", 0.15),), missing=missing)


def slow_scan(yard: Yard) -> Contest:
    """Every metadata request takes a millisecond; each run gets a fresh mount."""
    tree = yard.tree(TEN_THOUSAND)
    title = "scan, 10,000 files, 1 ms for each request"
    if lacking := slow_mount.missing():
        return Contest(title, {}, missing=(lacking,))
    there, missing = scan_peers(("du", "gdu"))

    def on_a_fresh_mount(command: Callable[[Path], Sequence[str]]) -> float:
        with slow_mount.slowed(tree) as path:
            return seconds(command(path), yard.homes("slow", empty=True))

    subjects = {
        peer: lambda p=peer: on_a_fresh_mount(lambda at: peer_scan(p, at)) for peer in there
    }
    subjects[KEEPSTEP] = lambda: on_a_fresh_mount(lambda at: [*COMMAND, "scan", str(at)])
    budgets = (Budget("du", 0.10), Budget("gdu", 0.5))
    return Contest(title, subjects, budgets, missing=missing, most_rounds=3, warm_up=False)


def _warm(
    yard: Yard,
    tree: Tree,
    title: str,
    budgets: tuple[Budget, ...] = (),
    most_rounds: int | None = None,
) -> Contest:
    peers = ("du", "find", "ncdu", "gdu")
    return _contest(yard, yard.tree(tree), title, budgets, peers, seconds, "s", most_rounds)


def _contest(
    yard: Yard,
    tree: Path,
    title: str,
    budgets: tuple[Budget, ...],
    peers: tuple[str, ...],
    measured: _Measured,
    unit: str,
    most_rounds: int | None,
) -> Contest:
    there, missing = scan_peers(peers)
    subjects = {peer: lambda p=peer: measured(peer_scan(p, tree)) for peer in there}

    def without_index() -> float:
        return measured([*COMMAND, "scan", str(tree)], yard.homes("scan", empty=True))

    subjects[KEEPSTEP] = without_index
    return Contest(title, subjects, budgets, unit, missing, most_rounds)
