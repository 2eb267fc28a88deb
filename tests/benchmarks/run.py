"""Measure keepstep beside its peers, with the budgets that it promises to keep:

    python tests/benchmarks/run.py [NAMES] [--judge] [--markdown] [--write-readme]

Run it on a quiet machine with the Python of an environment that has keepstep installed. It installs
nothing: peers that are not there (du, find, ncdu, gdu, rm) are named and left out, and so is the
slow disk where FUSE is missing. Trees of up to a million sparse files are built once, in --place.

A benchmark is a function that makes a `Contest` of a `Yard`, and one row in the table below.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import commit_speed
import plan_speed
import report
import review_speed
import scan_speed
import start_up
from contest import Contest, Result, hold
from trees import Yard, yard_at

BENCHMARKS: dict[str, Callable[[Yard], Contest]] = {
    "start": start_up.commands,
    "start-processor": start_up.commands_processor,
    "first-row": start_up.first_row,
    "first-row-processor": start_up.first_row_processor,
    "scan-10k": scan_speed.scan_10k,
    "scan-200k": scan_speed.scan_200k,
    "scan-1m": scan_speed.scan_1m,
    "slow-scan": scan_speed.slow_scan,
    "rescan": scan_speed.rescan,
    "memory": scan_speed.memory_1m,
    "plan": plan_speed.plan_20k,
    "commit": commit_speed.commit_fast,
    "slow-commit": commit_speed.commit_slow,
    **review_speed.CONTESTS,
}
README = Path(__file__).parents[2] / "README.md"


def main() -> int:
    """Hold the contests; 1 when judged and a budget is missed."""
    wanted = _options()
    names = wanted.names or list(BENCHMARKS)
    yard = yard_at(wanted.place)
    results: list[Result] = []
    for name in names:
        contest = BENCHMARKS[name](yard)
        if contest.subjects:
            results.append(hold(contest, wanted.rounds))
            print("\n".join(report.lines(results[-1])), flush=True)
        else:
            print(f"{contest.title}: needs {', '.join(contest.missing)}", flush=True)
    print(report.setting(wanted.rounds))
    if wanted.markdown:
        print(report.markdown(results))
    if wanted.write_readme:
        report.write_readme(README, results, wanted.rounds)
    met = all(verdict.met for result in results for verdict in result.verdicts())
    return int(wanted.judge and not met)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("names", nargs="*", metavar="NAMES", help=", ".join(BENCHMARKS))
    options.add_argument("--rounds", type=int, default=7, help="default: 7")
    options.add_argument(
        "--place", type=Path, help="for the trees; default: beside other temporaries"
    )
    options.add_argument("--judge", action="store_true", help="exit 1 when a budget is missed")
    options.add_argument("--markdown", action="store_true", help="print the README's table, too")
    options.add_argument(
        "--write-readme", action="store_true", help="put that table of what was run into the README"
    )
    wanted = options.parse_args()
    if unknown := [name for name in wanted.names if name not in BENCHMARKS]:
        options.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    return wanted


if __name__ == "__main__":
    raise SystemExit(main())
