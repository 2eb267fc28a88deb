"""How checkpoint cleanup has gone wrong elsewhere, and what happens here instead.

Each incident is a test of this file, or stands in `ELSEWHERE` beside the test that holds it, or in
`NOT_HERE` with the reason why there is none.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.purge import purge
from keepstep.policies.commit.undo import undo
from keepstep.policies.decisions import Action, Plan
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.refusal import PolicyRefusal
from keepstep.policies.rules.schema import policy_of

from .catalog.planting import plant
from .trees import hugging_face, set_saved, torch_zip

TESTS = Path(__file__).parents[1]
DAY = 86_400
NOW = 1_800_000_000.0
BEST = {"best": {"metric": "eval_loss", "mode": "min", "count": 1}}

# Incident -> the test that holds its property.
ELSEWHERE = {
    "Lightning#1150: killed between deleting the old and saving the new": (
        "policies/commit/test_kills.py::test_commit_killed_at_every_call"
    ),
    "composer#686, capi#9: one that vanishes while it is listed": (
        "policies/commit/test_between_plan_and_commit.py"
        "::test_vanished_and_changed_are_skipped_and_the_rest_goes_on"
    ),
    "torchtitan#4197: staged and abandoned directories were counted": (
        "policies/rules/test_properties.py::test_incomplete_ones_fill_no_slot_and_are_not_deleted"
    ),
    "transformers#20988: every node deletes, and one trips over the other": (
        "policies/commit/test_refusals.py::test_racing_commits_move_everything_once"
    ),
    "transformers#17265, qlora-pipe#54: a directory that NFS does not empty": (
        "policies/commit/test_round_trip.py::test_purge_reports_nfs_leftovers_as_pending"
    ),
    "awsome-distributed-ai#1225: no space although there is some": (
        "policies/commit/test_refusals.py::test_a_full_disk_is_refused_or_served_from_the_reserve"
    ),
    "determined#7967: the record goes before the files": (
        "policies/commit/test_kills.py::test_purge_killed_at_every_call"
    ),
    "dua-cli#24: an interactive delete followed a link": (
        "policies/commit/test_round_trip.py::test_purge_frees_and_follows_no_link"
    ),
    "npkill#9, npkill#81: a home directory as the root": (
        "policies/commit/test_refusals.py::test_homes_and_what_holds_them_are_refused"
    ),
    "Soup#22: a link takes the place between the look and the delete": (
        "policies/commit/test_between_plan_and_commit.py"
        "::test_a_link_in_place_of_a_checkpoint_is_not_followed"
    ),
    "google-drive-ocamlfuse#512: deleted but open, so nothing is free": (
        "policies/commit/test_recovery_told.py::test_a_purge_says_who_holds_what_it_deleted"
    ),
    "uv#20546: more freed than the disk holds, by hard links": (
        "policies/commit/test_recovery_told.py::test_a_purge_says_what_other_links_keep"
    ),
    "Lightning#19844: an accuracy was minimised by default": (
        "policies/rules/test_direction.py::test_unknown_is_never_guessed"
    ),
    "fvcore#25: the target of last_checkpoint": (
        "policies/test_incidents.py::test_the_target_of_last_checkpoint_stays_after_a_restart"
    ),
    "transformers#25129: a limit of one deleted all": (
        "policies/test_incidents.py::test_a_limit_of_one_leaves_the_best_and_the_newest"
    ),
    "Lightning#11379: resuming deleted in another run": (
        "policies/test_incidents.py::test_pruning_one_run_touches_no_other_that_it_names"
    ),
    "keras#12803, tf-keras#430: best began anew": (
        "policies/test_incidents.py::test_the_best_of_an_earlier_session_stays_the_best"
    ),
    "mmengine#1166: a best pointer one save behind": (
        "policies/test_incidents.py::test_a_best_pointer_and_the_metrics_that_disagree_both_count"
    ),
    "transformers#35580: the newest had files missing": (
        "policies/test_incidents.py::test_a_torn_newest_is_not_the_newest_complete"
    ),
    "NeMo Speech#10228: an unfinished last was deleted": (
        "policies/test_incidents.py::test_an_unfinished_last_is_never_deleted_by_policy"
    ),
    "orbax#394: no marker, so taken for garbage": (
        "policies/test_incidents.py::test_a_missing_commit_marker_alone_is_no_proof_of_garbage"
    ),
    "ultralytics#23327: the last full of NaN": (
        "policies/test_incidents.py::test_a_last_one_full_of_nan_costs_no_older_one_its_life"
    ),
    "orbax, NeMo: temporary names removed at start": (
        "policies/test_incidents.py::test_temporary_directories_are_not_garbage_because_they_are_there"
    ),
    "composer#3376: latest before its files": (
        "policies/test_incidents.py::test_latest_that_was_published_before_its_files"
    ),
    "huggingface_hub#4498, #4550: a shared blob": (
        "policies/test_incidents.py::test_a_blob_that_two_checkpoints_share_stays"
    ),
    "Lightning#17189, ray#7412: a resume source was deleted": (
        "policies/test_resume_sources.py::test_the_resume_source_of_a_run_beside_this_one_stays"
    ),
    "wandb#8781, ms-swift#6392: a limited run still fills the disk": (
        "policies/test_forecast.py::test_the_forecast_is_what_the_rules_will_do"
    ),
}

NOT_HERE = {
    "determined#4316: a registry outside the run names checkpoints": (
        "registries are not asked; a pin, a link or a pointer file holds what they name"
    ),
    "wandb#1721: files go while an upload runs": (
        "no framework marks an upload on disk; what a process has open stays"
    ),
    "trl#2787, maxtext#3488, verl#4873: hooks inside the training loop": (
        "the loop is not hooked here; a commit is the act of one process, under a lock"
    ),
}


def _plan(root: Path, *rules: dict[str, Any], **more: Any) -> Plan:
    policy = policy_of({"name": "t", "keep": list(rules), **more}, "test")
    return make_plan(scan(str(root)), policy, now=NOW)


def _doomed(plan: Plan) -> set[str]:
    return {one.id for one in plan.doomed}


def _steps(plan: Plan) -> list[int | None]:
    return [d.checkpoint.step for d in plan.decisions if d.action is Action.KEEP]


def _why(plan: Plan, name: str) -> str:
    return Explainer(plan).short(next(d for d in plan.decisions if d.checkpoint.id == name))


def test_the_tests_named_here_exist():
    for incident, where in ELSEWHERE.items():
        path, _, name = where.partition("::")
        tree = ast.parse((TESTS / path).read_text())
        names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert name in names, incident
    assert all(NOT_HERE.values())


# --- Wrong order, wrong victim


def test_a_file_time_of_1970_condemns_nothing(tmp_path: Path):
    """transformers#26961: the newest was deleted seconds after it was saved."""
    hugging_face(tmp_path, [400, 600, 800, 1000])
    set_saved(tmp_path / "checkpoint-1000", 0)
    assert _doomed(_plan(tmp_path, {"last": 3})) == {"checkpoint-400"}


