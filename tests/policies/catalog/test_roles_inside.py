"""Torch files whose names say nothing: what they are inside, and what that makes of slim."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
from keepstep.policies import commit, undo
from keepstep.policies.catalog.model import Checkpoint, Kind, Role, State
from keepstep.policies.catalog.roles_inside import Inside, inside, mute_names
from keepstep.policies.catalog.scan import scan
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.schema import parse_policy
from keepstep.policies.slimming import why_whole

from ...tree_snapshot import snapshot
from ..catalogs import NOW
from ..commit.test_slim import age
from ..readers.memory_tree import MemoryTree
from ..readers.samples import (
    OPTIMIZER,
    RNG,
    SCALER,
    SCHEDULER,
    WEIGHTS,
    torch_legacy,
    torch_zip,
)
from ..readers.test_canary import Calls
from ..trees import safetensors

FULL = {"model": WEIGHTS, "optimizer": OPTIMIZER, "epoch": 3}


def run_of(
    root: Path, files: Mapping[str, bytes], steps: tuple[int, ...] = (100, 200, 300)
) -> Path:
    for step in steps:
        folder = root / f"step_{step}"
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    return age(root)


def oldest(root: Path) -> Checkpoint:
    return scan(str(root)).checkpoints[0]


def leaving(one: Checkpoint) -> set[str]:
    assert one.measure
    assert one.measure.resume
    return {name for name, _ in one.measure.resume.names}


@pytest.mark.parametrize(
    ("name", "mute"),
    [
        ("state.pt", True),
        ("rank0.pt", True),
        ("shard-00.pth.tar", True),
        ("0.bin", True),
        ("last.ckpt", True),
        ("model_and_more.bin", False),  # never less than weights
        ("pytorch_model.bin", False),
        ("consolidated.00.pth", False),
        ("G_100.pth", False),
        ("optimizer.pt", False),
        ("training_args.bin", False),
        ("state.safetensors", False),
        ("x.pkl", False),
    ],
)
def test_names_that_say_nothing(name: str, mute: bool):
    assert mute_names({name: Kind.FILE, "folder.pt": Kind.DIRECTORY}) == ((name,) if mute else ())


def test_an_optimizer_by_its_content_leaves_and_comes_back(tmp_path: Path):
    state = {"optimizer": OPTIMIZER, "scheduler": SCHEDULER, "scaler": SCALER, "step": 5}
    root = run_of(tmp_path / "run", {"model.pt": torch_zip(WEIGHTS), "state.pt": torch_zip(state)})
    before = snapshot(root)
    one = oldest(root)
    assert leaving(one) == {"state.pt"}
    assert why_whole(one) == ""
    assert one.measure
    assert dict(one.measure.roles).keys() == {Role.WEIGHTS, Role.OPTIMIZER}

    policy = parse_policy("keep: [last: 1]\nslim: [every_steps: 100]", "test")
    plan = make_plan(scan(str(root)), policy, now=NOW)
    done = commit(plan)
    assert done.slimmed == ("step_100", "step_200")
    assert not (root / "step_100" / "state.pt").exists()
    left = scan(str(root)).checkpoints
    assert [(c.state, c.weights_only) for c in left] == [
        (State.COMPLETE, True),
        (State.COMPLETE, True),
        (State.COMPLETE, False),
    ]
    again = make_plan(scan(str(root)), policy, now=NOW)
    assert not again.summary.going
    undo(str(root))
    after = snapshot(root)
    assert {n: after[n] for n in before if n != "."} == {n: before[n] for n in before if n != "."}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        # The whole training state in a file, however it is called.
        ({"state.pt": torch_zip(FULL)}, "state.pt holds the optimizer together with the weights"),
        ({"last.bin": torch_legacy(FULL)}, "last.bin holds the optimizer together with the w"),
        # An optimizer by name beside a file of which nobody knows what it is.
        (
            {"optimizer.pt": b"x" * 99, "state.pt": torch_zip({"a": [1]})},
            "no weights would be left",
        ),
        ({"optimizer.pt": b"x" * 99, "rank0.pt": torch_zip(RNG)}, "no weights would be left"),
        ({"state.pt": torch_zip(OPTIMIZER)}, "no weights would be left"),
        # Two of them, and neither is the optimizer.
        ({"a.pt": torch_zip(WEIGHTS), "b.pt": torch_zip(RNG)}, "nothing in it is known"),
        ({"a.pt": torch_zip(WEIGHTS), "b.pt": torch_zip({"optimizers": [1]})}, "nothing in it"),
        ({"a.pt": torch_zip(WEIGHTS), "b.pt": torch_zip({**OPTIMIZER, "x": WEIGHTS})}, "b.pt|noth"),
    ],
)
def test_what_stays_whole(files: Mapping[str, bytes], why: str, tmp_path: Path):
    said = why_whole(oldest(run_of(tmp_path, files)))
    assert any(said.startswith(each) for each in why.split("|")), said


def test_weights_by_content_are_left_for_an_optimizer_by_name(tmp_path: Path):
    files = {"optimizer.pt": b"x" * 99, "rank0.pt": torch_zip(WEIGHTS)}
    one = oldest(run_of(tmp_path, files))
    assert (leaving(one), why_whole(one)) == ({"optimizer.pt"}, "")


def test_each_optimizer_is_opened_and_of_weights_one(tmp_path: Path):
    tree = MemoryTree(
        {
            **{f"run/{n}/rank{r}.pt": torch_zip(WEIGHTS) for n in range(9) for r in range(9)},
            **{f"run/{n}/part.pt": torch_zip(OPTIMIZER) for n in range(9)},
        }
    )
    read: list[str] = []
    tree_read = tree.read

    def counting(path: str, limit: int, offset: int = 0) -> bytes:
        read.append(path)
        return tree_read(path, limit, offset)

    tree.read = counting  # type: ignore[method-assign]
    for n in range(9):
        assert {inside(tree, f"run/{n}", f"rank{r}.pt") for r in range(9)} == {Inside.WEIGHTS}
        assert inside(tree, f"run/{n}", "part.pt") is Inside.OPTIMIZER
    assert {path for path in read if "rank" in path} == {"run/0/rank0.pt"}
    assert len({path for path in read if "part" in path}) == 9


def test_nothing_runs(tmp_path: Path):
    canary = tmp_path / "canary"
    trap = Calls(os.system, f"touch {canary}")
    documents = (trap, {"state": trap, "param_groups": []}, {**OPTIMIZER, "extra": trap})
    for number, document in enumerate(documents):
        for wrap in (torch_zip, torch_legacy, pickle.dumps):
            files = {"model.safetensors": b"", "state.pt": wrap(document)}
            root = run_of(tmp_path / f"{number}-{wrap.__name__}", files)
            for folder in root.iterdir():
                safetensors(folder / "model.safetensors")
            one = oldest(root)
            assert not canary.exists()
            assert one.measure
            assert one.measure.resume is None or not one.measure.resume.names
