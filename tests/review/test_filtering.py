"""What `/` lets through."""

from __future__ import annotations

import pytest
from keepstep.policies.catalog.model import Pin
from keepstep.policies.rules.counts import LastRule
from keepstep.tui.review.filtering import FilterError

from .models import model_of, run, steps


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", [500, 400, 300, 200, 100]),
        ("keep", [500, 400]),
        ("delete", [300, 200, 100]),
        ("!delete", [500, 400]),
        ("delete step>=200", [300, 200]),
        ("step=300", [300]),
        ("POINT-4", [400]),
        ("eval_loss<0.3", [500, 400]),
        ("eval_loss!=1", [500, 400, 300, 200]),
        ("size>2G", []),
        ("size>=1GB", [500, 400, 300, 200, 100]),
        ("size<1GiB", [500, 400, 300, 200, 100]),
        ("age>1h", [500, 400, 300, 200, 100]),
        ("age<1d", []),
        ("tier:1", []),
        ("pinned", [200]),
        ("protected", [500, 200]),
        ("nothing-like-it", []),
    ],
)
def test_shows(text: str, wanted: list[int]):
    model = model_of(run(range(100, 600, 100)), LastRule(2))
    model.set_pins({"checkpoint-200": Pin("checkpoint-200")} if text[:1] == "p" else {})
    model.set_filter(text)
    assert steps(model) == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sise>3G", "known: step, epoch, size, age, tier, eval_loss"),
        ("size>big", "'big' is no number"),
        ("step>many", "'many' is no number"),
        ("age>7", "no duration"),
    ],
)
def test_refuses(text: str, says: str):
    with pytest.raises(FilterError, match=says.replace("'", ".")):
        model_of(run()).set_filter(text)
