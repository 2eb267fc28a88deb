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
from ..policies.rules.best import BestRule
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
_FLAGS: dict[type[Rule], str] = {
    GraduatedRule: "--keep-last with tiers",
    EveryStepsRule: "--keep-every",
    EveryEpochsRule: "--keep-every-epochs",
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
    rules, classes = _rules(flags), _classes(flags)
    named = None if flags.policy is None else load_policy(flags.policy)
    if named is not None and not rules and not classes:
        return Choice(named, "named with --policy")
    labels = [*(rule.label() for rule in rules), *(f"delete {one}" for one in classes)]
    name, source = ", ".join(labels), _spelled(flags)
    if named is None and not rules:
        if classes:
            _refuse("--delete-artifacts needs a policy beside it: --policy or --keep-last ...")
        return None
    kept = () if named is None else named.keep
    names = [*fields_of(kept), *map(_flag, rules)]
    refuse_useless((*kept, *rules), names, since=len(kept))
    if named is None:
        policy = Policy(name, rules, source=source, artifacts=classes)
        return Choice(policy, "from the options")
    union = replace(
        named,
        name=f"{named.name}, {name}",
        keep=(*named.keep, *rules),
        source=source,
        artifacts=tuple(dict.fromkeys((*named.artifacts, *classes))),
    )
    return Choice(union, "named with --policy, and the options")


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
        rules.append(_best(flags))
    return (*rules, *_by_time(flags))


def _flag(rule: Rule) -> str:
    """The option that asked for a rule; the tiers begin with --keep-last."""
    return _FLAGS.get(type(rule), f"--keep-{rule.kind}")


def _classes(flags: PolicyFlags) -> tuple[str, ...]:
    return artifact_classes(("--delete-artifacts", one) for one in flags.delete_artifacts)


def _by_time(flags: PolicyFlags) -> Iterator[Rule]:
    for kind in _BY_TIME:
        value = getattr(flags, f"keep_{kind.kind}")
        if value is not None:
            yield kind.parse(value, f"--keep-{kind.kind}")


def _refuse_halves(flags: PolicyFlags) -> None:
    """An option that means nothing without another is refused, never passed over."""
    if flags.metric is not None and flags.keep_best is None:
        _refuse("--metric needs --keep-best")
    if flags.mode is not None and flags.keep_best is None:
        _refuse("--mode needs --keep-best")
    if flags.keep_best is not None and flags.metric is None:
        _refuse("--keep-best needs --metric")
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


def _best(flags: PolicyFlags) -> Rule:
    best = count(flags.keep_best, "--keep-best")
    metric = text(flags.metric, "--metric")
    mode = flags.mode or known_mode(metric)
    if mode is None:
        _refuse(
            f"--mode is needed: nothing tells whether smaller or larger {metric} is better; "
            "say min or max"
        )
    return BestRule.parse({"metric": metric, "mode": mode, "count": best}, "--keep-best")


def _spelled(flags: PolicyFlags) -> str:
    """The options as the source of a policy, for messages about its rules."""
    if flags.metric is not None:
        return f"--metric {flags.metric}"
    return "the options" if flags.policy is None else f"{flags.policy} and the options"


def _verb(flags: list[str]) -> str:
    return "needs" if len(flags) == 1 else "need"


def _refuse(sentence: str) -> NoReturn:
    raise PolicyRefusal(sentence)