def test_a_new_run_in_a_used_directory_keeps_its_first_save(tmp_path: Path):
    """transformers#37260: a fresh checkpoint-100 went at once, 500 and more being "newer"."""
    hugging_face(tmp_path, [500, 600, 700], losses={100: 0.9, 500: 0.5, 600: 0.4, 700: 0.3})
    for step in (500, 600, 700):
        set_saved(tmp_path / f"checkpoint-{step}", NOW - 10 * DAY + step)
    hugging_face(tmp_path / "x", [100])
    (tmp_path / "x" / "checkpoint-100").rename(tmp_path / "checkpoint-100")
    set_saved(tmp_path / "checkpoint-100", NOW - DAY)
    plan = _plan(tmp_path, {"last": 2})
    assert "checkpoint-100" not in _doomed(plan)


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ([f"checkpoint-{n}/" for n in range(9000, 10100, 100)],
         ["checkpoint-9900", "checkpoint-10000"]),
        ([f"epoch_{n}.pth" for n in (9, 10, 99, 100)], ["epoch_99.pth", "epoch_100.pth"]),
        (
            [f"model.ckpt-{n}.{part}" for n in (9, 10, 1234, 456)
             for part in ("index", "data-00000-of-00001", "meta")],
            ["model.ckpt-456", "model.ckpt-1234"],
        ),
        (["rl_model_900_steps.zip", "rl_model_1000_steps.zip", "rl_model_9000_steps.zip"],
         ["rl_model_1000_steps", "rl_model_9000_steps"]),
    ],
)  # fmt: skip
def test_order_is_by_number_in_every_family(tmp_path: Path, names: list[str], kept: list[str]):
    """transformers#27138, rl-baselines3-zoo#142, IsaacLab#3933, accelerate#1163, FARM#282."""
    if names[0].endswith("/"):
        hugging_face(tmp_path, [int(name[:-1].rpartition("-")[2]) for name in names])
    else:
        plant(tmp_path, *names)
    plan = _plan(tmp_path, {"last": 2})
    found = [d.checkpoint.id for d in plan.decisions if d.action is Action.KEEP]
    assert found == kept


