"""Checkpoints that other runs go on from or stand on, as their configuration says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from keepstep.policies import make_plan, scan
from keepstep.policies.catalog.model import Need
from keepstep.policies.catalog.named_sources import named_sources
from keepstep.policies.rules.counts import LastRule

from .catalogs import NOW, kept_steps, policy, reasons_of
from .trees import hugging_face

ONE = policy(LastRule(1))


def _runs(where: Path, file: str, text: str) -> Path:
    """run-a with 900 and 1000, and a file of run-b beside it; returns run-a."""
    hugging_face(where / "run-a", [900, 1000])
    target = where / "run-b" / file
    target.parent.mkdir(parents=True)
    target.write_text(text)
    return where / "run-a"


def test_the_resume_source_of_a_run_beside_this_one_stays(tmp_path: Path):
    """Resuming deleted the old run's checkpoint, and then the new run was lost."""
    run = _runs(tmp_path, "manifest.json", json.dumps({"resumed_from": "../run-a/checkpoint-900"}))
    plan = make_plan(scan(str(run)), ONE, now=NOW)
    assert kept_steps(plan) == [900, 1000]
    assert reasons_of(plan, 900) == ["resume source of ../run-b (manifest.json)"]
    marked = make_plan(scan(str(run)), ONE, marks=frozenset({"checkpoint-900"}), now=NOW)
    assert kept_steps(marked) == [900, 1000]


def test_runs_below_one_root_need_each_other(tmp_path: Path):
    """Two projects share a base: neither run may take it from the other."""
    _runs(tmp_path, "config.yaml", "model_name_or_path: outputs/run-a/checkpoint-900  # frozen\n")
    plan = make_plan(scan(str(tmp_path)), ONE, now=NOW)
    assert kept_steps(plan) == [900, 1000]
    assert reasons_of(plan, 900) == ["base of run-b (config.yaml)"]


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("checkpoint-50/adapter_config.json",
         '{"base_model_name_or_path": "/scratch/amy/run-a/checkpoint-900", "r": 8}',
         "base of ../run-b/checkpoint-50 (adapter_config.json)"),
        ("checkpoint-50/config.json", '{"_name_or_path":"runs/run-a/checkpoint-900"}',
         "base of ../run-b/checkpoint-50 (config.json)"),
        ("args.yaml", "data: x\n  resume_from_checkpoint: '/old/host/run-a/checkpoint-900/'\n",
         "resume source of ../run-b (args.yaml)"),
        ("config.yaml", "ckpt_path:\n  desc: null\n  value: run-a/checkpoint-900/model.bin\n",
         "resume source of ../run-b (config.yaml)"),
    ],
)  # fmt: skip
def test_where_it_is_stated(file: str, text: str, reason: str, tmp_path: Path):
    run = _runs(tmp_path, file, text)
    plan = make_plan(scan(str(run)), ONE, now=NOW)
    assert reasons_of(plan, 900) == [reason]


@pytest.mark.parametrize(
    "text",
    [
        '{"resume_from_checkpoint": null}',
        '{"resume_from_checkpoint": true}',
        '{"resume_from_checkpoint": "latest"}',
        '{"_name_or_path": "org/model-7b"}',
        '{"resumed_from": "../run-c/checkpoint-900"}',
        '{"resumed_from": "checkpoint-900"}',  # of run-b itself
        '{"note": "resumed_from: run-a"}',
        '{"resumed_from": "../run-a/checkpoint-9000"}',
        "\0\xff",
    ],
)
def test_what_names_nothing_here_keeps_nothing(text: str, tmp_path: Path):
    run = _runs(tmp_path, "config.json", text)
    assert kept_steps(make_plan(scan(str(run)), ONE, now=NOW)) == [1000]


def test_what_a_run_has_itself_gone_on_from_does_not_pile_up(tmp_path: Path):
    hugging_face(tmp_path, [100, 200, 300])
    config = {"_name_or_path": str(tmp_path / "checkpoint-100")}
    (tmp_path / "checkpoint-300/config.json").write_text(json.dumps(config))
    assert kept_steps(make_plan(scan(str(tmp_path)), ONE, now=NOW)) == [300]


def test_of_very_many_folders_beside_it_those_that_changed_last_are_read(tmp_path: Path):
    run = _runs(tmp_path, "config.json", '{"resumed_from": "../run-a/checkpoint-900"}')
    for number in range(150):
        (tmp_path / f"older-{number}").mkdir()
        os.utime(tmp_path / f"older-{number}", (NOW, NOW))
    assert kept_steps(make_plan(scan(str(run)), ONE, now=NOW)) == [900, 1000]


def test_a_folder_beside_it_that_cannot_be_read_is_passed_over(tmp_path: Path):
    run = _runs(tmp_path, "config.json", '{"resumed_from": "../run-a/checkpoint-900"}')
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "run-b/pipe.yaml").symlink_to("/dev/zero")
    assert kept_steps(make_plan(scan(str(run)), ONE, now=NOW)) == [900, 1000]


def test_keys_are_found_in_json_and_yaml():
    text = (
        '{"a": 1, "load_from": "x\\/epoch_3.pth", "resume": true,\n "resumed_from": "b\\u00e9/1"}'
    )
    assert list(named_sources(text)) == [(Need.BASE, "x/epoch_3.pth"), (Need.RESUME, "bé/1")]
    assert list(named_sources("trainer:\n  ckpt_path: runs/a b.ckpt # why\n")) == [
        (Need.RESUME, "runs/a b.ckpt")
    ]
