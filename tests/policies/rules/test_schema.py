"""Policy files: what parses, and the one sentence that each mistake gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from keepstep.policies import Refusal, load_policy
from keepstep.policies.rules import preset_files
from keepstep.policies.rules.schema import parse_policy, policy_of
from keepstep.policies.rules.table import RULES

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
    "an unknown nearness": (
        "keep:\n  - best: {metric: m, mode: min, within: chance}",
        "p.yaml: keep[0].best.within (line 2): must be noise, not 'chance'",
    ),
    "a negative nearness": (
        "keep:\n  - best: {metric: m, mode: min, within: -0.1}",
        "keep[0].best.within (line 2): must be noise or a number that is not negative, not -0.1",
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
    "a duration that is none": (
        "keep:\n  - within: a week",
        "p.yaml: keep[0].within (line 2): 'a week' is no duration; write a number and s, m, h",
    ),
    "no time at all": ("keep:\n  - within: 0", "keep[0].within (line 2): must be longer than 0"),
    "free space that is none": (
        "keep:\n  - last: 3\nmin_free: much",
        "p.yaml: min_free (line 3): 'much' is no free space; write a share up to 100% or a size",
    ),
    "an offset outside": (
        "keep:\n  - every_steps: {every: 10, offset: 10}",
        "p.yaml: keep[0].every_steps.offset (line 2): must be less than every (10), not 10",
    ),
    "a wrong stand-in": (
        "keep:\n  - every_steps: {every: 10, on_miss: next}",
        "keep[0].every_steps.on_miss (line 2): must be last_in_bucket, none or closest, not 'next'",
    ),
    "a bound without a side": (
        "keep:\n  - threshold: {loss: 0.1}",
        "p.yaml: keep[0].threshold.loss (line 2): must be a bound, {max: number} or {min: number}",
    ),
    "two bounds on one metric": (
        "keep:\n  - threshold: {loss: {max: 0.1, min: 0}}",
        "keep[0].threshold.loss (line 2): must be a bound",
    ),
    "a bound that is no number": (
        "keep:\n  - threshold: {loss: {max: .nan}}",
        "p.yaml: keep[0].threshold.loss.max (line 2): must be a number, not nan",
    ),
    "a threshold of nothing": (
        "keep:\n  - threshold: {window: 5}",
        "p.yaml: keep[0].threshold (line 2): needs at least one metric with a bound",
    ),
    "no steps": ("keep:\n  - steps: []", "p.yaml: keep[0].steps (line 2): must be a list with at"),
    "steps that are none": (
        "keep:\n  - steps: [1, x]",
        "p.yaml: keep[0].steps[1] (line 2): must be a whole number, not 'x'",
    ),
    "a pattern that is a number": (
        "keep:\n  - match: [7]",
        "keep[0].match[0] (line 2): must be a name, not 7",
    ),
    "only nothing": (
        "keep:\n  - last: 3\n    only: []",
        "p.yaml: keep[0].only (line 3): must name at least one pattern of series",
    ),
    "only without a rule": ("keep:\n  - only: a*", "p.yaml: keep[0] (line 2): must be one rule"),
    "artifacts as a mapping": (
        "keep:\n  - last: 1\nartifacts:\n  event: delete",
        "p.yaml: artifacts (line 4): must be a list with at least one class, such as [visualiz",
    ),
    "no artifacts": ("keep: [{last: 1}]\nartifacts: []", "artifacts (line 2): must be a list with"),
    "the final model": (
        "keep:\n  - last: 1\nartifacts: [log, final-model]",
        "p.yaml: artifacts[1] (line 3): final-model is never deleted by a policy",
    ),
    "an unknown class": (
        "keep:\n  - last: 1\nartifacts: [visualisation]",
        "p.yaml: artifacts[0] (line 3): unknown class of artifacts 'visualisation' "
        "(did you mean 'visualization'?); known: config, event,",
    ),
    "a class twice": (
        "keep:\n  - last: 1\nartifacts: [log, log]",
        "p.yaml: artifacts[1] (line 3): log is named twice",
    ),
    "a class that is no word": (
        "keep:\n  - last: 1\nartifacts: [7]",
        "p.yaml: artifacts[0] (line 3): must be a name, not 7",
    ),
    "slim": ("keep:\n  - last: 2\nslim:\n  - last: 1", "p.yaml: slim[0].last (line 4): last 1"),
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


EVERY_RULE = """\
keep:
  - last: 30
  - first: 2
  - every_steps: {every: 700, offset: 50, on_miss: closest}
  - every_epochs: 5
  - graduated: {last: 20, tier2_count: 20, tier3_interval: 1000}
  - best: {metric: eval_acc, count: 2, missing: drop}
  - threshold: {loss: {max: 0.1}, acc: {min: 0.5, window: 2}, window: 20, missing: drop}
  - hourly: 24
  - daily: 7
  - weekly: 4
  - monthly: 12
  - yearly: 10
  - within: 36h
  - steps: [500, 100]
  - match: ["*-best*", "run7/*"]
    only: [run7/*, run8/*]
min_free: 10%
"""


def test_every_rule_goes_round():
    policy = parse_policy(EVERY_RULE, "p.yaml")
    assert [rule.kind for rule in policy.keep] == list(RULES)
    assert policy_of(policy.document(), "p.yaml") == policy
    assert policy.keep[6].value() == {
        "loss": {"max": 0.1, "window": 20}, "acc": {"min": 0.5, "window": 2}, "missing": "drop",
    }  # fmt: skip
    assert policy.keep[-1].only == ("run7/*", "run8/*")
    assert str(policy.min_free) == "10%"
    assert all(rule.label() and rule.sentence() for rule in policy.keep)
    assert len({*policy.keep}) == len(RULES)  # rules can stand in sets


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


def test_the_parsed_presets_are_what_their_files_say():
    """Whoever changes a preset writes this text into parsed.json."""
    shipped = preset_files.preset_files(own_directory="/nowhere")
    said = {name: yaml.safe_load(Path(one.path).read_text()) for name, one in shipped.items()}
    parsed = Path(next(iter(shipped.values())).path).with_name("parsed.json").read_text()
    assert parsed == json.dumps(said, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", preset_files.preset_files(own_directory="/nowhere"))
def test_a_shipped_preset_is_the_policy_of_its_file(name: str):
    path = preset_files.preset_files(own_directory="/nowhere")[name].path
    assert load_policy(name) == parse_policy(Path(path).read_text(), path)


def test_the_presets_of_the_contract_are_there():
    names = set(preset_files.preset_files(own_directory="/nowhere"))
    assert {"balanced", "conservative", "aggressive", "last-20", "best-3"} <= names


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(Refusal, match=r"unknown preset 'balaced' \(did you mean 'balanced'\?\)"):
        load_policy("balaced")


def test_a_shipped_name_means_the_same_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("balanced", "mine"):
        (tmp_path / f"{name}.yaml").write_text("name: my own\nkeep:\n  - last: 7\n")
    monkeypatch.setattr(preset_files, "user_preset_directory", lambda: str(tmp_path))
    assert load_policy("balanced").name == "balanced"
    assert load_policy("mine").name == "my own"
    with pytest.raises(Refusal, match="comes with keepstep"):
        preset_files.save_preset(load_policy("mine"), "balanced")


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(Refusal, match=r"gone\.yaml: No such file"):
        load_policy(str(tmp_path / "gone.yaml"))


def test_classes_of_artifacts_are_read_said_and_written_again():
    policy = parse_policy("keep: [{last: 3}]\nartifacts: [visualization, event]", "p.yaml")
    assert policy.artifacts == ("visualization", "event")
    assert policy.sentence() == (
        "Keep the last 3; delete the rest and the files of classes visualization and event."
    )
    assert policy_of(policy.document(), "p.yaml") == policy
    one = parse_policy("keep: [{last: 3}]\nartifacts: [log]", "p.yaml")
    assert one.sentence().endswith("delete the rest and the files of class log.")
    assert "artifacts" not in parse_policy("keep: [{last: 3}]", "p.yaml").document()


def test_no_shipped_preset_names_a_class():
    assert not any(load_policy(name).artifacts for name in preset_files.preset_files())
