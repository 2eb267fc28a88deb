"""What the parts of checkpoints add up to, in words."""

from __future__ import annotations

from collections.abc import Collection

from ..policies.catalog.model import Checkpoint, Role
from ..policies.freed import optimizer_state
from .quantities import size


def optimizer_state_line(checkpoints: Collection[Checkpoint], *, apparent: bool = False) -> str:
    """optimizer state: 412 GB of 619 GB; "" where none lies in files of its own."""
    state = optimizer_state(checkpoints, apparent=apparent)
    total = sum(one.apparent if apparent else one.disk for one in checkpoints)
    return f"{_what(checkpoints)}: {size(state)} of {size(total)}" if state else ""


def _what(checkpoints: Collection[Checkpoint]) -> str:
    """Most of it: the buffers of reinforcement learning, or else the optimizer."""
    replay = optimizer = 0
    for one in checkpoints:
        roles = dict(one.measure.roles) if one.measure else {}
        replay += roles.get(Role.REPLAY, 0)
        optimizer += roles.get(Role.OPTIMIZER, 0)
    return "replay buffers" if replay > optimizer else "optimizer state"
