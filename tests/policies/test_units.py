"""Durations, sizes and shares: what parses, what it means, and how it is spelled again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.units import (
    FreeSpace,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)

SIZES = {"500GB": 500_000_000_000, "1.5 TB": 1_500_000_000_000, "1gib": 1 << 30, "7B": 7,
         "3 kB": 3000, "2KiB": 2048, "0.5 MiB": 1 << 19}  # fmt: skip


@pytest.mark.parametrize("text", SIZES)
def test_sizes(text: str):
    assert parse_size(text) == SIZES[text]


@pytest.mark.parametrize("text", ["500", "GB", "-3GB", "3 XB", "", "1e3GB", "nan GB"])
def test_what_is_no_size_says_what_is(text: str):
    with pytest.raises(ValueError, match="is no size; write a number and B, kB"):
        parse_size(text)


@given(st.integers(0, 10**18))
def test_sizes_go_round(size: int):
    assert parse_size(format_size(size)) == size


@given(st.integers(0, 10**10))
def test_durations_go_round(seconds: int):
    assert parse_duration(format_duration(seconds)) == seconds


def test_durations_are_said_in_days_and_not_weeks():
    assert [format_duration(parse_duration(t)) for t in ("2w", "7d", "36h", "90m", "0")] == [
        "14d", "7d", "36h", "90m", "0",
    ]  # fmt: skip


def test_free_space():
    assert FreeSpace.parse("10%").of(4_000) == 400
    assert FreeSpace.parse("50GB").of(4_000) == 50_000_000_000
    assert [str(FreeSpace.parse(t)) for t in ("10%", "12.5 %", "50GB")] == ["10%", "12.5%", "50GB"]


@pytest.mark.parametrize("text", ["10", "110%", "%", "lots"])
def test_what_is_no_free_space_says_what_is(text: str):
    with pytest.raises(ValueError, match=r"is no free space; write a share up to 100% or a size"):
        FreeSpace.parse(text)
