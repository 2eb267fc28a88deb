"""What a trainer's output says, however it arrives."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.refusal import Refusal
from keepstep.policies.training.output_lines import Lines, Reader, metric_pattern, own_pattern


def lines(*pieces: bytes) -> list[str]:
    splitter = Lines()
    return [line for piece in pieces for line in splitter.feed(piece)]


def test_a_bar_says_only_what_it_shows_when_its_line_ends():
    assert lines(b"\r 1 loss=9\r 2 loss=8", b"\r 3 loss=7\nnext\r\n") == [" 3 loss=7", "next"]


def test_colours_are_no_part_of_a_line():
    assert lines(b"\x1b[32mloss\x1b[0m=0.5\x1b]0;title\x07\n") == ["loss=0.5"]


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_how_the_bytes_are_cut_makes_no_difference(data: bytes, cuts: list[int]):
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in pairwise(places)]
    assert lines(*pieces) == lines(data)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("Saved checkpoint: out/model_epoch22.pth", "out/model_epoch22.pth"),
        ("2026-01-01 INFO saved checkpoint: 'a b.pt'", "a b.pt"),
        ("Saved checkpoint: model.pth.3.", "model.pth.3"),
        ("[rank0] Saved checkpoint: x.pt  ", "x.pt"),
        ("Unsaved checkpoint: x", None),
        ("Saved checkpoint:", None),
    ],
)
def test_what_was_saved(line: str, path: str | None):
    assert Reader(None).read(line).saved == path


@pytest.mark.parametrize(
    ("metric", "line", "value"),
    [
        ("val_loss", "epoch 3: val_loss=0.25", 0.25),
        ("val_loss", "val_loss: 1e-05, acc: 0.9", 1e-05),
        ("val_loss", "val_loss 0.5", 0.5),
        ("eval_loss", "{'loss': 1, 'eval_loss': 0.125, 'epoch': 2.0}", 0.125),
        ("loss", "val_loss=0.3", None),
        ("loss", "loss=-.5", -0.5),
        ("eval/loss", "eval/loss=3.", 3.0),
        ("acc", "accuracy=0.5", None),
        ("loss", "loss=0.5 loss=0.25", 0.25),
        ("loss", "loss=inf", math.inf),
        ("loss", "loss=information", None),
        ("loss", "loss=1.2.3", None),
        ("VAL_LOSS", "val_loss=0.5", 0.5),
    ],
)
def test_the_value_of_a_metric(metric: str, line: str, value: float | None):
    assert Reader(metric_pattern(metric)).read(line).value == value


def test_nan_is_a_value():
    value = Reader(metric_pattern("loss")).read("loss=nan").value
    assert value is not None
    assert math.isnan(value)


def test_a_pattern_of_ones_own():
    assert Reader(own_pattern(r"PPL\((\S+)\)", "--x")).read("PPL(3.5)").value == 3.5
    assert Reader(own_pattern(r"PPL\((\S+)\)", "--x")).read("PPL(low)").value is None
    with pytest.raises(Refusal, match=r"--x: .* needs a group"):
        own_pattern("loss=", "--x")
    with pytest.raises(Refusal, match="no regular expression"):
        own_pattern("(", "--x")
