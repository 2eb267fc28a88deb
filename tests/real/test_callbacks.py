"""The callbacks in real trainings: what they leave, beside what each framework's own limit leaves.

On the same run, seed for seed, the differences are these:

* transformers, `save_total_limit=3` with `load_best_model_at_end`: 3 in all, the best among them.
  Last 3 + best 1: the last 3, and the best where it is older; it takes nobody's place. Last 2 +
  best 1: the same as the Trainer's, but for a best among the last two, where it keeps a third.
* Lightning, `save_top_k=3` with `monitor`: the 3 best; the newest may be gone. Best 3: the same,
  and the newest, so that there is always one to go on from.
* Keras, `save_best_only=True`: one file, overwritten by each better one. Best 1: the same weights,
  and the newest. After a restart Keras forgets its best, and overwrites it by the first model that
  it sees; ours is read from what was logged.
* Orbax, `max_to_keep=3`: the last 3. Last 3: the same.
* Orbax, `max_to_keep=3` with `best_fn`: the 3 best; the newest may be gone. Best 3: the same, and
  the newest.

All of the frameworks' own delete for good. Ours go to the trash, but for Orbax's, which deletes.
The killing itself is a command: `python tests/real/kill_training.py transformers --rounds 50`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.real
HERE = Path(__file__).parent
SAVES = 12
FRAMEWORKS = ("transformers", "lightning", "keras", "orbax")


@pytest.fixture(autouse=True)
def _beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loops are scripts and import one another by name."""
    monkeypatch.syspath_prepend(str(HERE))


def loop_of(framework: str) -> ModuleType:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed here")
    return importlib.import_module(f"kept_{framework}")


