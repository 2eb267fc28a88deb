"""Damaged files and mere noise: readers answer, whatever they are given.

fuzz.py does the same a million times; here Hypothesis looks for small examples.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .mutation import mutate
from .subjects import SUBJECTS, Subject

CALM = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
BY_NAME = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda one: one.name)


@BY_NAME
def test_valid_files_give_something(subject: Subject):
    for data in subject.valid:
        assert subject.try_on(data) is not None


@BY_NAME
@CALM
@given(seed=st.integers(0, 2**64))
def test_damaged_files(subject: Subject, seed: int):
    subject.try_on(mutate(random.Random(seed), subject.valid))


@BY_NAME
@CALM
@given(data=st.data())
def test_files_that_are_cut_or_spliced_anywhere(subject: Subject, data: st.DataObject):
    valid = data.draw(st.sampled_from(subject.valid))
    start = data.draw(st.integers(0, len(valid)))
    end = data.draw(st.integers(start, len(valid)))
    subject.try_on(valid[:start] + data.draw(st.binary(max_size=32)) + valid[end:])


@BY_NAME
@CALM
@given(noise=st.binary(max_size=300))
def test_noise(subject: Subject, noise: bytes):
    subject.try_on(noise)


def test_the_long_command_works():
    script = Path(__file__).with_name("fuzz.py")
    command = [sys.executable, str(script), "--examples", "600", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split()[:3] == ["all", "600", "0"]
