"""Keys of a user's own: what the file may say, and what is refused by file and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies.refusal import Refusal
from keepstep.tui.review.keys import REVIEW, footer_keys, help_rows
from keepstep.tui.review.remapped import remapped
from keepstep.tui.settings import load_settings


@pytest.fixture
def config(tmp_path: Path):
    def settings(text: str):
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return load_settings(str(path))

    return settings


def test_no_file_is_no_settings(tmp_path: Path):
    assert load_settings(str(tmp_path / "none.yaml")).keys == {}


def test_footer_and_help_show_the_new_keys(config):
    keys = remapped(REVIEW, config("keys: {pin: b, filter: [/, f3], presets: B}"))
    found = {key.id: key.keys for key in keys}
    assert found["pin"] == ("b",)
    assert found["filter"] == ("slash", "f3")
    assert ("b", "pin") in footer_keys(keys)
    assert ("/ f3", "filter") in footer_keys(keys)
    assert ("b", "pin or unpin, at once and on disk") in help_rows(keys)
    assert {key.id for key in keys} == {key.id for key in REVIEW}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keys: {pin: d}", "keys.pin: d is the key of mark already"),
        ("keys: {pun: b}", "keys.pun: is no action; known: artifacts"),
        ("keys: {commit: y}", "keys.commit: y confirms a commit"),
        ("keys: {pin: yes}", "keys.pin: must be a key"),
        ("keys: {pin: ctrl+c}", "keys.pin: ctrl+c always leaves"),
        ("keys: {pin: []}", "keys.pin: needs at least one key"),
        ("keys: {pin: {a: 1}}", "keys.pin: must be a key"),
        ("keys: [pin]", "keys: must be a mapping"),
        ("colour: red", "colour: is no setting"),
        ("[1]", "must be a mapping"),
        ("keys: {", "not valid YAML"),
    ],
)
def test_a_refusal_names_file_and_field(config, text: str, words: str):
    with pytest.raises(Refusal) as refusal:
        remapped(REVIEW, config(text))
    assert str(refusal.value).split(": ", 1)[0].endswith("config.yaml")
    assert words in str(refusal.value)


def test_two_actions_may_change_places(config):
    found = {key.id: key.keys for key in remapped(REVIEW, config("keys: {pin: d, mark: space}"))}
    assert (found["pin"], found["mark"]) == (("d",), ("space",))
