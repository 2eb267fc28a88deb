"""When a run is over, how it is asked to end, and what its exit code says."""

from __future__ import annotations

import math
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.training.early_stopping import Patience, Progress
from keepstep.policies.training.gentle_end import GentleEnd, Waits, exit_code

VALUES = st.lists(st.one_of(st.floats(), st.integers(0, 9).map(float)), max_size=40)


def over_at(values: list[float], patience: Patience) -> int | None:
    progress = Progress()
    for number, value in enumerate(values, start=1):
        progress = progress.after(value, patience)
        if progress.is_over(patience):
            return number
    return None


@pytest.mark.parametrize(
    ("values", "patience", "at"),
    [
        ([5, 4, 3, 3, 3], Patience("loss", "min", 2), 5),
        ([1, 2, 3, 2, 2], Patience("acc", "max", 2), 5),
        ([5, 4.9, 4.8, 4.7], Patience("loss", "min", 3, min_delta=0.5), 4),
        ([5, 6, 7, 8, 9, 9], Patience("loss", "min", 2, warm_up=3), 5),
        ([math.nan, math.nan], Patience("loss", "min", 2), 2),
        ([5, math.nan, 4, math.nan], Patience("loss", "min", 2), None),
        ([5, 4, -math.inf, 4.5], Patience("loss", "min", 2), 4),
    ],
)
def test_the_right_evaluation_ends_it(values: list[float], patience: Patience, at: int | None):
    assert over_at(values, patience) == at


@given(VALUES, st.integers(1, 6), st.sampled_from(["min", "max"]), st.integers(0, 5))
def test_it_ends_after_so_many_without_a_better_one_and_not_before(
    values: list[float], wait: int, mode: str, warm_up: int
):
    at = over_at(values, Patience("m", mode, wait, warm_up=warm_up))
    if at is None:
        return
    last = values[at - wait : at]
    before = [v for v in values[: at - wait] if math.isfinite(v)]
    assert at >= warm_up + wait
    if before:
        best = min(before) if mode == "min" else max(before)
        assert not [
            v for v in last if math.isfinite(v) and (v < best if mode == "min" else v > best)
        ]


@given(VALUES, st.integers(1, 6))
def test_more_patience_never_ends_it_earlier(values: list[float], wait: int):
    early = over_at(values, Patience("m", "min", wait))
    late = over_at(values, Patience("m", "min", wait + 1))
    assert late is None or (early is not None and early < late)


def test_signals_come_one_after_the_other():
    end = GentleEnd(Waits(60, 30), now=100.0)
    seen = [(now, end.next(now)) for now in (100.0, 100.1, 159.9, 160.0, 189.0, 190.0, 500.0)]
    sent = [(now, number) for now, number in seen if number is not None]
    assert sent == [(100.0, signal.SIGINT), (160.0, signal.SIGTERM), (190.0, signal.SIGKILL)]
    assert end.sent == [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


@pytest.mark.parametrize(
    ("returned", "sent", "code"),
    [
        (0, [], 0),
        (3, [], 3),
        (-9, [], 137),
        (0, [signal.SIGINT], 0),
        (-2, [signal.SIGINT], 0),
        (130, [signal.SIGINT], 0),
        (-15, [signal.SIGINT], 143),  # somebody else's
        (-15, [signal.SIGINT, signal.SIGTERM], 0),
        (-9, [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], 0),
        (1, [signal.SIGINT], 1),
        (-11, [signal.SIGINT], 139),
    ],
)
def test_exit_codes(returned: int, sent: list[int], code: int):
    assert exit_code(returned, sent) == code
