"""What happens to artifacts of the classes that a policy names, why, and there and back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies import commit, make_plan, scan, undo
from keepstep.policies.catalog.model import Pin, Pointer
from keepstep.policies.compare import compare
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.explain import Explainer
from keepstep.policies.forecast import forecast
from keepstep.policies.plan_file import fit, read_plan_file
from keepstep.policies.plan_json import plan_document
from keepstep.policies.rules.schema import policy_of

from ..tree_snapshot import snapshot
from .trees import hugging_face, set_saved

LONG_AGO = 1_700_000_000.0
NOW = LONG_AGO + 10_000_000
EVERY = ["log", "event", "intermediate", "visualization", "config", "other"]
FILES = {
    "plots/loss.png": "visualization",
    "features.npy": "intermediate",
    "train.log": "log",
    "hparams.yaml": "config",
    "README.md": "other",
    "events.out.tfevents.1.host": "event",
    "events.out.tfevents.2.host": "event",
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    root = tmp_path / "run7"
    hugging_face(
        root, range(100, 600, 100), losses={step: step / 100 for step in range(0, 600, 100)}
    )
    for name in FILES:
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    set_saved(root, LONG_AGO)
    os.utime(root / "events.out.tfevents.2.host", (LONG_AGO + 1, LONG_AGO + 1))
    return root


def _plan(root: Path, classes: list[str], **more: Any) -> Plan:
    document: dict[str, Any] = {"name": "t", "keep": more.pop("keep", [{"last": 3}])}
    if classes:
        document["artifacts"] = classes
    return make_plan(scan(str(root)), policy_of(document, "test"), now=more.pop("now", NOW), **more)


def _why(plan: Plan) -> dict[str, str]:
    explainer = Explainer(plan)
    return {
        one.artifact.path: f"{one.action.value}: {explainer.short_artifact(one)}"
        for one in plan.artifacts
    }


def test_without_a_class_nothing_is_different(run: Path):
    plan = _plan(run, [])
    assert (plan.artifacts, plan.summary.artifacts, plan.summary.going) == ((), 0, 2)
    assert "artifacts" not in plan_document(plan)
    assert "artifacts" not in plan_document(plan)["policy"]


@pytest.mark.parametrize("name", EVERY)
def test_only_the_named_class_is_decided_on(run: Path, name: str):
    plan = _plan(run, [name])
    assert {one.artifact.path for one in plan.artifacts} == {p for p in FILES if FILES[p] == name}
    gone = [one for one in plan.artifacts if one.action is Action.DELETE]
    assert plan.summary.artifacts == len(gone) == 1
    assert f"delete: the policy deletes the files of class {name}" in _why(plan).values()


def test_freed_bytes_and_the_total_count_the_files(run: Path):
    without, with_files = _plan(run, []).summary, _plan(run, ["visualization", "log"]).summary
    size = sum((run / name).stat().st_blocks * 512 for name in ("plots/loss.png", "train.log"))
    assert with_files.freed.certain - without.freed.certain == size
    assert with_files.total_bytes - without.total_bytes == size
    assert (with_files.delete, with_files.keep) == (without.delete, without.keep)


def test_a_file_with_another_name_frees_nothing(run: Path):
    os.link(run / "plots/loss.png", run.parent / "elsewhere.png")
    freed = _plan(run, ["visualization"]).summary.freed
    assert freed.possible > freed.certain


def test_the_newest_event_file_stays(run: Path):
    why = _why(_plan(run, ["event"]))
    assert why["events.out.tfevents.1.host"].startswith("delete: ")
    assert why["events.out.tfevents.2.host"] == (
        "keep: the newest event file of its folder: it may still be written"
    )


def test_what_was_just_written_stays(run: Path):
    os.utime(run / "train.log", (NOW - 14 * 60, NOW - 14 * 60))
    os.utime(run / "plots/loss.png", (NOW - 16 * 60, NOW - 16 * 60))
    os.utime(run / "features.npy", (NOW + 3600, NOW + 3600))
    why = _why(_plan(run, ["log", "visualization", "intermediate"]))
    assert why["train.log"] == "keep: written in the last 15 minutes"
    assert why["plots/loss.png"].startswith("delete: ")
    assert why["features.npy"].startswith("keep: "), "from the future: a clock is wrong"


def test_what_something_that_stays_needs_stays(run: Path):
    (run / "latest").symlink_to("plots/loss.png")
    (run / "model.safetensors").write_bytes((run / "checkpoint-100/model.safetensors").read_bytes())
    pins = {"train.log": Pin("train.log")}
    why = _why(_plan(run, ["visualization", "config", "log"], pins=pins))
    assert why == {
        "plots/loss.png": "keep: latest points to it",
        "hparams.yaml": "keep: the final model beside it needs it",
        "train.log": "keep: pinned",
    }


def test_what_names_a_checkpoint_stays(run: Path):
    pointer = Pointer("train.log", "checkpoint-100", "checkpoint-100")
    catalog = replace(scan(str(run)), pointers=(pointer,))
    policy = policy_of({"keep": [{"last": 3}], "artifacts": ["log"]}, "test")
    assert _why(make_plan(catalog, policy, now=NOW)) == {
        "train.log": "keep: it says which checkpoint is meant: checkpoint-100"
    }


def test_logs_stay_where_the_policy_asks_for_a_metric(run: Path):
    best = [{"best": {"metric": "eval_loss", "mode": "min", "count": 1}}]
    why = _why(_plan(run, ["log", "event", "visualization"], keep=best))
    assert why["train.log"] == "keep: the policy may need it to know eval_loss"
    assert why["events.out.tfevents.1.host"].startswith("keep: ")
    assert why["plots/loss.png"].startswith("delete: ")


def test_a_folder_stays(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    (tmp_path / "wandb" / "offline-run-20251121_101010-abc").mkdir(parents=True)
    assert set(_why(_plan(tmp_path, ["log"])).values()) == {
        "keep: no single file; a policy deletes only those by their class"
    }


def test_the_keys_of_the_json(run: Path):
    document = plan_document(_plan(run, ["event"]))
    assert document["policy"]["artifacts"] == ["event"]
    for one in document["artifacts"]:
        assert set(one) == {"path", "class", "action", "reasons", "bytes", "identity"}
    gone, kept = document["artifacts"]
    assert (gone["action"], kept["action"]) == ("delete", "keep")
    assert [set(one) for one in gone["reasons"]] == [{"rule", "text"}]
    assert [set(one) for one in kept["reasons"]] == [{"protection", "text"}]
    assert plan_document(_plan(run, ["intermediate"]))["artifacts"]
    (run / "features.npy").unlink()
    assert plan_document(_plan(run, ["intermediate"]))["artifacts"] == []


def test_there_and_back_byte_for_byte(run: Path):
    before = snapshot(run)
    result = commit(_plan(run, EVERY), clock=lambda: NOW)
    assert (len(result.trashed), result.files, result.skipped) == (8, 6, ())
    assert (run / "events.out.tfevents.2.host").exists()
    assert not (run / "plots/loss.png").exists()
    back = undo(str(run))
    assert (len(back.restored), back.files) == (8, 6)
    assert snapshot(run) == before


def test_changed_since_the_plan_is_left_alone(run: Path):
    plan = _plan(run, ["visualization", "log", "intermediate", "other"])
    (run / "plots/loss.png").write_text("drawn again, long ago")
    set_saved(run / "plots/loss.png", LONG_AGO)
    (run / "train.log").unlink()
    os.utime(run / "features.npy", (NOW, NOW))
    result = commit(plan, clock=lambda: NOW)
    assert {one.id: one.why for one in result.skipped} == {
        "plots/loss.png": "changed since the plan",
        "train.log": "vanished",
        "features.npy": "changed since the plan",
    }
    assert "README.md" in result.trashed


def test_what_became_something_else_is_left_alone(run: Path):
    plan = _plan(run, ["visualization", "event"])
    (run / "plots/loss.png").unlink()
    (run / "plots/loss.png").mkdir()
    (run / "events.out.tfevents.2.host").unlink()
    result = commit(plan, clock=lambda: NOW)
    why = {one.id: one.why for one in result.skipped}
    assert why["plots/loss.png"] == "changed since the plan"
    assert why["events.out.tfevents.1.host"].startswith("now protected: the newest event file")


def test_a_plan_file_carries_them(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan_document(_plan(run, ["visualization", "log", "other"]))))
    (run / "train.log").write_text("more")
    set_saved(run / "train.log", LONG_AGO)
    (run / "README.md").unlink()
    (run / "new.png").write_text("newer than the plan")
    set_saved(run / "new.png", LONG_AGO)
    fitted = fit(read_plan_file(str(file)), scan(str(run)), now=NOW)
    assert dict(fitted.skipped) == {
        "train.log": "changed since the plan",
        "README.md": "vanished since the plan",
    }
    assert [one.id for one in fitted.plan.doomed if one.artifact] == ["plots/loss.png"]
    assert _why(fitted.plan)["new.png"].startswith("keep: the plan file does not delete it")
    assert fitted.plan.summary.artifacts == 1


def test_compared_with_the_same_policy_without_classes(run: Path):
    catalog = scan(str(run))
    rules = {"keep": [{"last": 3}]}
    policies = (policy_of({**rules, **more}, "t") for more in ({}, {"artifacts": ["log"]}))
    first, second = (make_plan(catalog, policy, now=NOW) for policy in policies)
    found = compare(first, second)
    assert [one.path for one in found.files_only_first] == ["train.log"]
    assert found.files_only_second == ()
    assert found.bytes_only_first.certain == (run / "train.log").stat().st_blocks * 512
    assert not found.same
    assert compare(second, second).same


def test_a_forecast_is_of_checkpoints_alone(run: Path):
    for order in range(1, 6):
        set_saved(run / f"checkpoint-{order}00", LONG_AGO + order * 3600)
    assert forecast(_plan(run, EVERY)) == forecast(_plan(run, []))
