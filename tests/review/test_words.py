"""Texts that must fit their cells."""

from __future__ import annotations

import pytest
from keepstep.tui.review.words import fit, fit_path, metric_text, percent, size_range, wrapped
from rich.cells import cell_len


@pytest.mark.parametrize("text", ["short", "quite long a text", "日本語の名前", "a日b本c語"])
@pytest.mark.parametrize("width", [1, 5, 8])
def test_fit_is_exact(text: str, width: int):
    assert cell_len(fit(text, width)) == width


def test_a_path_keeps_its_end():
    assert fit_path("/scratch/amy/run7", 10) == "…/amy/run7"


@pytest.mark.parametrize("width", [0, 1, 5, 20])
def test_wrapping_ends_and_loses_nothing(width: int):
    text = "every 1000 steps keeps checkpoint-13000-of-a-long-name"
    assert "".join(wrapped(text, width)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, "-"),
        (0.41274, "0.4127"),
        (12.3456, "12.346"),
        (float("nan"), "nan"),
        (1.2e-5, "1.2e-05"),
    ],
)
def test_metrics(value: float | None, wanted: str):
    assert metric_text(value) == wanted


def test_a_share_is_never_rounded_to_all_or_nothing():
    assert percent(999, 1000) == "99 %"
    assert percent(1, 1000) == "1 %"
    assert percent(5, 5) == "100 %"


def test_ranges_of_sizes():
    assert size_range(3_600_000_000, 3_600_000_000) == "3.6 GB"
    assert size_range(41_200_000_000, 43_000_000_000) == "41.2-43.0 GB"
    assert size_range(800_000_000, 1_200_000_000) == "800 MB-1.2 GB"
