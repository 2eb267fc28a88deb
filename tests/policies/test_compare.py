"""Two policies on one run: what each keeps that the other deletes."""

from __future__ import annotations

import pytest
from keepstep.policies import Refusal
from keepstep.policies.compare import compare
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.counts import FirstRule, LastRule

from .catalogs import GIGABYTE, NOW, policy, steps_catalog
from .test_slim_plans import OPTIMIZER, plan_of, slimmable

TEN = range(100, 1001, 100)


def _plan(*rules):
    return make_plan(steps_catalog(TEN), policy(*rules), now=NOW)


def test_both_ways_with_bytes():
    found = compare(_plan(LastRule(3)), _plan(FirstRule(2), LastRule(1)))
    assert [one.step for one in found.only_first] == [800, 900]
    assert [one.step for one in found.only_second] == [100, 200]
    assert (found.kept_by_both, found.deleted_by_both) == (1, 5)
    assert found.bytes_only_first.certain == found.bytes_only_second.certain == 2 * GIGABYTE
    assert not found.same


def test_turned_round_it_says_the_same():
    one, other = _plan(LastRule(4)), _plan(FirstRule(4))
    there, back = compare(one, other), compare(other, one)
    assert (there.only_first, there.only_second) == (back.only_second, back.only_first)
    assert compare(one, one).same


def test_what_one_keeps_whole_and_the_other_slims():
    items = [slimmable(step) for step in TEN]
    whole = plan_of(items, (LastRule(4),), ())
    slim = plan_of(items, (LastRule(2),), (LastRule(4),))
    found = compare(whole, slim)
    assert [one.step for one in found.whole_only_first] == [700, 800]
    assert found.bytes_whole_only_first.certain == 2 * OPTIMIZER
    assert (found.only_first, found.only_second, found.whole_only_second) == ((), (), ())
    assert not found.same


def test_plans_of_other_scans_are_refused():
    with pytest.raises(Refusal, match="only plans of one scan"):
        compare(_plan(LastRule(1)), make_plan(steps_catalog([1]), policy(LastRule(1)), now=NOW))
