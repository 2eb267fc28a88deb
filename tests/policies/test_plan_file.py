"""A plan written, read back, and fitted to a directory that has moved on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from keepstep.policies import Refusal, make_plan, scan
from keepstep.policies.catalog.model import Pin
from keepstep.policies.json_text import dumps
from keepstep.policies.plan_file import Fitted, fit, read_plan_file
from keepstep.policies.plan_json import document_hash, plan_document
from keepstep.policies.rules.counts import LastRule

from .catalogs import NOW, kept_steps, policy
from .trees import hugging_face


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A run of 100 to 600, and the file of a plan that keeps the last two."""
    hugging_face(tmp_path / "run", range(100, 601, 100))
    plan = make_plan(scan(str(tmp_path / "run")), policy(LastRule(2)), now=NOW)
    file = tmp_path / "plan.json"
    file.write_text(dumps(plan_document(plan)))
    return file


def _fit(file: Path, pins: dict[str, Pin] | None = None) -> Fitted:
    read = read_plan_file(str(file))
    return fit(read, scan(read.root), pins=pins, now=NOW)


def test_an_unchanged_directory_fits_wholly(written: Path):
    fitted = _fit(written)
    assert fitted.skipped == ()
    assert kept_steps(fitted.plan) == [500, 600]


def test_what_changed_vanished_or_is_kept_now_is_skipped_and_told(written: Path):
    run = written.parent / "run"
    (run / "checkpoint-100" / "config.json").write_text("{ }")
    shutil.rmtree(run / "checkpoint-200")
    fitted = _fit(written, pins={"checkpoint-300": Pin("checkpoint-300", note="mine")})
    assert fitted.skipped == (
        ("checkpoint-100", "changed since the plan"),
        ("checkpoint-200", "vanished since the plan"),
        ("checkpoint-300", "now kept: pinned: mine"),
    )
    assert kept_steps(fitted.plan) == [100, 300, 500, 600]


def test_checkpoints_saved_since_are_not_deleted(written: Path):
    hugging_face(written.parent / "run", [700, 800, 900])
    assert kept_steps(_fit(written).plan) == [500, 600, 700, 800, 900]


def test_what_stays_because_it_is_new_keeps_its_base(tmp_path: Path):
    hugging_face(tmp_path / "run" / "base", range(100, 401, 100))
    hugging_face(tmp_path / "run" / "lora", [20])
    plan = make_plan(scan(str(tmp_path / "run")), policy(LastRule(1)), now=NOW)
    file = tmp_path / "plan.json"
    file.write_text(dumps(plan_document(plan)))
    hugging_face(tmp_path / "run" / "lora", [10])  # the policy would let it go with its base
    written = {"base_model_name_or_path": "../base/checkpoint-100"}
    (tmp_path / "run/lora/checkpoint-10/adapter_config.json").write_text(json.dumps(written))
    fitted = _fit(file)
    assert kept_steps(fitted.plan) == [100, 400, 10, 20]
    assert fitted.skipped == (
        ("base/checkpoint-100", "now kept: base of lora/checkpoint-10 (adapter_config.json)"),
    )


def test_when_the_newest_vanish_what_is_left_is_kept(written: Path):
    for step in (500, 600):
        shutil.rmtree(written.parent / "run" / f"checkpoint-{step}")
    fitted = _fit(written)
    assert kept_steps(fitted.plan) == [300, 400]
    assert [name for name, _ in fitted.skipped] == ["checkpoint-300", "checkpoint-400"]


def test_a_hand_mark_travels(tmp_path: Path):
    hugging_face(tmp_path, [100, 200, 300])
    marks = frozenset({"checkpoint-200"})
    plan = make_plan(scan(str(tmp_path)), policy(LastRule(3)), marks=marks, now=NOW)
    file = tmp_path / "plan.json"
    file.write_text(dumps(plan_document(plan)))
    assert kept_steps(_fit(file).plan) == [100, 300]


def _edit(file: Path, **fields: object) -> None:
    document = json.loads(file.read_text()) | fields
    document["hash"] = document_hash(document)
    file.write_text(json.dumps(document))


def test_an_edited_file_is_refused(written: Path):
    written.write_text(written.read_text().replace('"keep"', '"delete"', 1))
    with pytest.raises(Refusal, match=r"plan\.json: hash: the file was changed"):
        read_plan_file(str(written))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"format": "keepstep/scan"}, "format: not a keepstep plan"),
        ({"version": 2}, "format: not a keepstep plan of version 1"),
        ({"root": "run"}, "root: must be an absolute path"),
        ({"root": 7}, "root: must be an absolute path"),
        ({"decisions": [{"id": 7}]}, "decisions: Expected `str`, got `int`"),
        ({"decisions": None}, "decisions: Expected `array`, got `null`"),
        ({"policy": {"keep": [{"last": 0}]}}, "keep[0].last: must be at least 1"),
        ({"policy": "balanced"}, "must be a mapping"),
    ],
)
def test_a_file_of_the_wrong_shape_is_refused(written: Path, fields: dict, sentence: str):
    _edit(written, **fields)
    with pytest.raises(Refusal) as refused:
        read_plan_file(str(written))
    assert sentence in str(refused.value)
    assert "plan.json" in str(refused.value)


def test_a_file_without_its_policy_is_refused(written: Path):
    document = json.loads(written.read_text())
    del document["policy"], document["hash"]
    written.write_text(json.dumps(document))
    _edit(written)
    with pytest.raises(Refusal, match=r"plan\.json: policy: is missing"):
        read_plan_file(str(written))


@pytest.mark.parametrize("text", ["", "nothing", "[]", "{", "\x00"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str):
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(Refusal, match=r"p\.json: "):
        read_plan_file(str(tmp_path / "p.json"))
