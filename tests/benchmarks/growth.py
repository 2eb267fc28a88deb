"""How time grows: scans of 1,000 to 1,000,000 files, plans of 100 to 100,000 checkpoints.

    python tests/benchmarks/growth.py [--place DIR] [--rounds 3] [--most-files N]

Draws `screenshots/growth.svg` and prints what it shows. Both axes are logarithmic: a line of the
slope of the dotted one grows as its work does.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import report
from contest import KEEPSTEP, Contest, hold
from keepstep.policies.plan import make_plan
from plan_speed import NOW, policy_of, run_of, shown
from processes import KEEPSTEP as COMMAND
from processes import peer_scan, scan_peers, seconds
from trees import Tree, Yard, yard_at

PICTURE = Path(__file__).parents[2] / "screenshots" / "growth.svg"
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 380, 300, 56, 40, 48
_COLOURS = {KEEPSTEP: "#0b7285", "du": "#868e96", "gdu": "#e8590c"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: lines of (how much, seconds)."""

    title: str
    what: str
    lines: dict[str, list[tuple[int, float]]]


def scans(yard: Yard, rounds: int, most: int) -> Panel:
    """Each scan begins without an index."""
    there, _ = scan_peers(("du", "gdu"))
    lines: dict[str, list[tuple[int, float]]] = {name: [] for name in (KEEPSTEP, *there)}
    for tree in map(Tree, (10, 100, 1_000, 10_000)):
        if tree.total > most:
            continue
        path = str(yard.tree(tree))
        subjects: dict[str, Callable[[], float]] = {
            KEEPSTEP: lambda p=path: seconds(
                [*COMMAND, "scan", p], yard.homes("growth", empty=True)
            ),
            **{n: lambda n=n, p=path: seconds(peer_scan(n, p)) for n in there},
        }
        result = hold(Contest(f"scan of {tree.total:,} files", subjects), rounds)
        print("\n".join(report.lines(result)), flush=True)
        for name in lines:
            lines[name].append((tree.total, result.median(name)))
    return Panel("scan", "files, 100 to a checkpoint", lines)


def plans(rounds: int) -> Panel:
    """The preset `balanced`, with the reasons of one screen."""
    line: list[tuple[int, float]] = []
    policy = policy_of("balanced")
    for count in (100, 1_000, 10_000, 100_000):
        run, taken = run_of(count), []
        for _ in range(rounds + 2):
            begun = time.perf_counter()
            shown(make_plan(run, policy, now=NOW))
            taken.append(time.perf_counter() - begun)
        line.append((count, statistics.median(taken[1:])))
        print(f"plan of {count:,} checkpoints {line[-1][1] * 1000:.1f} ms", flush=True)
    return Panel("plan", "checkpoints", {KEEPSTEP: line})


def drawn(panels: Sequence[Panel], setting: str) -> str:
    """The picture."""
    width, height = _WIDTH * len(panels), _HEIGHT + 22
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="11" fill="#343a40">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate({number * _WIDTH} 0)">{_panel(panel)}</g>')
    parts.append(f'<text x="12" y="{height - 8}" font-size="9">{setting}</text></svg>')
    return "\n".join(parts) + "\n"


def _panel(panel: Panel) -> str:
    points = [point for line in panel.lines.values() for point in line]
    low = math.floor(math.log10(min(taken for _, taken in points)))
    high = math.ceil(math.log10(max(taken for _, taken in points)))
    first = math.log10(min(count for count, _ in points))
    last = math.log10(max(count for count, _ in points))
    right, bottom = _WIDTH - 52, _HEIGHT - _BOTTOM

    def x(count: float) -> float:
        return _LEFT + (math.log10(count) - first) / (last - first) * (right - _LEFT)

    def y(taken: float) -> float:
        return bottom - (math.log10(taken) - low) / (high - low) * (bottom - _TOP)

    parts = [f'<text x="{_LEFT}" y="22" font-size="13" font-weight="bold">{panel.title}</text>']
    for power in range(low, high + 1):
        at, name = y(10**power), _time(power)
        parts.append(f'<path d="M{_LEFT} {at:.1f}H{right}" stroke="#dee2e6"/>')
        parts.append(_text(_LEFT - 6, at + 4, name, "end"))
    for power in range(round(first), round(last) + 1):
        parts.append(_text(x(10**power), bottom + 16, f"{10**power:,}"))
    parts.append(_text((_LEFT + right) / 2, bottom + 32, panel.what))
    # In proportion: ten times the work takes ten times as long, up to the corner at the right.
    reach = min(last - first, high - low)
    parts.append(
        f'<path d="M{x(10 ** (last - reach)):.1f} {y(10 ** (high - reach)):.1f}'
        f'L{right} {_TOP}" stroke="#adb5bd" stroke-dasharray="2 4"/>'
    )
    below = 0.0
    for name, line in sorted(panel.lines.items(), key=lambda one: -one[1][-1][1]):
        colour = _COLOURS[name]
        path = "L".join(f"{x(count):.1f} {y(taken):.1f}" for count, taken in line)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        below = max(y(line[-1][1]) + 4, below + 12)  # names do not lie on each other
        parts.append(f'<text x="{right + 4}" y="{below:.1f}" fill="{colour}">{name}</text>')
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _time(power: int) -> str:
    if power >= 0:
        return f"{10**power} s"
    return f"{10 ** (power + 3)} ms" if power >= -3 else f"{10 ** (power + 6)} µs"


def main() -> None:
    """Measure and draw."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--most-files", type=int, default=1_000_000, help="go no further")
    options.add_argument("--place", type=Path, help="for the trees, as in run.py")
    wanted = options.parse_args()
    panels = [plans(wanted.rounds), scans(yard_at(wanted.place), wanted.rounds, wanted.most_files)]
    PICTURE.write_text(drawn(panels, report.setting(wanted.rounds)))


if __name__ == "__main__":
    main()