def in_a_child(work: Callable[[], object]) -> None:
    """In a process of its own, so that frameworks leave nothing behind in this one."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0


def policy_file(folder: Path, *, last: int = 0, best: int = 0, metric: str = "") -> Path:
    rules = [{"last": last}] if last else []
    rules += [{"best": {"metric": metric, "mode": "min", "count": best}}] if best else []
    path = folder / f"policy-{last}-{best}.yaml"
    path.write_text(json.dumps({"name": "test", "keep": rules}))
    return path


class Trained:
    """What a run has left, and the value of every save it made."""

    def __init__(self, folder: Path, loop: ModuleType, **options: object) -> None:
        ledger_module = importlib.import_module("ledger")
        folder.mkdir()
        self.place = folder / "run"
        self.place.mkdir()
        ledger = ledger_module.Ledger(folder / "ledger.jsonl")
        in_a_child(lambda: loop.train(self.place, ledger, **{"saves": SAVES, **options}))
        begun = [note for note in ledger.notes() if note.what == "begun"]
        self.values = {note.name: note.value for note in begun}
        self.names = list(self.values)
        self.left = {one.name for one in self.place.iterdir()} & set(self.values)

    def best(self, count: int) -> set[str]:
        return set(sorted(self.names, key=lambda name: self.values[name])[:count])

    def last(self, count: int) -> set[str]:
        return set(self.names[-count:])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_killed_three_times_and_resumed(framework: str):
    loop_of(framework)
    command = [sys.executable, str(HERE / "kill_training.py"), framework, "--rounds", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-4000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["kills"] == 3
    assert said["resumed from the newest"] >= 1
    assert said["saves"] > 3


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_save_that_fails_leaves_those_before(framework: str, tmp_path: Path):
    """No file may grow any more, as on a full disk: the next save ends the training."""
    loop = loop_of(framework)
    policy = policy_file(tmp_path, last=1, best=1, metric=loop.METRIC)
    from kill_training import check
    from ledger import Ledger

    place, ledger = tmp_path / "run", Ledger(tmp_path / "ledger.jsonl")
    place.mkdir()

    def fail_after_five() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        callback = filled_disk(framework, lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY)
        ))  # fmt: skip
        with pytest.raises(BaseException, match=r".") as failure:
            loop.train(place, ledger, policy=policy, callbacks=(callback,))
        assert not isinstance(failure.value, AssertionError), failure.value

    in_a_child(fail_after_five)
    assert sum(note.what == "finished" for note in ledger.notes()) >= 4
    newest = check(place, ledger.notes())
    assert newest is not None
    in_a_child(lambda: loop.load(place / newest.id))


def filled_disk(framework: str, fill: Callable[[], None]) -> object:
    """A callback of the framework that fills the disk before the sixth save."""
    if framework == "transformers":
        from transformers import TrainerCallback

        class Filling(TrainerCallback):
            def on_step_end(self, args, state, control, **rest):
                if state.global_step == 11:
                    fill()

        return Filling()
    if framework == "lightning":
        from lightning.pytorch.callbacks import Callback

        class FillingEpoch(Callback):
            def on_train_epoch_start(self, trainer, pl_module):
                if trainer.current_epoch == 5:
                    fill()

        return FillingEpoch()
    if framework == "keras":
        import keras

        class FillingFit(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 5:
                    fill()

        return FillingFit()
    return lambda step: fill() if step == 6 else None


def test_transformers_beside_save_total_limit(tmp_path: Path):
    loop = loop_of("transformers")
    three = policy_file(tmp_path, last=3, best=1, metric=loop.METRIC)
    two = policy_file(tmp_path, last=2, best=1, metric=loop.METRIC)
    own = Trained(tmp_path / "own", loop, limit=3)
    kept = Trained(tmp_path / "kept", loop, policy=three)
    fewer = Trained(tmp_path / "fewer", loop, policy=two)
    assert own.values == kept.values == fewer.values
    assert kept.left == kept.last(3) | kept.best(1)
    assert fewer.left == fewer.last(2) | fewer.best(1)
    assert len(own.left) == 3
    assert own.last(1) | own.best(1) <= own.left <= kept.left
    if not own.best(1) <= own.last(2):
        assert fewer.left == own.left


def test_transformers_with_its_own_limit_at_the_same_time(tmp_path: Path):
    """Two that delete: nothing is raised, and the smaller of both remains."""
    loop = loop_of("transformers")
    policy = policy_file(tmp_path, last=2)
    both = Trained(tmp_path / "both", loop, policy=policy, limit=2)
    assert both.last(1) | both.best(1) <= both.left <= both.last(2) | both.best(1)


def test_lightning_beside_save_top_k(tmp_path: Path):
    loop = loop_of("lightning")
    own = Trained(tmp_path / "own", loop, limit=3)
    policy = policy_file(tmp_path, best=3, metric=loop.METRIC)
    kept = Trained(tmp_path / "kept", loop, policy=policy)
    assert list(own.values.values()) == [
        v for v in kept.values.values() if v in own.values.values()
    ]
    assert own.left == own.best(3)
    assert kept.left == kept.best(3) | kept.last(1)
    assert own.left <= kept.left


def test_lightning_with_its_own_limit_at_the_same_time(tmp_path: Path):
    loop = loop_of("lightning")
    both = Trained(tmp_path / "both", loop, policy=policy_file(tmp_path, last=1), limit=3)
    assert len(both.left) == 1


def test_lightning_saves_in_the_background(tmp_path: Path):
    loop = loop_of("lightning")
    policy = policy_file(tmp_path, last=2, best=1, metric=loop.METRIC)
    kept = Trained(tmp_path / "kept", loop, policy=policy, in_background=True)
    assert kept.left == kept.last(2) | kept.best(1)


def test_only_rank_0_of_two_acts(tmp_path: Path):
    """Two processes of a real distributed training; the log of the second must be silent."""
    loop_of("transformers")
    policy = policy_file(tmp_path, last=2)
    code = (
        "import sys; from pathlib import Path; import os; from ledger import Ledger;"
        "import kept_transformers; kept_transformers.train(Path(sys.argv[1]),"
        "Ledger(Path(sys.argv[2]) / os.environ['RANK']), policy=Path(sys.argv[3]), saves=6)"
    )
    (tmp_path / "two.py").write_text(code)
    (tmp_path / "ledgers").mkdir()
    command = ["-m", "torch.distributed.run", "--nproc-per-node=2", str(tmp_path / "two.py")]
    done = subprocess.run(
        [sys.executable, *command, str(tmp_path / "run"), str(tmp_path / "ledgers"), str(policy)],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": f"{HERE}:{os.environ.get('PYTHONPATH', '')}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    left = {one.name for one in (tmp_path / "run").glob("checkpoint-*")}
    assert {"checkpoint-10", "checkpoint-12"} <= left
    assert len(left) <= 3  # the best may be an older one
    assert {one.name for one in (tmp_path / "ledgers").iterdir()} == {"0", "1"}
    assert {one.name for one in (tmp_path / "run" / "checkpoint-12").glob("rng*")} == {
        "rng_state_0.pth", "rng_state_1.pth",
    }  # fmt: skip


def test_keras_beside_save_best_only(tmp_path: Path):
    loop = loop_of("keras")
    policy = policy_file(tmp_path, best=1, metric=loop.METRIC)
    kept = Trained(tmp_path / "kept", loop, policy=policy, limit=1)
    assert kept.left == kept.best(1) | kept.last(1)
    [best] = kept.best(1)

    def same_weights() -> None:
        import keras

        ours = keras.saving.load_model(kept.place / best).get_weights()
        theirs = keras.saving.load_model(kept.place / "best.keras").get_weights()
        assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))

    in_a_child(same_weights)


def test_orbax_beside_max_to_keep(tmp_path: Path):
    loop = loop_of("orbax")
    policy = policy_file(tmp_path, last=3)
    own = Trained(tmp_path / "own", loop, limit=3, best=False)
    kept = Trained(tmp_path / "kept", loop, policy=policy, best=False)
    assert own.left == kept.left == kept.last(3)
    policy = policy_file(tmp_path, best=3, metric=loop.METRIC)
    own_best = Trained(tmp_path / "own-best", loop, limit=3)
    kept_best = Trained(tmp_path / "kept-best", loop, policy=policy)
    assert own_best.left == own_best.best(3)
    assert kept_best.left == kept_best.best(3) | kept_best.last(1)


def test_orbax_preserves_pins(tmp_path: Path):
    loop = loop_of("orbax")
    from ledger import Ledger

    place, ledger = tmp_path / "run", Ledger(tmp_path / "ledger.jsonl")
    policy = policy_file(tmp_path, last=2)

    def pin_the_second(step: int) -> None:
        if step == 3:
            command = [sys.executable, "-m", "keepstep.tui", "pin", str(place), "2"]
            assert subprocess.run(command, check=False, capture_output=True).returncode == 0

    def steps() -> set[str]:
        return {one.name for one in place.iterdir() if one.name.isdigit()}

    def go_on(saves: int, **options: object) -> None:
        in_a_child(lambda: loop.train(place, ledger, policy=policy, saves=saves, **options))

    place.mkdir()
    go_on(6, callbacks=(pin_the_second,))
    assert steps() == {"2", "5", "6"}
    go_on(8, resume=place / "6")
    assert steps() == {"2", "7", "8"}


@pytest.mark.parametrize("framework", ["transformers", "lightning", "keras"])
def test_without_a_policy_nothing_is_trained(framework: str, tmp_path: Path):
    loop = loop_of(framework)
    (tmp_path / "run").mkdir()
    training = importlib.import_module("keepstep.policies.training")
    from keepstep.policies.refusal import PolicyRefusal

    name = {"transformers": "Transformers", "lightning": "Lightning", "keras": "Keras"}[framework]
    keeper = getattr(training, f"{name}Keeper")(tmp_path / "run")
    from ledger import Ledger

    def refused() -> None:
        with pytest.raises(PolicyRefusal, match="no saved policy"):
            loop.train(
                tmp_path / "run", Ledger(tmp_path / "ledger.jsonl"), saves=1, callbacks=(keeper,)
            )

    in_a_child(refused)
    assert not list((tmp_path / "run").glob("*checkpoint-*"))
