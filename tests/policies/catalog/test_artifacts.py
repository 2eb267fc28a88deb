"""What is no checkpoint: its class and what deleting it costs, in one sentence."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.measure import measure
from keepstep.policies.catalog.model import Kind, Member
from keepstep.policies.scan_json import scan_document

from ..trees import hugging_face
from .planting import plant

CLASSES = {
    "events.out.tfevents.1700000000.host.1.0": ("event", "inconvenient"),
    "run-abc123.wandb": ("event", "inconvenient"),
    "train.log": ("log", "inconvenient"),
    "trainer_log.jsonl": ("log", "inconvenient"),
    "slurm-4242.out": ("log", "inconvenient"),
    "learn_error.tsv": ("log", "inconvenient"),
    "evaluations.npz": ("log", "inconvenient"),
    "metrics.csv": ("log", "inconvenient"),
    "training_loss.png": ("visualization", "safe"),
    "embeddings.npy": ("intermediate", "inconvenient"),
    "hparams.yaml": ("config", "inconvenient"),
    "graph.pbtxt": ("config", "inconvenient"),
    "tokenizer.json": ("config", "inconvenient"),
    "train.py": ("other", "inconvenient"),
    "README.md": ("other", "inconvenient"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes(tmp_path: Path, name: str):
    plant(tmp_path, name)
    [artifact] = scan(str(tmp_path)).artifacts
    assert (artifact.kind, artifact.consequence.value) == CLASSES[name]
    assert artifact.why.endswith(".")


@pytest.mark.parametrize("name", ["notes.xyz", "model.pth", "data.bin", "core", "events.txt.1"])
def test_unknown_names_are_not_guessed_at(tmp_path: Path, name: str):
    plant(tmp_path, name)
    catalog = scan(str(tmp_path))
    assert catalog.artifacts == ()
    assert catalog.unrecognised != ()


def test_the_newest_event_file_may_still_be_written(tmp_path: Path):
    names = [f"events.out.tfevents.{second}.host" for second in (1, 2, 3)]
    plant(tmp_path, *names)
    for age, name in zip((30, 10, 20), names, strict=True):
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    growing = {one.path: one.growing for one in scan(str(tmp_path)).artifacts}
    assert growing == {names[0]: False, names[1]: True, names[2]: False}


def test_deleting_events_is_stated_as_what_it_is(tmp_path: Path):
    plant(tmp_path, "events.out.tfevents.1.host")
    [artifact] = scan(str(tmp_path)).artifacts
    assert "curves are gone for good; the model is untouched" in artifact.why


def test_the_final_model_is_catastrophic_to_lose(tmp_path: Path):
    hugging_face(tmp_path, [10])
    plant(tmp_path, "model.safetensors", "merged/model.safetensors")
    found = {one.path: one for one in scan(str(tmp_path)).artifacts}
    assert {one.consequence.value for one in found.values()} == {"catastrophic"}
    assert found["merged"].bytes >= (tmp_path / "merged/model.safetensors").stat().st_size


def test_artifacts_in_json(tmp_path: Path):
    plant(tmp_path, "train.log")
    [row] = scan_document(scan(str(tmp_path)))["artifacts"]
    assert set(row) == {"path", "class", "bytes", "consequence", "why"}


def test_the_newest_of_every_framework_may_still_be_written(tmp_path: Path):
    names = ["events.out.tfevents.1.host", "run-a.wandb", "run-b.wandb"]
    plant(tmp_path, *names)
    for age, name in zip((30, 20, 10), names, strict=True):
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    growing = {one.path for one in scan(str(tmp_path)).artifacts if one.growing}
    assert growing == {"events.out.tfevents.1.host", "run-b.wandb"}


def test_a_file_is_measured_as_a_checkpoint_is(tmp_path: Path):
    plant(tmp_path, "sub/train.log")
    os.link(tmp_path / "sub/train.log", tmp_path / "sub/again.log")
    for artifact in scan(str(tmp_path)).artifacts:
        members = (Member(artifact.path, Kind.FILE),)
        assert artifact.measure is not None
        assert replace(artifact.measure, roles=()) == replace(
            measure(LocalTree(str(tmp_path)), members), roles=()
        )
