"""The benchmarks' own arithmetic: turns, ratios, verdicts and the table. Nothing here is timed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

HOUSE = Path(__file__).parents[2]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The modules of tests/benchmarks, which import each other as a script's neighbours."""
    monkeypatch.syspath_prepend(HOUSE / "tests" / "benchmarks")
    names = ("contest", "report", "trees", "run")
    before = set(sys.modules)
    yield {name: importlib.import_module(name) for name in names}
    for name in set(sys.modules) - before:
        if not name.startswith("keepstep"):
            del sys.modules[name]


def _result(bench: dict[str, ModuleType]):
    contest, turns = bench["contest"], []

    def subject(name: str, figures: list[float]):
        left = iter([99.0, *figures])  # the first is the warm-up

        def work() -> float:
            turns.append(name)
            return next(left)

        return work

    subjects = {
        "du": subject("du", [1.0, 10.0, 1.0]),
        "keepstep": subject("keepstep", [0.5, 6.0, 0.4]),
    }
    budgets = (contest.Budget("du", 0.5), contest.Budget("gdu", 0.5))
    return contest.hold(contest.Contest("scan", subjects, budgets, missing=("gdu",)), 3), turns


def test_a_ratio_is_the_median_of_rounds_and_the_warm_up_is_dropped(bench: dict[str, ModuleType]):
    result, turns = _result(bench)
    assert result.ratio("keepstep", "du") == 0.5
    assert result.median("du") == 1.0
    assert turns == ["keepstep", "du", "du", "keepstep", "keepstep", "du", "du", "keepstep"]


def test_only_a_peer_that_is_there_judges(bench: dict[str, ModuleType]):
    result, _ = _result(bench)
    [verdict] = result.verdicts()
    assert verdict.met
    assert "gdu: not there, left out" in "\n".join(bench["report"].lines(result))


def test_the_table_goes_between_the_marks_of_the_readme(
    bench: dict[str, ModuleType], tmp_path: Path
):
    result, _ = _result(bench)
    copy = tmp_path / "README.md"
    copy.write_text((HOUSE / "README.md").read_text())
    bench["report"].write_readme(copy, [result], 3)
    once = copy.read_text()
    assert "\n| scan | 500.0 ms | du 1.00 s | 0.50 | ≤ 0.5 |\n" in once
    bench["report"].write_readme(copy, [result], 3)
    assert copy.read_text() == once


def test_a_tree_is_whole_to_its_scan(bench: dict[str, ModuleType], tmp_path: Path):
    from keepstep.policies import scan
    from keepstep.policies.catalog.model import State

    bench["trees"].build(tmp_path / "run", bench["trees"].Tree(3, 12))
    catalog = scan(str(tmp_path / "run"))
    assert [one.step for one in catalog.checkpoints] == [100, 200, 300]
    assert {one.state for one in catalog.checkpoints} == {State.COMPLETE}
    assert not catalog.unrecognised
