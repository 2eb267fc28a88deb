"""Keys of a user's own: what the file may say, and what is refused by file and field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keepstep.policies.refusal import Refusal
from keepstep.tui.review.keys import HISTORY, PLACES, REVIEW, footer_keys, help_rows
from keepstep.tui.review.remapped import Keymap, keymap_of
from keepstep.tui.settings import Settings, load_settings

Config = Callable[[str], Settings]
ACTIONS = sorted({key.id for place in PLACES.values() for key in place})
KEYS = [*"abcdefghijklmnopqrstuvwxyzCDPRSFG?/ ", "enter", "escape", "up", "f3", "ctrl+n", "delete"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    def settings(text: str) -> Settings:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return load_settings(str(path))

    return settings


def test_no_file_is_no_settings(tmp_path: Path):
    assert load_settings(str(tmp_path / "none.yaml")).keys == {}


def test_footer_and_help_show_the_new_keys(config: Config):
    keys = keymap_of(config("keys: {pin: b, filter: [/, f3], presets: B}")).of(REVIEW)
    found = {key.id: key.keys for key in keys}
    assert found["pin"] == ("b",)
    assert found["filter"] == ("slash", "f3")
    assert ("b", "pin") in footer_keys(keys)
    assert ("/", "filter") in footer_keys(keys)
    assert ("b", "pin or unpin, at once and on disk") in help_rows(keys)
    assert {key.id for key in keys} == {key.id for key in REVIEW}


def test_keys_that_are_written_together_stay_together(config: Config):
    keymap = keymap_of(config("keys: {up: [up, m], rule_2: f2}"))
    rows = help_rows(keymap.of(REVIEW))
    assert ("↑ ↓ m j", "move by one row") in rows
    assert ("1 f2 3 4 5 6 7 8 9", "switch that policy rule on or off") in rows
    assert keymap.said("up") == "↑"


def test_an_action_has_its_keys_wherever_it_is_offered(config: Config):
    keymap = keymap_of(config("keys: {undo: x, purge: X, down: [down, m], mark: D, compare: d}"))
    assert keymap.action(REVIEW, "x") == keymap.action(PLACES["trash"], "x") == "undo"
    assert keymap.action(PLACES["trash"], "X") == "purge"
    assert keymap.action(PLACES["artifacts"], "D") == "mark"
    assert {keymap.action(place, "m") for place in PLACES.values()} == {"down"}
    assert {keymap.action(place, "j") for place in PLACES.values()} == {None}
    assert ("x", "put back") in footer_keys(keymap.of(HISTORY))


def test_escape_goes_back_whatever_the_file_says(config: Config):
    keymap = keymap_of(config("keys: {close: z, clear: Q}"))
    assert {keymap.action(place, "escape") for place in PLACES.values()} == {"close", "clear"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keys: {pin: d}", "keys.pin: d is the key of mark already"),
        ("keys: {pun: b}", "keys.pun: is no action; known: artifacts"),
        ("keys: {commit: y}", "keys.commit: y answers the question after commit"),
        ("keys: {confirm: c}", "keys.confirm: c answers the question after commit"),
        ("keys: {confirm: [z, u]}", "keys.confirm: u answers the question after undo"),
        ("keys: {confirm: t}", "keys.confirm: t answers the question after history"),
        ("keys: {purge: t}", "keys.purge: t purges after history"),
        ("keys: {confirm: enter}", "keys.confirm: Enter takes what is offered, which is no"),
        ("keys: {confirm: n}", "keys.confirm: n is the key of refuse already"),
        ("keys: {down: n}", "keys.down: n is the key of refuse already"),
        ("keys: {discard: w}", "keys.discard: w is the key of save already"),
        ("keys: {close: z, discard: q}", "keys.discard: q leaves without asking again"),
        ("keys: {pin: yes}", "keys.pin: must be a key"),
        ("keys: {pin: spce}", "keys.pin: 'spce' is no key"),
        ("keys: {pin: hyper+b}", "keys.pin: 'hyper+b' is no key"),
        ("keys: {pin: ctrl+c}", "keys.pin: ctrl+c always leaves"),
        ("keys: {pin: esc}", "keys.pin: esc always goes back"),
        ("keys: {pin: ctrl+m}", "keys.pin: Enter is the key of details already"),
        ("keys: {pin: []}", "keys.pin: needs at least one key"),
        ("keys: {pin: {a: 1}}", "keys.pin: must be a key"),
        ("keys: [pin]", "keys: must be a mapping"),
        ("colour: red", "colour: is no setting; known: keys, theme"),
        ("theme: pink", "theme: must be one of auto, dark, light, plain"),
        ("theme: [light]", "theme: must be one of auto"),
        ("[1]", "must be a mapping"),
        ("keys: {", "not valid YAML"),
    ],
)
def test_a_refusal_names_file_and_field(config: Config, text: str, words: str):
    with pytest.raises(Refusal) as refusal:
        keymap_of(config(text))
    assert str(refusal.value).split(": ", 1)[0].endswith("config.yaml")
    assert words in str(refusal.value)


def test_two_actions_may_change_places(config: Config):
    keymap = keymap_of(config("keys: {pin: d, mark: Space, history: T, note: shift+q}"))
    found = {key.id: key.keys for key in keymap.of(REVIEW)}
    assert (found["pin"], found["mark"]) == (("d",), ("space",))
    assert (found["history"], found["note"]) == (("T",), ("Q",))


@given(
    st.dictionaries(
        st.sampled_from(ACTIONS), st.lists(st.sampled_from(KEYS), min_size=1, max_size=3).map(tuple)
    )
)
def test_no_settings_make_a_key_ask_and_answer(keys: dict[str, tuple[str, ...]]):
    try:
        keymap = keymap_of(Settings("/home/amy/config.yaml", keys))
    except Refusal as refused:
        told = str(refused)
    else:
        _is_safe(keymap)
        return
    assert told.startswith("/home/amy/config.yaml: keys.")
    assert told.split(": ")[1].removeprefix("keys.") in keys


def _is_safe(keymap: Keymap) -> None:
    for place in map(keymap.of, PLACES.values()):
        counts = Counter(key for one in place for key in one.keys)
        assert max(counts.values()) == 1
        assert all(one.keys for one in place)
        for one in place:
            if one.destructive and one.id != "confirm":
                assert not any(keymap.confirms(key) for key in one.keys)
            assert all(keymap.action(place, key) == one.id for key in one.keys)
    assert not keymap.confirms("enter")
    assert not keymap.confirms("escape")


def test_the_keys_as_they_come_are_safe():
    _is_safe(Keymap())