def test_a_copy_that_kept_its_old_times_is_not_too_old(tmp_path: Path):
    """docker-mc-backup#174: made today, "older than two days" by its times, pruned on the spot."""
    hugging_face(tmp_path, [900])
    set_saved(tmp_path / "checkpoint-900", NOW - 30 * DAY)
    assert _doomed(_plan(tmp_path, {"within": "2d"})) == set()


def test_near_names_are_nobodys_steps(tmp_path: Path):
    """A pattern without an end took checkpoint-500-backup for step 500."""
    hugging_face(tmp_path, [500, 600])
    for name in ("checkpoint-500-backup", "checkpoint-500.bak", "old-checkpoint-500"):
        shutil.copytree(tmp_path / "checkpoint-500", tmp_path / name)
    assert _doomed(_plan(tmp_path, {"last": 1})) == {"checkpoint-500"}


# --- Best, last or resume source deleted


def test_best_and_newest_are_kept_beside_each_other(tmp_path: Path):
    """transformers#11748: the best took the place of the last, which was deleted."""
    losses = {100: 0.1, 200: 0.9, 300: 0.8, 400: 0.7, 500: 0.6}
    hugging_face(tmp_path, losses, losses=losses)
    assert _steps(_plan(tmp_path, {"last": 2}, BEST)) == [100, 400, 500]


def test_a_missing_metric_outranks_nothing(tmp_path: Path):
    """Keras: with the monitored value missing the best file was overwritten anyway."""
    hugging_face(tmp_path, [100, 200, 300, 400], losses={100: 0.5, 200: 0.1, 400: 0.3})
    plan = _plan(tmp_path, BEST)
    assert _doomed(plan) == {"checkpoint-100"}
    assert "unknown" in _why(plan, "checkpoint-300")


def test_the_k_best_of_all_and_not_those_that_once_were(tmp_path: Path):
    """fairseq#2195: kept the k that were best when they were saved."""
    hugging_face(tmp_path, [1, 2, 3, 4], losses={1: 2.0, 2: 6.0, 3: 4.0, 4: 1.0})
    best = {"best": {"metric": "eval_loss", "mode": "max", "count": 2}}
    assert _steps(_plan(tmp_path, best)) == [2, 3, 4]  # 4 is the newest


def test_every_run_is_judged_by_itself(tmp_path: Path):
    """determined#7523: only the latest trial kept its checkpoints."""
    for run in ("a", "b", "c"):
        hugging_face(
            tmp_path / run, range(100, 600, 100), losses={s: s / 1000 for s in range(100, 600, 100)}
        )
    plan = _plan(tmp_path, {"last": 1}, BEST)
    assert {d.checkpoint.id for d in plan.decisions if d.action is Action.KEEP} == {
        f"{run}/checkpoint-{step}" for run in ("a", "b", "c") for step in (100, 500)
    }


def test_the_last_one_can_be_the_best(tmp_path: Path):
    """yolov5#542: the best of the final epoch was never taken for it."""
    hugging_face(tmp_path, [100, 200], losses={100: 0.5, 200: 0.1})
    reasons = Explainer(plan := _plan(tmp_path, {"last": 1}, BEST)).short(plan.decisions[-1])
    assert _steps(plan) == [200]
    assert "newest" in reasons
    assert "best" in reasons


def test_saving_a_lower_step_again_deletes_no_higher_one(tmp_path: Path):
    """flax#1120: saving step 300 again deleted all that were newer."""
    hugging_face(tmp_path, range(100, 1000, 100))
    for step in range(100, 1000, 100):
        set_saved(tmp_path / f"checkpoint-{step}", NOW - 9 * DAY + step)
    set_saved(tmp_path / "checkpoint-300", NOW - DAY)
    assert _doomed(_plan(tmp_path, {"last": 9})) == set()


