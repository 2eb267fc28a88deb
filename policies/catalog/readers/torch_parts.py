"""Which part of a training state a dictionary is: optimizer, scheduler, scaler, random states.

Proved by all that is in it, never by one key: what holds anything else that might be weights is
none of these. The shapes are those that `state_dict()` has in torch, and DeepSpeed around it.
"""

from __future__ import annotations

from enum import StrEnum

from .pickle_scalars import is_tensor
from .pickle_values import Thing, Value, is_scalar


class Part(StrEnum):
    """What only resuming needs."""

    OPTIMIZER = "optimizer"
    SCHEDULER = "scheduler"
    SCALER = "scaler"
    RNG = "rng"


_OPTIMIZER = {"state", "param_groups"}
_DEEPSPEED = "optimizer_state_dict"
_DEEPSPEED_BESIDE = {_DEEPSPEED, "ds_config", "ds_version"}
_ZERO_3 = ("fp32_flat_groups", "fp32_flat_group")  # there the weights themselves lie
_SCALER = {"scale", "growth_factor", "backoff_factor", "growth_interval"}
_SCHEDULER_SAYS = {"_step_count", "_last_lr", "base_lrs", "num_bad_epochs"}
_SCHEDULER_HOLDS = {
    "_last_lr", "base_lrs", "base_momentums", "max_momentums", "lr_lambdas", "milestones",
    "min_lrs", "max_lrs", "_milestones", "_schedulers", "_schedule_phases", "_scale_fn_custom",
}  # fmt: skip
_RNG = {
    "python", "numpy", "cpu", "cuda", "torch", "xla", "npu", "mps", "xpu", "mlu", "hpu",
    "random_state", "numpy_random_seed", "torch_manual_seed", "torch_cuda_manual_seed",
    "random_rng_state", "np_rng_state", "torch_rng_state", "cuda_rng_state",
    "rng_tracker_states", "rng_state", "torch_random_state", "numpy_random_state",
    "python_random_state", "cuda_random_state",
}  # fmt: skip
_MOST_PARTS = 16
_NAMES = ("optim", "lr_sched", "sched", "scaler", "grad_scaler", "rng", "random_state")


def part_of(items: dict[str, Value]) -> Part | None:
    """The part that a top dictionary is, where nothing in it can be weights; else None."""
    return _one_part(items) or _several(items)


def _one_part(items: dict[str, Value]) -> Part | None:
    keys = items.keys()
    if keys >= _OPTIMIZER:
        return Part.OPTIMIZER if _is_optimizer(items) else None
    if _DEEPSPEED in keys:
        return Part.OPTIMIZER if _is_deepspeed(items) else None
    if keys >= _SCALER and all(map(is_scalar, items.values())):
        return Part.SCALER
    if "last_epoch" in keys and _SCHEDULER_SAYS & keys:
        plain = all(is_scalar(held) or name in _SCHEDULER_HOLDS for name, held in items.items())
        return Part.SCHEDULER if plain and not any(map(is_tensor, items.values())) else None
    return Part.RNG if _is_rng(items) else None


def _several(items: dict[str, Value]) -> Part | None:
    """An optimizer with what else resuming needs, each under a name of its own, and numbers."""
    found = set()
    holding = [(name, held) for name, held in items.items() if not is_scalar(held)]
    if len(holding) > _MOST_PARTS:  # they may all be the same large one
        return None
    for name, held in holding:
        inner = held if isinstance(held, dict) and name.lower().startswith(_NAMES) else None
        part = None if inner is None else _one_part(inner)
        if part is None:
            return None
        found.add(part)
    return Part.OPTIMIZER if Part.OPTIMIZER in found else None


def _is_optimizer(items: dict[str, Value]) -> bool:
    """torch's: a state for each parameter, and their groups; beside them only scalars."""
    state = items["state"]
    if isinstance(state, Thing) or (
        isinstance(state, dict) and any(map(is_tensor, state.values()))
    ):
        return False
    return all(is_scalar(held) for name, held in items.items() if name not in _OPTIMIZER)


def _is_deepspeed(items: dict[str, Value]) -> bool:
    """A rank's partition of the optimizer; with ZeRO-3 it holds the weights and is none."""
    inner = items[_DEEPSPEED]
    if not isinstance(inner, dict) or any(name in inner for name in _ZERO_3):
        return False
    return all(is_scalar(held) for name, held in items.items() if name not in _DEEPSPEED_BESIDE)


def _is_rng(items: dict[str, Value]) -> bool:
    states = [name for name, held in items.items() if not is_scalar(held)]
    return len(states) > 1 and all(name in _RNG for name in states)
