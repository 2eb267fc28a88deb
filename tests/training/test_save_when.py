"""Conditional saving: what each condition means, and that a restart forgets nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keepstep.policies.catalog.given_metrics import GivenRow
from keepstep.policies.refusal import Refusal
from keepstep.policies.rules.schema import policy_of
from keepstep.policies.training import (
    Keeper,
    SaveWhen,
    above,
    below,
    better,
    every_epochs,
    every_minutes,
    every_steps,
)
from keepstep.policies.training.conditions import Condition, Memory, Moment
from keepstep.policies.training.save_when import restored

from ..policies.trees import hugging_face, torch_zip

ALL = policy_of({"name": "all", "keep": [{"last": 1000}]}, "test")
VALUES = st.one_of(
    st.none(), st.sampled_from([math.nan, math.inf, -math.inf]), st.integers(0, 20).map(float)
)


class Loop:
    """What `SaveWhen` does, without a disk: rows in place of the log."""

    def __init__(self, condition: Condition, rows: Sequence[GivenRow] = ()) -> None:
        self.condition = condition
        self.asked = tuple(dict.fromkeys(condition.smoothed()))
        self.windows = {metric: window for metric, window in self.asked if window > 1}
        self.rows = list(rows)
        self.memory: Memory | None = None

    def ask(self, moment: Moment, *, finish: bool = True) -> bool:
        memory = self.memory or restored(self.rows, moment, self.asked)
        memory = memory.seen(moment, self.windows)
        holds = self.condition.holds(moment, memory)
        self.memory = Memory(moment, memory.saved_at, memory.best, memory.recent)
        if holds and finish:
            self.memory = self.memory.saved(moment, self.asked)
            recent = dict(self.memory.recent)
            self.rows.append(GivenRow("", moment.step, None, moment.metrics, moment.at, recent))
        return holds


def moments(values: Sequence[float | None]) -> list[Moment]:
    return [
        Moment(step=i, metrics={} if v is None else {"val_loss": v}, at=60.0 * i)
        for i, v in enumerate(values, start=1)
    ]


def saves(condition: Condition, values: Sequence[float | None]) -> list[int]:
    loop = Loop(condition)
    return [one.step or 0 for one in moments(values) if loop.ask(one)]


@pytest.mark.parametrize(
    ("condition", "steps"),
    [
        (every_steps(3), [3, 6]),
        (every_minutes(2.5), [4, 7]),
        (below("val_loss", 0.5), [2, 5, 6]),
        (above("val_loss", 0.5), [1, 7]),
        (below("val_loss", 0.4, window=2), [6]),
        (better("val_loss"), [1, 2, 6]),
        (better("val_loss", min_delta=0.2), [1, 2]),
        (better("val_loss", mode="max"), [1]),
        (every_steps(2) & better("val_loss"), [2, 6]),
        (every_steps(4) | better("val_loss"), [1, 2, 4, 6]),
        (every_steps(3) & (below("val_loss", 0.35) | above("val_loss", 0.9)), [6]),
    ],
)
def test_each_condition_on_one_run(condition: Condition, steps: list[int]):
    values = [0.9, 0.4, math.nan, None, 0.4, 0.3, 0.6]
    assert saves(condition, values) == steps


def test_training_and_validation_thresholds_both_count():
    both = below("loss", 0.1) & below("val_loss", 0.15)
    pairs = [(0.2, 0.1), (0.05, 0.2), (0.05, 0.1)]
    found = [both.holds(Moment(metrics={"loss": a, "val_loss": b}), Memory()) for a, b in pairs]
    assert found == [False, False, True]


def test_epochs_may_be_fractions_and_steps_may_be_skipped():
    loop = Loop(every_epochs(1))
    epochs = [0.4, 0.9, 1.1, 1.9, 2.0, 4.5]
    assert [e for e in epochs if loop.ask(Moment(epoch=e))] == [1.1, 2.0, 4.5]
    loop = Loop(every_steps(100))
    assert [s for s in (64, 128, 192, 256) if loop.ask(Moment(step=s))] == [128, 256]


def test_a_save_that_was_not_finished_is_not_the_best():
    loop = Loop(better("val_loss"))
    assert loop.ask(Moment(step=1, metrics={"val_loss": 0.1}), finish=False)
    assert loop.ask(Moment(step=2, metrics={"val_loss": 0.2}))
    assert not loop.ask(Moment(step=3, metrics={"val_loss": 0.3}))


@given(st.lists(VALUES, max_size=40), st.floats(0, 3), st.sampled_from(["min", "max"]))
def test_what_is_saved_as_better_is_better_and_finite(values: list, delta: float, mode: str):
    steps = saves(better("val_loss", mode=mode, min_delta=delta), values)
    kept = [values[step - 1] for step in steps]
    assert all(value is not None and math.isfinite(value) for value in kept)
    sign = 1 if mode == "min" else -1
    for i, value in enumerate(kept):
        assert all(sign * (earlier - value) > delta for earlier in kept[:i])
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if finite:
        best = min(finite) if mode == "min" else max(finite)
        assert kept
        assert sign * (kept[-1] - best) <= delta  # nothing better by more was passed over


CONDITIONS = st.sampled_from(
    [
        better("val_loss"),
        better("val_loss", min_delta=2),
        better("val_loss", window=3),
        below("val_loss", 9, window=4),
        every_steps(3),
        every_steps(2) & better("val_loss"),
        every_steps(5) | better("val_loss", mode="max", window=2),
        every_minutes(3),
    ]
)


@settings(max_examples=200)
@given(CONDITIONS, st.lists(VALUES, min_size=1, max_size=30), st.data())
def test_a_restart_from_the_last_save_decides_as_if_nothing_had_happened(
    condition: Condition, values: list, data: st.DataObject
):
    whole = moments(values)
    straight = Loop(condition)
    wanted = [one.step for one in whole if straight.ask(one)]
    if not wanted:
        return
    crash = data.draw(st.sampled_from(wanted))
    first = Loop(condition)
    before = [one.step for one in whole[:crash] if first.ask(one)]
    again = Loop(condition, first.rows)
    after = [one.step for one in whole[crash:] if again.ask(one)]
    assert before + after == wanted


@given(st.lists(VALUES, min_size=1, max_size=30), st.integers(0, 30))
def test_the_best_so_far_survives_any_restart(values: list, crash: int):
    first = Loop(better("val_loss"))
    for one in moments(values)[:crash]:
        first.ask(one)
    best = min((row.metrics["val_loss"] for row in first.rows), default=math.inf)
    again = Loop(better("val_loss"), first.rows)
    for one in moments(values):  # from the very start, as without a checkpoint
        if again.ask(one):
            assert one.metrics["val_loss"] < best
            best = one.metrics["val_loss"]


@given(CONDITIONS, CONDITIONS, st.lists(VALUES, max_size=20))
def test_and_is_both_and_or_is_either(one: Condition, other: Condition, values: list):
    memory = Memory()
    windows = {metric: window for c in (one, other) for metric, window in c.smoothed()}
    for moment in moments(values):
        memory = memory.seen(moment, windows)
        a, b = one.holds(moment, memory), other.holds(moment, memory)
        assert (one & other).holds(moment, memory) == (a and b)
        assert (one | other).holds(moment, memory) == (a or b)


def test_a_loop_on_disk_through_two_starts(tmp_path: Path):

    def train(losses: dict[int, float]) -> list[int]:
        saved = []
        with Keeper(tmp_path, ALL) as keeper:
            when = SaveWhen(better("val_loss", window=2), keeper)
            for epoch, loss in losses.items():
                if when(epoch=epoch, metrics={"val_loss": loss}):
                    path = tmp_path / f"model_epoch{epoch}.pth"
                    torch_zip(path)
                    when.saved(path).result(60)
                    saved.append(epoch)
        return saved

    assert train({1: 0.9, 2: 0.5, 3: 0.2}) == [1, 2, 3]
    assert train({4: 0.9, 5: 0.8, 6: 0.1, 7: 0.1}) == [7]


def test_what_another_log_knows_is_remembered_too(tmp_path: Path):
    hugging_face(tmp_path, [100, 200], losses={100: 0.1, 200: 0.3})
    when = SaveWhen(better("eval_loss"), Keeper(tmp_path, ALL))
    assert not when(step=300, metrics={"eval_loss": 0.2})
    assert when(step=400, metrics={"eval_loss": 0.05})


def test_what_is_no_number_passes_nothing_and_raises_nothing(tmp_path: Path):
    when = SaveWhen(below("loss", 1), Keeper(tmp_path, ALL))
    assert not when(metrics={"loss": "low"})  # type: ignore[dict-item]
    assert not when()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: every_steps(0), "every_steps"),
        (lambda: every_minutes(math.nan), "every_minutes"),
        (lambda: better("zeta"), "mode is needed"),
        (lambda: better("loss", min_delta=-1), "min_delta"),
        (lambda: below("loss", 1, window=0), "window"),
    ],
)
def test_bad_conditions_are_refused(make, says: str):
    with pytest.raises(Refusal, match=says):
        make()
