"""How others lost a best, a last or a resume source, each on a real disk: here it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from keepstep.policies import commit, make_plan, scan
from keepstep.policies.catalog.model import State
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import LastRule
from keepstep.policies.rules.rule import Rule

from ..tree_snapshot import snapshot
from .catalogs import NOW, kept_steps, policy, reasons_of
from .trees import hugging_face, safetensors, set_saved, torch_zip

BEST = BestRule("eval_loss", "min")


def _plan(root: Path, *rules: Rule, marks: frozenset[str] = frozenset()) -> Plan:
    return make_plan(scan(str(root)), policy(*(rules or (LastRule(1),))), marks=marks, now=NOW)


def _kept(plan: Plan) -> set[str]:
    return {d.checkpoint.id for d in plan.decisions if d.action is Action.KEEP}


def test_the_target_of_last_checkpoint_stays_after_a_restart(tmp_path: Path):
    """fvcore#25: files of the run before were counted, and what it pointed to was deleted."""
    for step in (999, 1999, 2999):
        torch_zip(tmp_path / f"model_{step:07d}.pth")
    (tmp_path / "last_checkpoint").write_text("model_0000999.pth")
    assert kept_steps(_plan(tmp_path)) == [999, 2999]


def test_a_limit_of_one_leaves_the_best_and_the_newest(tmp_path: Path):
    """transformers#25129: at the end of training all checkpoints were deleted."""
    hugging_face(tmp_path, [500, 1000], best=str(tmp_path / "checkpoint-500"))
    assert kept_steps(_plan(tmp_path)) == [500, 1000]


def test_pruning_one_run_touches_no_other_that_it_names(tmp_path: Path):
    """Lightning#11379: resuming deleted checkpoints in the run that it came from."""
    hugging_face(tmp_path / "a", [900, 1000])
    hugging_face(tmp_path / "b", [1100, 1200, 1300], best=str(tmp_path / "a/checkpoint-900"))
    config = json.dumps({"resumed_from": str(tmp_path / "a/checkpoint-900")})
    (tmp_path / "b/config.json").write_text(config)
    before = snapshot(tmp_path / "a")
    assert len(commit(_plan(tmp_path / "b")).trashed) == 2
    assert snapshot(tmp_path / "a") == before
    assert kept_steps(_plan(tmp_path / "a")) == [900, 1000]


def test_the_best_of_an_earlier_session_stays_the_best(tmp_path: Path):
    """keras#12803: after a restart the best began anew, and a worse one took its place."""
    hugging_face(tmp_path, [200, 800, 900], losses={200: 0.10, 800: 0.35, 900: 0.30})
    assert kept_steps(_plan(tmp_path, LastRule(1), BEST)) == [200, 900]


def test_a_best_pointer_and_the_metrics_that_disagree_both_count(tmp_path: Path):
    """mmengine#1166: the pointer was one save behind, and the better one went."""
    hugging_face(tmp_path, [200, 400, 600], losses={200: 0.5, 400: 0.1, 600: 0.3},
                 best=str(tmp_path / "checkpoint-200"))  # fmt: skip
    assert kept_steps(_plan(tmp_path, LastRule(1), BEST)) == [200, 400, 600]


def test_a_torn_newest_is_not_the_newest_complete(tmp_path: Path):
    """transformers#35580: training resumed from the highest number, whose files were missing."""
    hugging_face(tmp_path, [100, 200])
    (tmp_path / "checkpoint-200/trainer_state.json").unlink()
    plan = _plan(tmp_path)
    assert kept_steps(plan) == [100, 200]
    assert "newest complete of its series" in reasons_of(plan, 100)


def test_an_unfinished_last_is_never_deleted_by_policy(tmp_path: Path):
    """NeMo#10228: the unfinished last was skipped and deleted; training began from nothing."""
    for step in (10, 20, 30):
        torch_zip(tmp_path / f"m--val_loss=0.5-step={step}.ckpt")
    torch_zip(tmp_path / "m--val_loss=0.5-step=30-last.ckpt")
    (tmp_path / "m--val_loss=0.5-step=30-last-unfinished").write_text("")
    plan = _plan(tmp_path)
    assert "m--val_loss=0.5-step=30-last.ckpt" in _kept(plan)
    assert "m--val_loss=0.5-step=30.ckpt" in _kept(plan)


