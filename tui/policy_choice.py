"""Which policy a command runs with, and why: options, the run's own saved one, or the default.

Options and --policy together are the union of their rules, so that neither deletes more for the
other; the classes of artifacts that both name are deleted. Refusals name the flag.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NoReturn

from ..policies.places import POLICY_FILE, state_directory
from ..policies.refusal import PolicyRefusal
from ..policies.rules.artifact_classes import artifact_classes
from ..policies.rules.best import BestRule, margin_of
from ..policies.rules.calendar import DailyRule, HourlyRule, MonthlyRule, WeeklyRule, YearlyRule
from ..policies.rules.combinations import fields_of, refuse_useless
from ..policies.rules.counts import FirstRule, LastRule
from ..policies.rules.direction import known_mode
from ..policies.rules.every_steps import EveryEpochsRule, EveryStepsRule
from ..policies.rules.fields import count, text
from ..policies.rules.graduated import GraduatedRule
from ..policies.rules.policy import Policy
from ..policies.rules.preset_files import load_policy
from ..policies.rules.rule import Rule
from ..policies.rules.schema import load_policy_file
from ..policies.rules.within import WithinRule
from .policy_options import PolicyFlags

DEFAULT = "balanced"
_BY_TIME: tuple[type[Rule], ...] = (
    WithinRule,
    HourlyRule,
    DailyRule,
    WeeklyRule,
    MonthlyRule,
    YearlyRule,
)
_FLAGS: dict[type[Rule], str] = {  # after --keep- or --slim-
    GraduatedRule: "last with tiers",
    EveryStepsRule: "every",
    EveryEpochsRule: "every-epochs",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy and where it came from, in words."""

    policy: Policy
    why: str
    default: bool = False  # nobody named or saved it, so nothing unattended may run on it

    def line(self) -> str:
        """What the output says about it."""
        return f"policy: {self.policy.name} ({self.why})"


def requested(flags: PolicyFlags) -> Choice | None:
    """The policy that the options ask for; None when they ask for none."""
    rules, slim, classes = _rules(flags), _slim_rules(flags), _classes(flags)
    named = None if flags.policy is None else load_policy(flags.policy)
    if named is not None and not rules and not slim and not classes:
        return Choice(named, "named with --policy")
    labels = [rule.label() for rule in rules]
    labels += [f"slim {rule.label()}" for rule in slim]
    labels += [f"delete {one}" for one in classes]
    name, source = ", ".join(labels), _spelled(flags)
    if named is None and not rules and not slim:
        if classes:
            _refuse("--delete-artifacts needs a policy beside it: --policy or --keep-last ...")
        return None
    _refuse_useless(named, rules, slim)
    if named is None:
        policy = Policy(name, rules, source=source, artifacts=classes, slim=slim)
        return Choice(policy, "from the options")
    union = replace(
        named,
        name=f"{named.name}, {name}",
        keep=(*named.keep, *rules),
        slim=(*named.slim, *slim),
        source=source,
        artifacts=tuple(dict.fromkeys((*named.artifacts, *classes))),
    )
    return Choice(union, "named with --policy, and the options")


def _refuse_useless(named: Policy | None, keep: tuple[Rule, ...], slim: tuple[Rule, ...]) -> None:
    """What options ask for must do something beside each other and the preset."""
    before, slimmed = (named.keep, named.slim) if named else ((), ())
    fields = fields_of(named) if named else []
    names = [*fields[: len(before)], *map(_flag, keep)]
    rules = (*before, *keep)
    refuse_useless(rules, names, since=len(before))
    names += [*fields[len(before) :], *(_flag(rule, "slim") for rule in slim)]
    since, whole = len(rules) + len(slimmed), len(rules)
    refuse_useless((*rules, *slimmed, *slim), names, since=since, whole=whole)


def otherwise(policy_file: str | None) -> Choice:
    """The run's own saved policy, or the default."""
    if policy_file is not None:
        return Choice(load_policy_file(policy_file), f"saved in {policy_file}")
    why = "default; none is named or saved for this run"
    return Choice(load_policy(DEFAULT), why, default=True)


def saved_policy_file(root: str) -> str | None:
    """The run's own saved policy, for the review, which picks one before anything is scanned."""
    path = os.path.join(state_directory(os.path.realpath(root)), POLICY_FILE)
    return path if os.path.isfile(path) else None


