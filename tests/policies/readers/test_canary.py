"""Pickles that run code when they are loaded are read and scanned, and nothing runs."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.readers.sb3 import read_sb3_model
from keepstep.policies.catalog.readers.torch_file import read_torch_file
from keepstep.policies.catalog.readers.training_args import read_best_choice
from keepstep.policies.catalog.tree import Folder

from .samples import torch_legacy, torch_zip, zipped


class Calls:
    """Unpickling an instance calls a function."""

    def __init__(self, function, *arguments) -> None:
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def _documents(canary: Path):
    yield Calls(os.system, f"touch {canary}")
    yield Calls(open, str(canary), "w")
    yield Calls(exec, f"open({str(canary)!r}, 'w')")
    yield {"epoch": 3, "state_dict": Calls(open, str(canary), "w")}


_CONTAINERS = {
    "x.pt": torch_zip,
    "epoch=3-step=40.ckpt": torch_zip,
    "training_args.bin": torch_zip,
    "model_epoch_3.pth": torch_legacy,
    "checkpoint.pth.tar": torch_legacy,
    "vectors.pth.3": pickle.dumps,
    "replay_buffer.pkl": pickle.dumps,
    "optimizer.bin": lambda document: pickle.dumps(document, 0),
    "model_3_steps.zip": lambda document: zipped(
        {"data": b"{}", "policy.pth": torch_zip(document)}
    ),
    "evaluations.npz": lambda document: zipped({"timesteps.npy": pickle.dumps(document)}),
}


@pytest.mark.parametrize("name", _CONTAINERS)
def test_nothing_runs(name: str, tmp_path: Path):
    canary = tmp_path / "canary"
    for number, document in enumerate(_documents(canary)):
        run = tmp_path / str(number)
        run.mkdir()
        (run / name).write_bytes(_CONTAINERS[name](document))
        folder = Folder(LocalTree(str(run)), "")
        read_torch_file(folder, name)
        read_best_choice(folder, name)
        read_sb3_model(folder, name)
        scan(str(run))
        assert not canary.exists()


@pytest.mark.parametrize("name", ["x.pt", "model_epoch_3.pth", "vectors.pth.3"])
def test_what_stands_beside_the_call_is_still_read(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(_CONTAINERS[name]({"epoch": 3, "x": Calls(os.system, "false")}))
    content = read_torch_file(Folder(LocalTree(str(tmp_path)), ""), name)
    assert content is not None
    assert content.scalars == {"epoch": 3}


def test_nothing_is_imported(tmp_path: Path):
    module = "antigravity"  # importing it opens a browser
    data = b"\x80\x02c" + module.encode() + b"\ngeohash\n)R."
    (tmp_path / "x.pkl").write_bytes(data)
    read_torch_file(Folder(LocalTree(str(tmp_path)), ""), "x.pkl")
    assert module not in sys.modules


def test_the_canary_would_sing(tmp_path: Path):
    canary = tmp_path / "canary"
    pickle.loads(pickle.dumps(Calls(open, str(canary), "w"))).close()
    assert canary.exists()