@pytest.mark.parametrize("missing_in", [[100, 200, 300], [200]])
def test_a_missing_commit_marker_alone_is_no_proof_of_garbage(
    missing_in: list[int], tmp_path: Path
):
    """orbax#394: copies without the marker were taken for temporary ones and deleted."""
    for step in (100, 200, 300):
        folder = tmp_path / str(step)
        (folder / "default").mkdir(parents=True)
        (folder / "_CHECKPOINT_METADATA").write_text('{"commit_timestamp_nsecs": 1}')
        (folder / "default/_METADATA").write_text("{}")
        (folder / "default/manifest.ocdbt").write_bytes(b"x")
        if step not in missing_in:
            (folder / "commit_success.txt").write_text("")
    kept = _kept(_plan(tmp_path))
    assert "300" in kept
    assert len(missing_in) > 1 or "200" in kept


def test_a_last_one_full_of_nan_costs_no_older_one_its_life(tmp_path: Path):
    """ultralytics#23327: the last was all NaN, and nothing good was left to go back to."""
    nan = float("nan")
    hugging_face(tmp_path, [300, 400, 500], losses={300: 0.4, 400: 0.2, 500: nan})
    assert kept_steps(_plan(tmp_path, LastRule(1), BEST)) == [400, 500]


def test_temporary_directories_are_not_garbage_because_they_are_there(tmp_path: Path):
    """Orbax, NeMo: any process that started removed what another was still writing."""
    for name in ("100", "200", "300.orbax-checkpoint-tmp"):
        folder = tmp_path / name
        (folder / "default").mkdir(parents=True)
        (folder / "_CHECKPOINT_METADATA").write_text('{"commit_timestamp_nsecs": 1}')
        (folder / "default/_METADATA").write_text("{}")
        (folder / "default/manifest.ocdbt").write_bytes(b"x")
    torn = frozenset({"300.orbax-checkpoint-tmp"})
    set_saved(tmp_path / "300.orbax-checkpoint-tmp", NOW - 60)
    assert _kept(_plan(tmp_path, marks=torn)) == {"200", *torn}
    set_saved(tmp_path / "300.orbax-checkpoint-tmp", NOW - 7 * 86400)
    assert _kept(_plan(tmp_path)) == {"200", *torn}  # offered to a hand, never to a policy
    assert _kept(_plan(tmp_path, marks=torn)) == {"200"}


def test_latest_that_was_published_before_its_files(tmp_path: Path):
    """composer#3376: the link was there first, and what it replaced had gone."""
    hugging_face(tmp_path, [100, 200, 300])
    (tmp_path / "checkpoint-300/trainer_state.json").unlink()
    (tmp_path / "latest").symlink_to("checkpoint-300")
    plan = _plan(tmp_path)
    assert kept_steps(plan) == [200, 300]
    assert next(d for d in plan.decisions if d.checkpoint.step == 300).protected


def test_a_blob_that_two_checkpoints_share_stays(tmp_path: Path):
    """huggingface_hub#4498: a shared blob went while another snapshot still led to it."""
    hugging_face(tmp_path, [100, 200])
    (tmp_path / "blobs").mkdir()
    safetensors(tmp_path / "blobs/abc")
    for step in (100, 200):
        weights = tmp_path / f"checkpoint-{step}/model.safetensors"
        weights.unlink()
        weights.symlink_to("../blobs/abc")
    plan = _plan(tmp_path)
    assert [d.checkpoint.state for d in plan.decisions] == [State.COMPLETE] * 2
    assert commit(plan).trashed == ("checkpoint-100",)
    assert (tmp_path / "checkpoint-200/model.safetensors").read_bytes()
