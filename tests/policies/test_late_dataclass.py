"""A dataclass whose methods are made late behaves as the standard one does."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from dataclasses import field

import pytest
from keepstep.policies.late_dataclass import dataclass


@dataclasses.dataclass(frozen=True, slots=True)
class PlainBase:
    kind: str = "rule"
    only: tuple[str, ...] = field(default=(), kw_only=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Plain(PlainBase):
    value: float = 0.5
    names: list[str] = field(default_factory=list)
    at: int = field(default=0, compare=False)
    hidden: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class LateBase:
    kind: str = "rule"
    only: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Late(LateBase):
    value: float = 0.5
    names: list[str] = field(default_factory=list)
    at: int = field(default=0, compare=False)
    hidden: int = field(default=0, repr=False)


@dataclass(slots=True)
class Mutable:
    count: int = 0


@dataclass(slots=True, frozen=True)
class One:
    value: float


@dataclass(slots=True, frozen=True)
class Nothing:
    pass


@dataclass(slots=True, frozen=True, eq=False)
class Itself:
    value: int


ARGUMENTS = [
    ((), {}),
    (("best", 1.5), {"only": ("a*",)}),
    (("best", math.nan, ["x"], 3, 4), {}),
    ((), {"hidden": 7, "names": ["y"]}),
]


@pytest.mark.parametrize(("values", "named"), ARGUMENTS)
def test_it_holds_and_says_what_the_standard_one_does(values, named):
    plain, late = Plain(*values, **named), Late(*values, **named)
    assert repr(late) == repr(plain).replace("Plain", "Late")
    fields = [one.name for one in dataclasses.fields(plain)]
    assert [one.name for one in dataclasses.fields(late)] == fields
    assert [getattr(late, name) for name in fields] == [getattr(plain, name) for name in fields]
    assert Late.__match_args__ == Plain.__match_args__


@pytest.mark.parametrize("wrong", [{"no": 1}, {"only": (), "kind": "a", "nothing": 0}])
def test_a_wrong_call_fails_the_same_way(wrong):
    said = []
    for cls in (Plain, Late):
        with pytest.raises(TypeError) as failed:
            cls(**wrong)
        said.append(str(failed.value).replace("Plain", "Late"))
    assert said[0] == said[1]


def test_no_two_instances_share_what_a_factory_made():
    assert Late().names is not Late().names


def test_equal_and_hashed_by_what_is_compared():
    assert Late(at=1) == Late(at=2)
    assert Late(value=1.0) != Late(value=2.0)
    assert Late() != LateBase()
    assert hash(One(2.0)) == hash(One(2.0)) != hash(One(3.0))
    assert Nothing() == Nothing()
    assert One(math.nan) == One(math.nan)  # the same object, as in any tuple
    assert Itself(1) != Itself(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Mutable())


def test_the_frozen_stay_as_they_are_and_others_do_not():
    late, mutable = Late(), Mutable()
    with pytest.raises(dataclasses.FrozenInstanceError, match="value"):
        late.value = 2.0
    with pytest.raises(dataclasses.FrozenInstanceError, match="value"):
        del late.value
    with pytest.raises(AttributeError):
        mutable.other = 1
    mutable.count += 1
    assert mutable == Mutable(1)


@pytest.mark.parametrize("late", [Late("a", 1.5, ["x"], 3, 4, only=("b",)), One(1.0), Nothing()])
def test_it_can_be_sent_copied_and_changed(late):
    assert pickle.loads(pickle.dumps(late)) == late
    assert copy.deepcopy(late) == copy.copy(late) == dataclasses.replace(late) == late
