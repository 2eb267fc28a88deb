"""What the callbacks share, and the policy for Orbax, without any framework installed."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.pins import pin
from keepstep.policies.refusal import PolicyRefusal
from keepstep.policies.rules.schema import policy_of
from keepstep.policies.training import OrbaxKeeper
from keepstep.policies.training.callback import CallbackKeeper, never_raising, plain_numbers

from ..policies.trees import torch_zip

LAST_2 = policy_of({"name": "last 2", "keep": [{"last": 2}]}, "test")
BEST = policy_of(
    {"name": "best", "keep": [{"best": {"metric": "loss", "mode": "min", "count": 1}}]}, "test"
)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Step:
    """What Orbax tells of a step."""

    step: int
    metrics: dict[str, object] | None = None
    time: datetime = field(default=EPOCH)

    def __post_init__(self) -> None:
        self.time = EPOCH + timedelta(minutes=self.step)


def orbax_step(root: Path, step: int) -> None:
    folder = root / str(step)
    (folder / "default").mkdir(parents=True)
    (folder / "_CHECKPOINT_METADATA").write_text('{"commit_timestamp_nsecs": 1767225600000000000}')
    (folder / "default" / "manifest.ocdbt").write_bytes(b"x")
    (folder / "default" / "_METADATA").write_text("{}")


def preserved(keeper: OrbaxKeeper, *steps: Step) -> list[int]:
    flags = keeper.should_preserve(steps, context=None)
    return [one.step for one, stays in zip(steps, flags, strict=True) if stays]


def test_importing_the_package_needs_no_framework():
    code = (
        "import sys; import keepstep.policies.training as t; t.Keeper; t.OrbaxKeeper; "
        "print({'torch', 'jax', 'keras', 'lightning', 'orbax', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_orbax_preserves_what_the_rules_and_the_pins_keep(tmp_path: Path):
    for step in (1, 2, 3, 4):
        orbax_step(tmp_path, step)
    keeper = OrbaxKeeper(tmp_path, LAST_2)
    steps = [Step(n) for n in (1, 2, 3, 4, 5)]  # 5 is being saved
    assert preserved(keeper, *steps) == [4, 5]
    pin(scan(str(tmp_path)), ["2"])
    assert preserved(keeper, *steps) == [2, 4, 5]


def test_orbax_keeps_the_best_and_the_newest(tmp_path: Path):
    steps = [Step(n, {"loss": loss}) for n, loss in enumerate([3.0, 1.0, 2.0, 4.0])]
    assert preserved(OrbaxKeeper(tmp_path / "not there yet", BEST), *steps) == [1, 3]


def test_orbax_keeps_steps_that_say_nothing_of_the_metric(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    steps = [Step(0), Step(1, {"loss": 1.0}), Step(2, {"loss": 2.0}), Step(3, {"loss": 3.0})]
    keeper = OrbaxKeeper(tmp_path, BEST)
    for _ in range(2):
        assert preserved(keeper, *steps) == [0, 1, 3]
    assert [r.getMessage() for r in caplog.records] == [
        f"{tmp_path}: steps without loss stay; give best_fn, so that Orbax writes metrics down"
    ]


def test_orbax_preserves_all_when_pins_cannot_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    orbax_step(tmp_path, 1)
    (tmp_path / ".keepstep").mkdir()
    (tmp_path / ".keepstep" / "pins.json").write_text("{")
    steps = [Step(n) for n in (1, 2, 3, 4)]
    assert preserved(OrbaxKeeper(tmp_path, LAST_2), *steps) == [1, 2, 3, 4]
    assert "all steps stay" in caplog.text


def test_a_policy_that_is_none_is_refused_before_training(tmp_path: Path):
    with pytest.raises(PolicyRefusal):
        CallbackKeeper("no-such-preset", None)
    with pytest.raises(PolicyRefusal, match="no saved policy"):
        CallbackKeeper(None, None).begin(tmp_path, first=True)
    with pytest.raises(PolicyRefusal, match="no saved policy"):
        OrbaxKeeper(tmp_path)


def test_only_the_first_process_acts(tmp_path: Path):
    keeping = CallbackKeeper(LAST_2, None)
    keeping.saved(step=1)  # before training: nothing happens
    keeping.begin(tmp_path, first=False)
    for epoch in range(1, 5):
        torch_zip(tmp_path / f"model_epoch{epoch}.pth")
        keeping.saved(tmp_path / f"model_epoch{epoch}.pth")
    keeping.settle()
    assert len(list(tmp_path.glob("*.pth"))) == 4


def test_beside_a_rotation_each_save_waits_for_the_round(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    keeping = CallbackKeeper(LAST_2, None)
    keeping.begin(tmp_path, first=True)
    keeping.shared_with("save_total_limit=3", "leave it out")
    for epoch in range(1, 5):
        torch_zip(tmp_path / f"model_epoch{epoch}.pth")
        keeping.saved(tmp_path / f"model_epoch{epoch}.pth")
        assert len(list(tmp_path.glob("*.pth"))) == min(epoch, 2)
    assert "save_total_limit=3 deletes for good" in caplog.text


def test_a_hook_raises_nothing(caplog: pytest.LogCaptureFixture):
    @never_raising
    def hook() -> None:
        raise KeyError("state")

    with caplog.at_level(logging.WARNING):
        hook()
    assert "KeyError: 'state'" in caplog.text


def test_only_single_numbers_are_metrics():
    assert plain_numbers({"loss": 1, "name": "x", "many": [1, 2], "none": None}) == {"loss": 1.0}
    assert plain_numbers(None) == {}
