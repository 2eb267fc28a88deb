"""What a commit looks at again, and what it need not: nothing that matters gets past it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.lookout import Lookout
from keepstep.policies.catalog.measure import measure
from keepstep.policies.catalog.model import Member
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.results import CommitResult
from keepstep.policies.commit.second_look import look_again
from keepstep.policies.commit.state import open_for_writing
from keepstep.policies.commit.trash import kind_of
from keepstep.policies.decisions import Plan
from keepstep.policies.pins import pin
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.schema import policy_of

NOW = 1_800_000_000.0
DAY = 86_400
HEADER = json.dumps({"w": {"dtype": "U8", "shape": [2000], "data_offsets": [0, 2000]}}).encode()
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(2000)
STATE = "trainer_state.json"


def save(root: Path, step: int, *, loss: float | None = None, at: float = NOW - DAY) -> Path:
    """A checkpoint as the Trainer leaves it."""
    folder = root / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    history = [] if loss is None else [{"step": step, "eval_loss": loss}]
    (folder / STATE).write_text(json.dumps({"global_step": step, "log_history": history}))
    for path in (*folder.iterdir(), folder):
        os.utime(path, (at, at))
    return folder


@pytest.fixture
def training(tmp_path: Path) -> Path:
    root = tmp_path / "run7"
    for step in range(100, 700, 100):
        save(root, step, at=NOW - 10 * DAY + step)
    return root


def planned(root: Path, *rules: dict[str, Any]) -> Plan:
    policy = policy_of({"name": "t", "keep": list(rules) or [{"last": 2}]}, "test")
    return make_plan(scan(str(root)), policy, now=NOW)


def carried(plan: Plan) -> CommitResult:
    return commit(plan, clock=lambda: NOW)


def skipped(result: CommitResult) -> dict[str, str]:
    return {one.id.removeprefix("checkpoint-"): one.why for one in result.skipped}


def _link(root: Path) -> None:
    (root / "best").symlink_to("checkpoint-300")


def _link_further_down(root: Path) -> None:
    (root / "eval" / "v2").mkdir(parents=True)
    (root / "eval" / "v2" / "best").symlink_to("../../checkpoint-300")


def _best_in_the_newest_state(root: Path) -> None:
    state = {"global_step": 600, "best_model_checkpoint": "/elsewhere/run7/checkpoint-300"}
    (root / "checkpoint-600" / STATE).write_text(json.dumps(state))


def _best_in_a_new_state(root: Path) -> None:
    state = {"global_step": 700, "best_model_checkpoint": "checkpoint-300"}
    (save(root, 700) / STATE).write_text(json.dumps(state))


def _adapter(root: Path) -> None:
    (root / "finetuned").mkdir()
    (root / "finetuned" / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": "../checkpoint-300"})
    )


def _pin(root: Path) -> None:
    pin(scan(str(root)), ["checkpoint-300"])


def _pin_from_above(root: Path) -> None:
    """By somebody who looks at the same run below another root."""
    pin(scan(str(root.parent)), ["run7/checkpoint-300"])


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (_link, "now protected: best points to it"),
        (_link_further_down, "now protected: eval/v2/best points to it"),
        (_best_in_the_newest_state, f"now protected: checkpoint-600/{STATE} points to it"),
        (_best_in_a_new_state, f"now protected: checkpoint-700/{STATE} points to it"),
        (_adapter, "now protected: base of finetuned (adapter_config.json)"),
        (_pin, "pinned since the plan"),
        (_pin_from_above, "pinned since the plan"),
    ],
)
def test_what_names_a_checkpoint_after_the_plan_keeps_it(
    training: Path, happens: Callable[[Path], None], words: str
):
    plan = planned(training)
    happens(training)
    result = carried(plan)
    assert skipped(result) == {"300": words}
    assert {"checkpoint-100", "checkpoint-200", "checkpoint-400"} <= set(result.trashed)


def _vanish(root: Path) -> None:
    shutil.rmtree(root / "checkpoint-600")


def _cut_short(root: Path) -> None:
    (root / "checkpoint-600" / "model.safetensors").write_bytes(WEIGHTS[:1000])


def _lose_its_state(root: Path) -> None:
    (root / "checkpoint-600" / STATE).unlink()


def _become_a_link(root: Path) -> None:
    (root / "checkpoint-600").rename(root.parent / "aside")
    (root / "checkpoint-600").symlink_to(root.parent / "aside")


@pytest.mark.parametrize("happens", [_vanish, _cut_short, _lose_its_state, _become_a_link])
def test_one_that_stayed_no_longer_counts(training: Path, happens: Callable[[Path], None]):
    plan = planned(training)
    happens(training)
    result = carried(plan)
    assert skipped(result) == {"400": "the policy would keep it now"}
    assert set(result.trashed) == {f"checkpoint-{step}" for step in (100, 200, 300)}


def test_the_newest_complete_one_is_found_anew(training: Path):
    plan = planned(training, {"steps": [600, 500]})
    for step in (500, 600):
        shutil.rmtree(training / f"checkpoint-{step}")
    assert "newest" in skipped(carried(plan))["400"]
    assert (training / "checkpoint-400").exists()


def test_a_newer_save_that_is_not_whole_protects_nothing_away(training: Path):
    plan = planned(training, {"last": 1})
    (save(training, 700) / STATE).unlink()
    shutil.rmtree(training / "checkpoint-600")
    result = carried(plan)
    assert "newest" in skipped(result)["500"]
    assert (training / "checkpoint-500").exists()


def test_a_best_one_that_was_overwritten_no_longer_outranks_another(tmp_path: Path):
    root = tmp_path / "run7"
    for step, loss in ((100, 0.3), (200, 0.1), (300, 0.5), (400, 0.6)):
        save(root, step, loss=loss)
    for step in (100, 200, 300):  # each knows itself only, the newest nothing
        assert json.loads((root / f"checkpoint-{step}" / STATE).read_text())["log_history"]
    best = {"best": {"metric": "eval_loss", "mode": "min", "count": 1, "missing": "drop"}}
    plan = planned(root, best)
    assert {one.id for one in plan.doomed} == {"checkpoint-100", "checkpoint-300"}
    state = {"global_step": 200, "log_history": [{"step": 200, "eval_loss": 0.9}]}
    (root / "checkpoint-200" / STATE).write_text(json.dumps(state))
    result = carried(plan)
    assert set(skipped(result)) == {"100"}
    assert result.trashed == ("checkpoint-300",)


def test_rules_by_date_find_the_dates_of_what_stays(tmp_path: Path):
    root = tmp_path / "run7"
    for number in range(20):
        save(root, 100 * (number + 1), at=NOW - (20 - number) * DAY / 2)
    plan = planned(root, {"daily": 3})
    assert len(plan.doomed) == 17
    result = carried(plan)
    assert (len(result.trashed), result.skipped) == (17, ())


def test_a_file_deep_inside_decides(training: Path):
    deep = training / "checkpoint-200" / "global_step200" / "rank0"
    deep.mkdir(parents=True)
    (deep / "optim.pt").write_bytes(b"1")
    plan = planned(training)
    (deep / "optim.pt").write_bytes(b"22")
    assert skipped(carried(plan)) == {"200": "changed since the plan"}


def test_nothing_inside_what_has_not_changed_is_read(training: Path, monkeypatch: Any):
    plan = planned(training)
    read: list[str] = []
    real = LocalTree.read

    def reading(tree: LocalTree, path: str, *more: Any) -> bytes:
        read.append(path)
        return real(tree, path, *more)

    monkeypatch.setattr(LocalTree, "read", reading)
    assert len(carried(plan).trashed) == 4
    assert not [path for path in read if path.endswith("model.safetensors")]


def test_no_entry_of_what_has_not_changed_is_looked_at_a_third_time(
    training: Path, monkeypatch: pytest.MonkeyPatch
):
    plan = planned(training)
    looked: list[str] = []
    look = Lookout.look

    def told(self: Lookout, directory: str) -> object:
        looked.append(os.path.relpath(directory, training))
        return look(self, directory)

    monkeypatch.setattr(Lookout, "look", told)
    assert len(carried(plan).trashed) == 4
    assert looked == []


NAMES = st.sampled_from(["a", "b.bin", "c", os.fsdecode(b"odd-\xff"), "z z"])
TREES = st.recursive(
    st.one_of(st.binary(max_size=20), st.just("link")),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)


@given(tree=st.dictionaries(NAMES, TREES, min_size=1, max_size=3))
def test_the_second_look_takes_the_fingerprint_of_the_scan(tree: Any, tmp_path_factory: Any):
    root = tmp_path_factory.mktemp("run")
    _make(root / "checkpoint", tree)
    (root / "single.pt").write_bytes(b"1")
    paths = ("checkpoint", "single.pt")
    members = tuple(Member(path, kind_of(os.lstat(root / path))) for path in paths)
    before = measure(LocalTree(str(root)), members)
    with open_for_writing(str(root)) as state:
        look = look_again(state, members, Lookout())
        assert look.identity == before.identity
        local = LocalTree(str(root))
        assert all(list(local.names(path).kinds.items()) == [*found.kinds.items()]
                   for path, found in look.listings.items())  # fmt: skip
        (root / "single.pt").write_bytes(b"22")
        assert look_again(state, members, Lookout()).identity != before.identity


def _make(path: Path, content: Any) -> None:
    if content == "link":
        path.symlink_to("nowhere")
    elif isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.mkdir()
        for name, inner in content.items():
            _make(path / name, inner)
