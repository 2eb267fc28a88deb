"""What a review remembers of a directory: disposable, and never about another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.review.ordering import Column, Sort
from keepstep.tui.review.remembered import Memory, Remembered
from keepstep.tui.review.slots import slots_of, toggled

BALANCED = load_policy("balanced")
SORT = Sort(Column.SIZE, descending=False)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run7").mkdir()
    return tmp_path / "run7"


def _memory(run: Path, policy: str = "balanced") -> Memory:
    return Memory(str(run), load_policy(policy), str(run.parent / "state"))


def _keep(memory: Memory) -> None:
    slots = tuple(toggled(slots_of(BALANCED), 0))
    memory.keep(Remembered(SORT, "step>5", True, frozenset({"a-*"}), BALANCED, slots))


def test_it_comes_back(run: Path):
    _keep(_memory(run))
    found = _memory(run).recall()
    assert found is not None
    assert (found.sort, found.filter) == (SORT, "step>5")
    assert (found.grouped, found.folded) == (True, frozenset({"a-*"}))
    assert found.base is not None
    assert found.base.document() == BALANCED.document()
    assert [(slot.rule, slot.on) for slot in found.slots] == [(BALANCED.keep[0], False)]


def test_a_slim_rule_comes_back_as_one(run: Path):
    policy = load_policy("weights-history")
    slots = tuple(toggled(slots_of(policy), 0))
    _memory(run).keep(Remembered(SORT, base=policy, slots=slots))
    found = _memory(run).recall()
    assert found is not None
    assert found.slots == tuple(toggled(slots_of(policy), 0))
    assert found.base is not None
    assert found.base.document() == policy.document()


def test_rules_are_forgotten_when_another_policy_is_asked_for(run: Path):
    _keep(_memory(run))
    found = _memory(run, "aggressive").recall()
    assert found is not None
    assert (found.sort, found.slots, found.base) == (SORT, (), None)


def test_another_directory_of_the_same_name_starts_anew(run: Path):
    _keep(_memory(run))
    run.rename(run.parent / "old")
    run.mkdir()
    assert _memory(run).recall() is None


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b'{"path": 3}', b"\x00" * 100, b'{"sort": "colour"}']
)
def test_what_cannot_be_understood_is_nothing(run: Path, text: bytes):
    memory = _memory(run)
    _keep(memory)
    Path(memory.path).write_bytes(text)
    assert memory.recall() is None


def test_a_rule_of_another_version_is_nothing(run: Path):
    memory = _memory(run)
    _keep(memory)
    path = Path(memory.path)
    head, rules = path.read_text().split('"rules"')
    path.write_text(head + '"rules"' + rules.replace("graduated", "gradual"))
    assert memory.recall() is None


def test_a_state_directory_that_cannot_be_made_is_no_matter(run: Path):
    (run.parent / "state").write_text("in the way")
    _keep(_memory(run))
    assert _memory(run).recall() is None