def _rules(flags: PolicyFlags) -> tuple[Rule, ...]:
    _refuse_halves(flags)
    rules: list[Rule] = []
    if flags.tier2_count is not None:
        rules.append(_graduated(flags))
    elif flags.keep_last is not None:
        rules.append(LastRule.parse(flags.keep_last, "--keep-last"))
    if flags.keep_first is not None:
        rules.append(FirstRule.parse(flags.keep_first, "--keep-first"))
    if flags.keep_every is not None:
        rules.append(EveryStepsRule.parse(flags.keep_every, "--keep-every"))
    if flags.keep_every_epochs is not None:
        rules.append(EveryEpochsRule.parse(flags.keep_every_epochs, "--keep-every-epochs"))
    if flags.keep_best is not None:
        rules.append(_best(flags, flags.keep_best, "--keep-best"))
    return (*rules, *_by_time(flags))


def _slim_rules(flags: PolicyFlags) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    if flags.slim_last is not None:
        rules.append(LastRule.parse(flags.slim_last, "--slim-last"))
    if flags.slim_first is not None:
        rules.append(FirstRule.parse(flags.slim_first, "--slim-first"))
    if flags.slim_every is not None:
        rules.append(EveryStepsRule.parse(flags.slim_every, "--slim-every"))
    if flags.slim_best is not None:
        rules.append(_best(flags, flags.slim_best, "--slim-best"))
    if flags.slim_within is not None:
        rules.append(WithinRule.parse(flags.slim_within, "--slim-within"))
    return tuple(rules)


def _flag(rule: Rule, outcome: str = "keep") -> str:
    """The option that asked for a rule; the tiers begin with --keep-last."""
    return f"--{outcome}-{_FLAGS.get(type(rule), rule.kind)}"


def _classes(flags: PolicyFlags) -> tuple[str, ...]:
    return artifact_classes(("--delete-artifacts", one) for one in flags.delete_artifacts)


def _by_time(flags: PolicyFlags) -> Iterator[Rule]:
    for kind in _BY_TIME:
        value = getattr(flags, f"keep_{kind.kind}")
        if value is not None:
            yield kind.parse(value, f"--keep-{kind.kind}")


def _refuse_halves(flags: PolicyFlags) -> None:
    """An option that means nothing without another is refused, never passed over."""
    best = flags.names_the_best
    if flags.metric is not None and not best:
        _refuse("--metric needs --keep-best or --slim-best")
    if flags.mode is not None and not best:
        _refuse("--mode needs --keep-best or --slim-best")
    if flags.best_within is not None and not best:
        _refuse("--best-within needs --keep-best or --slim-best")
    if best and flags.metric is None:
        which = "--keep-best" if flags.keep_best is not None else "--slim-best"
        _refuse(f"{which} needs --metric")
    tiers = {"--tier2-count": flags.tier2_count, "--tier3-interval": flags.tier3_interval}
    given = [flag for flag, value in tiers.items() if value is not None]
    needed = {**tiers, "--keep-last": flags.keep_last}
    missing = [flag for flag, value in needed.items() if value is None]
    if given and missing:
        _refuse(f"{' and '.join(given)} {_verb(given)} {' and '.join(missing)}")


def _graduated(flags: PolicyFlags) -> Rule:
    last = count(flags.keep_last, "--keep-last", at_least=2)
    tier2 = count(flags.tier2_count, "--tier2-count")
    tier3 = count(flags.tier3_interval, "--tier3-interval")
    value = {"last": last, "tier2_count": tier2, "tier3_interval": tier3}
    return GraduatedRule.parse(value, "--keep-last")


def _best(flags: PolicyFlags, value: int, flag: str) -> Rule:
    best = count(value, flag)
    metric = text(flags.metric, "--metric")
    mode = flags.mode or known_mode(metric)
    if mode is None:
        _refuse(
            f"--mode is needed: nothing tells whether smaller or larger {metric} is better; "
            "say min or max"
        )
    fields = {"metric": metric, "mode": mode, "count": best}
    if flags.best_within is not None:
        fields["within"] = margin_of(_number_or_word(flags.best_within), "--best-within")
    return BestRule.parse(fields, flag)


def _number_or_word(given: str) -> float | str:
    try:
        return float(given)
    except ValueError:
        return given


def _spelled(flags: PolicyFlags) -> str:
    """The options as the source of a policy, for messages about its rules."""
    if flags.metric is not None:
        return f"--metric {flags.metric}"
    return "the options" if flags.policy is None else f"{flags.policy} and the options"


def _verb(flags: list[str]) -> str:
    return "needs" if len(flags) == 1 else "need"


def _refuse(sentence: str) -> NoReturn:
    raise PolicyRefusal(sentence)
