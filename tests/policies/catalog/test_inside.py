"""Copies without a number: what stands inside them is shown, and changes nothing else."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

from keepstep.policies import make_plan, scan
from keepstep.policies.catalog import inside
from keepstep.policies.catalog.model import Standing
from keepstep.policies.rules.counts import LastRule

from ..catalogs import NOW, policy
from ..readers import samples
from .planting import by_id, plant


def _copy(path: Path, **document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(samples.torch_zip({"model": {}, "optimizer": {}, **document}))


def test_nanogpt_real_file(tmp_path: Path):
    (tmp_path / "ckpt.pt").write_bytes((samples.FILES / "nanogpt.pt").read_bytes())
    one = by_id(tmp_path)["ckpt.pt"]
    assert one.step == 2000
    assert one.standing is Standing.RESUME


def test_imagenet_example_legacy_file(tmp_path: Path):
    content = (samples.FILES / "imagenet-legacy.pth.tar").read_bytes()
    for name in ("checkpoint.pth.tar", "model_best.pth.tar"):
        (tmp_path / name).write_bytes(content)
    found = by_id(tmp_path)
    assert [(one.epoch, one.standing) for one in found.values()] == [
        (4, Standing.RESUME),
        (4, Standing.BEST),
    ]


def test_stable_baselines_best_model(tmp_path: Path):
    (tmp_path / "best_model.zip").write_bytes((samples.FILES / "ppo_128_steps.zip").read_bytes())
    assert by_id(tmp_path)["best_model.zip"].step == 128


def test_spacy_keeps_its_scores_in_the_model(tmp_path: Path):
    plant(tmp_path, "model-best/config.cfg", "model-best/tokenizer")
    (tmp_path / "model-best" / "meta.json").write_text('{"performance": {"ents_f": 0.5}}')
    assert by_id(tmp_path)["model-best"].metrics == {"ents_f": 0.5}


def test_a_copy_that_knows_its_step_changes_no_series_of_epochs(tmp_path: Path):
    plant(tmp_path, "epoch_1.pth", "epoch_2.pth")
    _copy(tmp_path / "latest.pth", epoch=2, iter=2000)
    catalog = scan(str(tmp_path))
    assert {one.unit for one in catalog.series} == {"epoch"}
    assert [one.id for one in catalog.checkpoints][-1] == "latest.pth"
    assert {one.id: (one.step, one.epoch) for one in catalog.checkpoints} == {
        "epoch_1.pth": (None, 1),
        "epoch_2.pth": (None, 2),
        "latest.pth": (2000, 2),
    }


def test_copies_stay_protected_and_fill_no_rule(tmp_path: Path):
    plant(tmp_path, "epoch=0-step=10.ckpt", "epoch=1-step=20.ckpt")
    _copy(tmp_path / "last.ckpt", epoch=1, global_step=5, loops={})
    plan = make_plan(scan(str(tmp_path)), policy(LastRule(1)), now=NOW)
    decisions = {one.checkpoint.id: one for one in plan.decisions}
    assert by_id(tmp_path)["last.ckpt"].step == 5
    assert decisions["last.ckpt"].action.value == "keep"
    assert decisions["epoch=1-step=20.ckpt"].action.value == "keep"
    assert decisions["epoch=0-step=10.ckpt"].action.value == "delete"


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self.canary),)


def test_a_copy_that_would_run_code_is_read_and_nothing_runs(tmp_path: Path):
    canary = tmp_path / "canary"
    run = tmp_path / "run"
    _copy(run / "last.pt", epoch=4, payload=Bomb(canary))
    (run / "best.pth.tar").write_bytes(pickle.dumps({"epoch": 5, "x": Bomb(canary)}, 2))
    found = by_id(run)
    assert [found["last.pt"].epoch, found["best.pth.tar"].epoch] == [4, 5]
    assert not canary.exists()


def test_numbered_names_are_not_opened_for_a_number(tmp_path: Path, monkeypatch):
    plant(tmp_path, *(f"epoch_{n}.pth" for n in range(5)), "last.pt", "best.pt")
    read = []
    monkeypatch.setattr(inside, "_read", lambda tree, one: read.append(one.id))
    scan(str(tmp_path))
    assert sorted(read) == ["best.pt", "last.pt"]
    monkeypatch.setattr(inside, "_MAX_READS", 1)
    scan(str(tmp_path))
    assert len(read) == 3


def test_a_negative_epoch_after_training_is_no_number(tmp_path: Path):
    """ultralytics writes epoch -1 into last.pt and best.pt when it strips them."""
    _copy(tmp_path / "weights" / "last.pt", epoch=-1)
    assert by_id(tmp_path)["weights/last.pt"].epoch is None
