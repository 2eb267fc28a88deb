"""The Keeper in a plain loop: what stays, what it says, and what it never does to training."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from keepstep.policies import scan, undo
from keepstep.policies.refusal import PolicyRefusal
from keepstep.policies.rules.schema import policy_of
from keepstep.policies.saved_policy import save_policy
from keepstep.policies.training import Keeper

from ..policies.trees import hugging_face, torch_zip

LAST_3 = policy_of({"name": "last 3", "keep": [{"last": 3}]}, "test")
BEST = policy_of(
    {"name": "b", "keep": [{"last": 1}, {"best": {"metric": "val_loss", "mode": "min"}}]}, "test"
)


def epochs(root: Path) -> list[int]:
    return sorted(int(p.stem.partition("epoch")[2]) for p in root.glob("model_epoch*.pth"))


def save(root: Path, epoch: int) -> Path:
    path = root / f"model_epoch{epoch}.pth"
    torch_zip(path)
    return path


def test_a_loop_keeps_the_last_and_everything_can_be_undone(tmp_path: Path):
    with Keeper(tmp_path, LAST_3) as keeper:
        for epoch in range(1, 9):
            keeper.saved(save(tmp_path, epoch))
        torch_zip(tmp_path / "model.pth")
    assert epochs(tmp_path) == [6, 7, 8]
    assert (tmp_path / "model.pth").exists()
    while undo(str(tmp_path)).id:
        pass
    assert epochs(tmp_path) == list(range(1, 9))


def test_the_documented_example_runs(tmp_path: Path):
    import doctest

    import keepstep.policies.training as training

    for epoch in range(5, 27):
        save(tmp_path, epoch)
    globs = {"run": str(tmp_path)}
    [example] = doctest.DocTestFinder(recurse=False).find(training, "training", globs=globs)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_each_round_tells_what_it_did(tmp_path: Path):
    keeper = Keeper(tmp_path, LAST_3)
    for epoch in range(1, 4):
        assert keeper.saved(save(tmp_path, epoch)).result(60).trashed == ()
    outcome = keeper.saved(save(tmp_path, 4)).result(60)
    assert outcome.saved == ("model_epoch4.pth",)
    assert outcome.trashed == ("model_epoch1.pth",)
    assert (outcome.kept, outcome.newest) == (3, "model_epoch4.pth")
    assert outcome.trashed_bytes > 0
    assert not outcome.errors


def test_metrics_given_by_hand_decide_which_is_best(tmp_path: Path):
    losses = {1: 0.9, 2: 0.2, 3: float("nan"), 4: 0.5, 5: 0.6}
    with Keeper(tmp_path, BEST) as keeper:
        for epoch, loss in losses.items():
            keeper.saved(save(tmp_path, epoch), epoch=epoch, metrics={"val_loss": loss}).result(60)
    assert epochs(tmp_path) == [2, 5]
    found = {one.id: one.metrics for one in scan(str(tmp_path)).checkpoints}
    assert found == {"model_epoch2.pth": {"val_loss": 0.2}, "model_epoch5.pth": {"val_loss": 0.6}}
    rows = [json.loads(row) for row in (tmp_path / ".keepstep/metrics.jsonl").open()]
    assert rows[2]["metrics"] == {"val_loss": "nan"}


def test_metrics_by_step_alone_join_the_only_series(tmp_path: Path):
    hugging_face(tmp_path, [100, 200])
    keeper = Keeper(tmp_path, BEST)
    keeper.saved(step=200, metrics={"val_loss": 0.25}).result(60)
    found = {one.step: one.metrics for one in scan(str(tmp_path)).checkpoints}
    assert found[200] == {"val_loss": 0.25}
    assert not found[100]


def test_metrics_reach_the_log_behind_moving_averages(tmp_path: Path):
    smooth = {"name": "s", "keep": [{"threshold": {"loss": {"max": 0.3, "window": 2}}}]}
    with Keeper(tmp_path, policy_of(smooth, "test")) as keeper:
        for epoch, loss in enumerate([0.9, 0.2, 0.3, 0.8, 0.9], start=1):
            path = save(tmp_path, epoch)
            keeper.saved(path, step=epoch, metrics={"loss": loss}).result(60)
    (series,) = scan(str(tmp_path)).series
    assert series.metric_log["loss"] == ((1, 0.9), (2, 0.2), (3, 0.3), (4, 0.8), (5, 0.9))


def test_a_save_in_the_same_place_replaces_its_metrics(tmp_path: Path):
    with Keeper(tmp_path, BEST) as keeper:
        for loss in (0.1, 0.7):
            path = save(tmp_path, 1)
            keeper.saved(path, metrics={"val_loss": loss}).result(60)
    assert scan(str(tmp_path)).checkpoints[0].metrics == {"val_loss": 0.7}


def test_a_newer_one_that_is_not_told_may_be_half_written_so_nothing_relies_on_it(tmp_path: Path):
    last_1 = policy_of({"name": "one", "keep": [{"last": 1}]}, "test")
    keeper = Keeper(tmp_path, last_1)
    first = tmp_path / "model.pth.1"
    first.write_bytes(b"legacy, and nothing shows its end")
    keeper.saved(first).result(60)
    half = tmp_path / "model.pth.2"
    half.write_bytes(b"leg")
    assert keeper.saved(first).result(60).trashed == ()
    assert first.exists()
    half.write_bytes(b"legacy, and nothing shows its end")
    assert keeper.saved(half).result(60).trashed == ("model.pth.1",)


def test_a_torn_save_keeps_the_previous_one(tmp_path: Path):
    keeper = Keeper(tmp_path, policy_of({"name": "one", "keep": [{"last": 1}]}, "test"))
    keeper.saved(save(tmp_path, 1)).result(60)
    torn = save(tmp_path, 2)
    torn.write_bytes(torn.read_bytes()[:-30])
    outcome = keeper.saved(torn).result(60)
    assert outcome.trashed == ()
    assert "does not look complete" in outcome.errors[0]
    assert (tmp_path / "model_epoch1.pth").exists()


def test_other_ranks_do_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("LOCAL_RANK", "0")
    keeper = Keeper(tmp_path, "last-20")
    assert keeper.saved(save(tmp_path, 1)).result(0).kept == 0
    assert Keeper(tmp_path, "last-20", rank=0).saved(epoch=1).result(60).kept == 1
    assert not Keeper(tmp_path / "nowhere", None).active


def test_nothing_unattended_runs_on_a_default(tmp_path: Path):
    with pytest.raises(PolicyRefusal, match="no saved policy"):
        Keeper(tmp_path)
    save_policy(str(tmp_path), LAST_3)
    keeper = Keeper(tmp_path)
    for epoch in range(1, 6):
        keeper.saved(save(tmp_path, epoch))
    keeper.close()
    assert epochs(tmp_path) == [3, 4, 5]


@pytest.mark.parametrize("bad", [{"metrics": {"loss": "high"}}, {"step": "x"}, {"path": 3}])
def test_nothing_is_raised_into_training(tmp_path: Path, bad: dict):
    outcome = Keeper(tmp_path, "last-20").saved(**bad).result(60)
    assert outcome.errors


def test_a_directory_that_is_not_there_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    keeper = Keeper(tmp_path / "missing", "last-20")
    with caplog.at_level(logging.WARNING, "keepstep"):
        assert "does not exist" in keeper.saved(step=1).result(60).errors[0]
        keeper.saved(step=2).result(60)
        keeper.close()
    assert len(caplog.records) == 1


def test_somebody_else_committing_is_no_trouble(tmp_path: Path):
    with Keeper(tmp_path, LAST_3) as keeper:
        for epoch in range(1, 5):
            keeper.saved(save(tmp_path, epoch)).result(60)
        with (tmp_path / ".keepstep/lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            outcome = keeper.saved(save(tmp_path, 5)).result(60)
        assert outcome.busy
        assert epochs(tmp_path) == [2, 3, 4, 5]
        keeper.saved(save(tmp_path, 6))
    assert epochs(tmp_path) == [4, 5, 6]


def test_a_full_disk_costs_no_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import keepstep.policies.training.upkeep as upkeep

    real = upkeep.append_rows

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    keeper = Keeper(tmp_path, BEST)
    monkeypatch.setattr(upkeep, "append_rows", full)
    outcome = keeper.saved(save(tmp_path, 1), metrics={"val_loss": 0.1}).result(60)
    assert "No space left" in outcome.errors[0]
    monkeypatch.setattr(upkeep, "append_rows", real)
    keeper.saved(save(tmp_path, 2), metrics={"val_loss": 0.5}).result(60)
    found = {one.id: dict(one.metrics) for one in scan(str(tmp_path)).checkpoints}
    assert found == {
        "model_epoch1.pth": {"val_loss": 0.1},
        "model_epoch2.pth": {"val_loss": 0.5},
    }


def test_pins_and_milestones_survive_every_policy(tmp_path: Path):
    with Keeper(tmp_path, LAST_3, milestone_every=4) as keeper:
        for epoch in range(1, 11):
            keeper.saved(save(tmp_path, epoch), epoch=epoch).result(60)
            if epoch == 3:
                keeper.pin("model_epoch2.pth", note="figure 4")
        keeper.milestone(epoch=9, note="paper")
    assert epochs(tmp_path) == [2, 4, 8, 9, 10]
    pins = {one.id: one.note for one in scan(str(tmp_path)).pins.values()}
    assert pins == {
        "model_epoch2.pth": "figure 4",
        "model_epoch4.pth": "milestone: every 4",
        "model_epoch8.pth": "milestone: every 4",
        "model_epoch9.pth": "paper",
    }


def test_a_pin_of_nothing_is_told(tmp_path: Path):
    assert "no such checkpoint" in Keeper(tmp_path, LAST_3).pin("nothing.pth").result(60).errors[0]


def test_old_trash_goes_and_with_no_window_at_once(tmp_path: Path):
    at_once = policy_of({"name": "o", "keep": [{"last": 1}], "undo_window": "0s"}, "test")
    keeper = Keeper(tmp_path, at_once)
    keeper.saved(save(tmp_path, 1)).result(60)
    outcome = keeper.saved(save(tmp_path, 2)).result(60)
    assert outcome.trashed == ("model_epoch1.pth",)
    assert outcome.purged_bytes == outcome.trashed_bytes > 0
    assert not undo(str(tmp_path)).id


def test_a_low_disk_empties_the_trash_and_then_tightens_the_policy(tmp_path: Path):
    all_free = {"name": "f", "keep": [{"last": 5}], "min_free": "100%"}
    keeper = Keeper(tmp_path, policy_of(all_free, "test"))
    for epoch in range(1, 5):
        outcome = keeper.saved(save(tmp_path, epoch)).result(60)
    assert epochs(tmp_path) == [4]
    assert any("less than min_free" in note for note in outcome.notes)
    assert "tightened for now" in outcome.tightened[0]
    assert outcome.purged_bytes > 0


def _forked(keeper: Keeper, root: Path) -> None:
    outcome = keeper.saved(save(root, 99)).result(0)
    keeper.close()
    os._exit(0 if outcome.kept == 0 else 1)


def test_a_forked_worker_does_nothing_and_holds_no_lock(tmp_path: Path):
    with Keeper(tmp_path, LAST_3) as keeper:
        for epoch in range(1, 6):
            promise = keeper.saved(save(tmp_path, epoch))
            child = multiprocessing.get_context("fork").Process(
                target=_forked, args=(keeper, tmp_path)
            )
            child.start()
            child.join(60)
            assert child.exitcode == 0
            assert not promise.result(60).busy
            (tmp_path / "model_epoch99.pth").unlink()
    assert epochs(tmp_path) == [3, 4, 5]


def test_a_worker_that_lives_on_does_not_hold_the_lock_of_a_round_that_is_over(tmp_path: Path):
    import keepstep.policies.commit.lock as lock
    from keepstep.policies.commit.descent import Tree

    (tmp_path / "state").mkdir()
    tree = Tree(str(tmp_path))
    with lock.hold(tree, "state", "committing"):
        child = os.fork()
        if child == 0:
            threading.Event().wait(30)
            os._exit(0)
    try:
        with lock.hold(tree, "state", "committing again"):
            pass
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        tree.close()


def test_importing_it_needs_no_framework_and_no_terminal():
    code = (
        "import sys; from keepstep.policies.training import Keeper\n"
        "print(sorted(n for n in ('torch', 'numpy', 'textual', 'rich', 'click', 'yaml',"
        " 'keepstep.tui') if n in sys.modules))"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() in ("[]", "['yaml']")


def test_the_interpreter_ends_by_itself_and_the_last_round_is_done(tmp_path: Path):
    for epoch in range(1, 6):
        save(tmp_path, epoch)
    code = (
        "from keepstep.policies.training import Keeper\n"
        f"Keeper({str(tmp_path)!r}, 'last-20').saved({str(tmp_path / 'model_epoch5.pth')!r},"
        " metrics={'loss': 0.5})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert (tmp_path / ".keepstep/metrics.jsonl").exists()


def test_a_copy_for_another_process_works_there(tmp_path: Path):
    copy = pickle.loads(pickle.dumps(Keeper(tmp_path, LAST_3)))
    for epoch in range(1, 6):
        copy.saved(save(tmp_path, epoch))
    copy.close()
    assert epochs(tmp_path) == [3, 4, 5]


def test_what_another_process_has_open_stays_until_it_lets_go(tmp_path: Path):
    with Keeper(tmp_path, LAST_3) as keeper:
        first = save(tmp_path, 1)
        reader = subprocess.Popen(
            ["sleep", "60"], stdin=first.open("rb"), cwd="/", stdout=subprocess.DEVNULL
        )
        try:
            for epoch in range(1, 6):
                outcome = keeper.saved(save(tmp_path, epoch) if epoch > 1 else first).result(60)
            assert epochs(tmp_path) == [1, 3, 4, 5]
            assert outcome.skipped[0].id == first.name
        finally:
            reader.kill()
            reader.wait()
        keeper.saved(save(tmp_path, 6))
    assert epochs(tmp_path) == [4, 5, 6]