# --- Partial or corrupt newest


def test_failed_saves_do_not_rotate_the_good_ones_away(tmp_path: Path):
    """rsnapshot#33: ten failures in a row, and each rotation deleted a good one."""
    hugging_face(tmp_path, range(100, 600, 100))
    for day, step in enumerate(range(600, 1600, 100)):
        folder = tmp_path / f"checkpoint-{step}"
        shutil.copytree(tmp_path / "checkpoint-500", folder)
        (folder / "trainer_state.json").unlink()
        set_saved(folder, NOW - (20 - day) * DAY)
        commit(_plan(tmp_path, {"last": 3}))
    whole = [one.step for one in scan(str(tmp_path)).checkpoints if one.state == "complete"]
    assert whole == [300, 400, 500]


def test_an_unfinished_one_takes_nobodys_day(tmp_path: Path):
    """borg#997: the interrupted archive of a day was kept, and the complete one deleted."""
    hugging_face(tmp_path, [100, 200, 300])
    set_saved(tmp_path / "checkpoint-100", NOW - 5 * DAY)
    set_saved(tmp_path / "checkpoint-200", NOW - 3 * DAY)
    (tmp_path / "checkpoint-300" / "trainer_state.json").unlink()
    set_saved(tmp_path / "checkpoint-300", NOW - 3 * DAY + 7200)
    assert 200 in _steps(_plan(tmp_path, {"daily": 1}))


def test_nan_is_never_the_best(tmp_path: Path):
    """Lightning#1008, Lightning#2636: after one NaN nothing was ever better."""
    losses = {100: 0.9, 200: float("nan"), 300: 0.5, 400: 0.7}
    hugging_face(tmp_path, losses, losses=losses)
    best = {"best": {"metric": "eval_loss", "mode": "min", "count": 1, "missing": "drop"}}
    assert _steps(_plan(tmp_path, best)) == [300, 400]


def test_nothing_but_nan_chooses_nothing(tmp_path: Path):
    """ray#23820: NaN was sorted anywhere, so any one was the best."""
    nan = float("nan")
    hugging_face(tmp_path, [100, 200, 300], losses={100: nan, 200: nan, 300: nan})
    with pytest.raises(PolicyRefusal, match="nowhere finite"):
        _plan(tmp_path, BEST)


def test_a_checkpoint_without_metrics_is_no_error(tmp_path: Path):
    """sleap-nn#692: NaN was dropped, the key was absent, and the run crashed."""
    hugging_face(tmp_path, [100, 200, 300], losses={300: 0.5})
    assert _steps(_plan(tmp_path, BEST)) == [100, 200, 300]


# --- Names, links, sizes


def test_files_and_directories_of_one_name(tmp_path: Path):
    """prime-rl#933: unlink was called on a directory."""
    hugging_face(tmp_path, [100, 200])
    for step in (1, 2, 3):
        torch_zip(tmp_path / f"epoch_{step}.pth")
    before = sorted(os.listdir(tmp_path))
    assert len(commit(_plan(tmp_path, {"last": 1})).trashed) == 3
    undo(str(tmp_path))
    assert sorted(set(os.listdir(tmp_path)) - {".keepstep"}) == before
    commit(_plan(tmp_path, {"last": 1}))
    assert purge(str(tmp_path)).pending == ()
    assert sorted(set(os.listdir(tmp_path)) - {".keepstep"}) == ["checkpoint-200", "epoch_3.pth"]


def test_what_is_not_recognised_stays(tmp_path: Path):
    """snapper#649, tensorflow#34234: what somebody else had written was deleted."""
    hugging_face(tmp_path, [100, 200])
    plant(tmp_path, "thesis/chapter1.tex", "notes.bin", "theirs/data.npz")
    commit(_plan(tmp_path, {"last": 1}))
    assert {"thesis", "notes.bin", "theirs"} <= set(os.listdir(tmp_path))


