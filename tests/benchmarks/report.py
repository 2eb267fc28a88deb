"""Results in words: a table for a terminal, and one for the README."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from contest import KEEPSTEP, Result, Verdict

_START = "<!-- benchmarks: python tests/benchmarks/run.py --write-readme -->"
_END = "<!-- /benchmarks -->"


def lines(result: Result) -> Iterator[str]:
    """A contest as text: medians, ratios, budgets."""
    contest = result.contest
    yield contest.title
    verdicts = {(one.budget.subject, one.budget.peer): one for one in result.verdicts()}
    ours = [name for name in result.taken if name == KEEPSTEP or _is_ours(result, name)]
    for name in result.taken:
        row = f"  {name:24} {_figure(result.median(name), contest.unit):>10}"
        if name not in ours:
            beside = (_beside(result, one, name, verdicts) for one in ours)
            row += "   " + ", ".join(beside)
        yield row
    for name in contest.missing:
        yield f"  {name}: not there, left out"


def _is_ours(result: Result, name: str) -> bool:
    return any(budget.subject == name for budget in result.contest.budgets)


def _beside(result: Result, ours: str, peer: str, verdicts: dict[tuple[str, str], Verdict]) -> str:
    verdict = verdicts.get((ours, peer))
    judged = ""
    if verdict:
        judged = f" (budget {verdict.budget.ratio:g}{'' if verdict.met else ', MISSED'})"
    return f"{ours} takes {result.ratio(ours, peer):.2f} x{judged}"


def markdown(results: Iterable[Result]) -> str:
    """The README's table; a ratio over its budget is printed as it is."""
    rows = ["| work | keepstep | beside it | ratio | budget |", "|---|---|---|---|---|"]
    for result in results:
        subjects = [KEEPSTEP] if KEEPSTEP in result.taken else []
        subjects += [n for n in result.taken if n != KEEPSTEP and _is_ours(result, n)]
        for subject in subjects:
            rows += _rows(result, subject)
    return "\n".join(rows)


def _rows(result: Result, subject: str) -> Iterator[str]:
    unit = result.contest.unit
    budgets = {one.peer: one.ratio for one in result.contest.budgets if one.subject == subject}
    title = result.contest.title + ("" if subject == KEEPSTEP else f": `{subject}`")
    peers = [n for n in result.taken if n != subject and not _is_ours(result, n)]
    figure = _figure(result.median(subject), unit)
    for number, peer in enumerate(peers):
        left = f"{title} | {figure}" if number == 0 else " | "
        budget = f"≤ {budgets[peer]:g}" if peer in budgets else ""
        beside = f"{peer} {_figure(result.median(peer), unit)}"
        yield f"| {left} | {beside} | {result.ratio(subject, peer):.2f} | {budget} |"


def setting(rounds: int) -> str:
    """When, on what kind of machine, and how often."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}, "
        f"CPython {platform.python_version()}; medians of up to {rounds} rounds"
    )


def write_readme(readme: Path, results: Iterable[Result], rounds: int) -> None:
    """Put the table between the README's two marks."""
    text = readme.read_text()
    before, _, rest = text.partition(_START)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise SystemExit(f"{readme} has no place for the table: {_START} ... {_END}")
    table = f"\n\n{markdown(results)}\n\nMeasured {setting(rounds)}.\n\n"
    readme.write_text(before + _START + table + _END + after)


def _figure(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.0f} {unit}"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"
