"""The key table: one meaning a key, and nothing destructive by one key alone."""

from __future__ import annotations

from collections import Counter

import pytest
from keepstep.tui.review.app import ReviewApp
from keepstep.tui.review.keys import CONFIRM, PANE, PLACES, REVIEW, key_table_markdown


@pytest.mark.parametrize("keys", PLACES.values(), ids=PLACES)
def test_no_key_means_two_things(keys):
    counts = Counter(key for one in keys for key in one.keys)
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_key_has_its_action():
    for key in REVIEW:
        assert key.id.startswith("rule_") or hasattr(ReviewApp, f"do_{key.id}")


def test_what_opens_a_commit_does_not_confirm_it():
    commit = next(key for key in REVIEW if key.id == "commit")
    assert commit.destructive
    assert not set(commit.keys) & {key for one in CONFIRM for key in one.keys}


def test_no_key_needs_control_alt_or_a_function_key():
    keys = [key for one in (*REVIEW, *PANE) for key in one.keys]
    assert [key for key in keys if "+" in key or (key[0] == "f" and key[1:].isdigit())] == []


def test_the_readme_table_has_a_row_for_each_way_to_write_keys():
    lines = key_table_markdown().splitlines()
    assert lines[0] == "| key | what it does |"
    assert sum("`1-9`" in line for line in lines) == 1
