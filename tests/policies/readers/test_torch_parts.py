"""Which part of a training state a pickle is: proved by all that is in it, or not at all."""

from __future__ import annotations

import pytest
from keepstep.policies.catalog.readers.torch_file import read_torch_file
from keepstep.policies.catalog.readers.torch_parts import Part

from .memory_tree import folder_of
from .samples import OPTIMIZER, RNG, SCALER, SCHEDULER, TENSOR, WEIGHTS, torch_zip

BY_NAME = {"state": {"layer.weight": {"exp_avg": TENSOR}}, "param_groups": []}
ZERO_2 = {"optimizer_state_dict": {"zero_stage": 2, "base_optimizer_state": [1]}, "ds_config": {}}
ZERO_3 = {"optimizer_state_dict": {"zero_stage": 3, "fp32_flat_groups": [1]}, "ds_config": {}}


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (OPTIMIZER, Part.OPTIMIZER),
        (BY_NAME, Part.OPTIMIZER),  # as FSDP writes it
        ({**OPTIMIZER, "loss_scale": 2.0}, Part.OPTIMIZER),
        (ZERO_2, Part.OPTIMIZER),
        (SCHEDULER, Part.SCHEDULER),
        ({**SCHEDULER, "milestones": object(), "gamma": 0.1}, Part.SCHEDULER),
        (SCALER, Part.SCALER),
        (RNG, Part.RNG),
        ({"optimizer": OPTIMIZER, "lr_scheduler": SCHEDULER, "epoch": 3}, Part.OPTIMIZER),
        ({"optim": OPTIMIZER, "scaler": SCALER, "rng_state": RNG, "x": None}, Part.OPTIMIZER),
        # Anything else in it, and it is none of these.
        (WEIGHTS, None),
        ({"model": WEIGHTS, "optimizer": OPTIMIZER}, None),
        ({"optimizer": OPTIMIZER, "ema": WEIGHTS}, None),
        ({"optimizer": OPTIMIZER, "args": [1]}, None),
        ({"optimizer": WEIGHTS}, None),
        ({"optimizer": {**OPTIMIZER, "model": WEIGHTS}}, None),
        ({"optimizers": [OPTIMIZER]}, None),  # what lists hold is not looked at
        ({"state": WEIGHTS, "param_groups": []}, None),
        ({**OPTIMIZER, "model": WEIGHTS}, None),
        ({**OPTIMIZER, "extra": [1]}, None),
        (ZERO_3, None),
        ({**ZERO_2, "module": WEIGHTS}, None),
        ({**SCHEDULER, "model": WEIGHTS}, None),
        ({**SCHEDULER, "averaged": TENSOR}, None),
        ({**SCALER, "w": TENSOR}, None),
        ({**RNG, "w": TENSOR}, None),
        ({"cpu": TENSOR}, None),
        ({"scheduler": SCHEDULER, "epoch": 3}, None),  # alone it is not worth a guess
        ({"epoch": 3}, None),
        ({}, None),
    ],
)
def test_parts(document: object, part: Part | None):
    content = read_torch_file(folder_of({"x.pt": torch_zip(document)}), "x.pt")
    assert content is not None
    assert content.part is part
    assert part is None or not content.holds_weights


def test_many_names_of_one_large_dictionary_cost_little():
    inner = {**OPTIMIZER, **{f"x{n}": n for n in range(20_000)}}
    document = {f"optim{n}": inner for n in range(20_000)}  # all pairs would take hours
    content = read_torch_file(folder_of({"x.pt": torch_zip(document)}), "x.pt")
    assert content is not None
    assert content.part is None