def test_a_file_of_nothing_frees_nothing(tmp_path: Path):
    """util-linux#4565: sparse files were counted by their length."""
    hugging_face(tmp_path, [100, 200])
    with open(tmp_path / "checkpoint-100" / "hole.bin", "wb") as file:
        file.truncate(5 << 30)
    freed = _plan(tmp_path, {"last": 1}).summary.freed
    assert freed.possible < 1 << 20
    assert freed.apparent > 5 << 30


def test_a_file_of_two_checkpoints_frees_with_the_second(tmp_path: Path):
    """uv#18779: hard links were counted as often as they had names."""
    hugging_face(tmp_path, [100, 200, 300])
    big = tmp_path / "checkpoint-100" / "shared.bin"
    big.write_bytes(os.urandom(4 << 20))
    os.link(big, tmp_path / "checkpoint-200" / "shared.bin")
    one = _plan(tmp_path, {"steps": [200]}).summary.freed
    both = _plan(tmp_path, {"last": 1}).summary.freed
    assert one.certain < 1 << 20 < one.possible
    assert 4 << 20 < both.certain < 5 << 20


# --- Kept too many, or never cleaned


def test_a_new_process_knows_what_an_old_one_saved(tmp_path: Path):
    """composer#2087: the list was in memory, and lost when training was resumed."""
    hugging_face(tmp_path, range(100, 3100, 100))
    commit(_plan(tmp_path, {"last": 3}))
    assert _steps(_plan(tmp_path, {"last": 3})) == [2800, 2900, 3000]


def test_a_lower_limit_is_reached_at_once(tmp_path: Path):
    """tensorflow#18249: one deletion for each save, so a hundred stayed a hundred."""
    hugging_face(tmp_path, range(100))
    assert len(commit(_plan(tmp_path, {"last": 5})).trashed) == 95
    assert commit(_plan(tmp_path, {"last": 5})).trashed == ()


def test_what_retention_does_not_see_is_listed(tmp_path: Path):
    """fairseq#2379: a suffix switched retention off, and nobody was told."""
    plant(tmp_path, "mymodel_final_v2.pt", "odd/name-a.bin")
    catalog = scan(str(tmp_path))
    named = {*catalog.unrecognised, *(one.path for one in catalog.artifacts)}
    assert any("mymodel_final_v2.pt" in name for name in named)


@pytest.mark.parametrize("count", [0, -1])
def test_none_is_no_number_to_keep(tmp_path: Path, count: int):
    """SimpleTuner#2989: a limit of 0 deleted everything."""
    with pytest.raises(PolicyRefusal, match="last"):
        _plan(tmp_path, {"last": count})


def test_without_a_policy_nothing_goes(tmp_path: Path):
    """tensorflow#7946: a default of five surprised its user."""
    hugging_face(tmp_path, range(100, 1100, 100))
    assert make_plan(scan(str(tmp_path)), None, now=NOW).doomed == ()


def test_another_root_is_another_matter(tmp_path: Path):
    """dvc#2325: collecting one project's garbage took what another needed."""
    hugging_face(tmp_path / "a", [100, 200])
    hugging_face(tmp_path / "b", [100, 200])
    commit(_plan(tmp_path / "a", {"last": 1}))
    assert sorted(os.listdir(tmp_path / "b")) == ["checkpoint-100", "checkpoint-200"]


def test_one_gone_by_hand_does_not_stop_the_rest(tmp_path: Path):
    """OpenNMT-py#1709: the next rotation crashed on what had been deleted by hand."""
    hugging_face(tmp_path, range(100, 600, 100))
    plan = _plan(tmp_path, {"last": 1})
    shutil.rmtree(tmp_path / "checkpoint-200")
    result = commit(plan)
    assert [(one.id, one.why) for one in result.skipped] == [("checkpoint-200", "vanished")]
    assert len(result.trashed) == 3


def test_a_torn_newest_is_said(tmp_path: Path):
    """Automodel#3261: one partial step made every resume hang."""
    hugging_face(tmp_path, [100, 200])
    (tmp_path / "checkpoint-200" / "trainer_state.json").unlink()
    set_saved(tmp_path / "checkpoint-200", NOW - DAY)
    plan = _plan(tmp_path, {"last": 1})
    assert _steps(plan) == [100, 200]
    assert "incomplete" in _why(plan, "checkpoint-200")
    assert json.dumps(_why(plan, "checkpoint-100"))
