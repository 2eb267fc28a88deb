"""Policy files: what parses, and the one sentence that each mistake gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies import Refusal, load_policy
from keepstep.policies.rules import preset_files
from keepstep.policies.rules.schema import parse_policy, policy_of

GOOD = """\
name: mine
about: Three and the best.
keep:
  - last: 3
  - best: {metric: eval_loss, mode: min, count: 2}
  - every_steps: 1000
undo_window: 48h
"""

MISTAKES = {
    "nothing": ("", "p.yaml: must be a mapping with keep"),
    "no rules": ("keep: []", "p.yaml: keep (line 1): must be a list with at least one rule"),
    "no keep": ("name: x", "p.yaml: needs the field 'keep'"),
    "a typo in a field": (
        "kep:\n  - last: 3",
        "p.yaml: unknown field 'kep' (did you mean 'keep'?)",
    ),
    "a typo in a rule": (
        "keep:\n  - lst: 3",
        "p.yaml: keep[0] (line 2): unknown rule 'lst' (did you mean 'last'?); known: best,",
    ),
    "zero": ("keep:\n  - last: 0", "p.yaml: keep[0].last (line 2): must be at least 1, not 0"),
    "a negative count": (
        "keep:\n  - last: 3\n  - first: -2",
        "p.yaml: keep[1].first (line 3): must be at least 1, not -2",
    ),
    "a word for a number": (
        "keep:\n  - last: many",
        "p.yaml: keep[0].last (line 2): must be a whole number, not 'many'",
    ),
    "true for a number": ("keep:\n  - last: true", "must be a whole number, not True"),
    "an unknown field of a rule": (
        "keep:\n  - best: {metric: m, mode: min, cuont: 3}",
        "p.yaml: keep[0].best (line 2): unknown field 'cuont' (did you mean 'count'?); it takes",
    ),
    "a missing field of a rule": (
        "keep:\n  - graduated:\n      last: 20",
        "p.yaml: keep[0].graduated (line 3): needs the field 'tier2_count'",
    ),
    "a wrong mode": (
        "keep:\n  - best: {metric: m, mode: up}",
        "p.yaml: keep[0].best.mode (line 2): must be min or max, not 'up'",
    ),
    "a mode that nobody can guess": (
        "keep:\n  - best: {metric: zeta}",
        "keep[0].best.mode: is needed: nothing tells whether smaller or larger zeta is better",
    ),
    "a tier that could never thin": (
        "keep:\n  - graduated: {last: 1, tier2_count: 2, tier3_interval: 5}",
        "p.yaml: keep[0].graduated.last (line 2): must be at least 2, not 1",
    ),
    "a key twice": (
        "keep:\n  - last: 3\nkeep:\n  - last: 9",
        "the field 'keep' stands twice (line 3)",
    ),
    "two rules in one": (
        "keep:\n  - {last: 3, first: 1}",
        "p.yaml: keep[0] (line 2): must be one rule",
    ),
    "no YAML": ("keep: [", "p.yaml: "),
    "a duration without a unit": ("keep:\n  - last: 1\nundo_window: 24", "undo_window (line 3)"),
    "a tag that would build an object": ("keep: !!python/object:os.system {}", "p.yaml: "),
    "slim": ("keep:\n  - last: 1\nslim:\n  - last: 2", "p.yaml: slim (line 4): this version keeps"),
}  # fmt: skip


def test_a_policy_goes_round():
    policy = parse_policy(GOOD, "p.yaml")
    assert policy_of(policy.document(), "p.yaml") == policy
    assert policy.undo_window == 48 * 3600
    assert [rule.kind for rule in policy.keep] == ["last", "best", "every_steps"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_one_sentence_with_file_and_field(mistake: str):
    text, sentence = MISTAKES[mistake]
    with pytest.raises(Refusal) as refused:
        parse_policy(text, "p.yaml")
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("p.yaml: ")
    assert "\n" not in str(refused.value)


def test_a_known_metric_needs_no_mode():
    assert parse_policy("keep:\n  - best: {metric: eval/acc}", "p").keep[0].metrics() == (
        ("eval/acc", "max"),
    )


@pytest.mark.parametrize("name", preset_files.preset_files(own_directory="/nowhere"))
def test_every_preset_loads_teaches_and_goes_round(name: str):
    policy = load_policy(name)
    assert policy.name == name
    assert policy.about
    assert policy_of(policy.document(), policy.source) == policy
    assert preset_files.preset_text(name).startswith("# ")


def test_the_presets_of_the_contract_are_there():
    names = set(preset_files.preset_files(own_directory="/nowhere"))
    assert {"balanced", "conservative", "aggressive", "last-20", "best-3"} <= names


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(Refusal, match=r"unknown preset 'balaced' \(did you mean 'balanced'\?\)"):
        load_policy("balaced")


def test_a_user_preset_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "balanced.yaml").write_text("name: my own\nkeep:\n  - last: 7\n")
    monkeypatch.setattr(preset_files, "user_preset_directory", lambda: str(tmp_path))
    assert load_policy("balanced").name == "my own"


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Refusal, match=r"gone\.yaml: No such file"):
        load_policy(str(tmp_path / "gone.yaml"))
