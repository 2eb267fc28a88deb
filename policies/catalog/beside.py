"""What lies beside a run: what people said of it, what was verified, and what neighbours need.

Read anew by every scan, also by one that found nothing changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from os.path import join
from types import MappingProxyType

from ..pins import read_pins
from ..places import (
    METRICS_FILE,
    POLICY_FILE,
    STATE_DIRECTORY,
    VERDICTS_FILE,
    state_directory,
)
from .model import Catalog, Checkpoint, Pin
from .resume_sources import neighbour_references


def with_what_lies_beside(catalog: Catalog, state_folders: Sequence[str]) -> Catalog:
    """The same with what people have said of it, and what its neighbours need of it."""
    root = catalog.root
    policy_file = join(state_directory(root), POLICY_FILE)
    return replace(
        catalog,
        references=catalog.references + neighbour_references(root, catalog.checkpoints),
        pins=_pins(root, state_folders),
        policy_file=policy_file if os.path.isfile(policy_file) else None,
    )


def verdicts_on(root: str, state_folders: Sequence[str]) -> Callable[[Checkpoint], Checkpoint]:
    """Sized checkpoints as earlier verifications let them be seen, at and below this root.

    What was verified lies beside the run, for everybody who looks at it, and not in anybody's
    index. Raises Refusal for a file of verdicts that cannot be understood.
    """
    states = [state_directory(root), *(join(root, f, STATE_DIRECTORY) for f in state_folders)]
    if not any(os.path.lexists(join(state, VERDICTS_FILE)) for state in states):
        return lambda one: one
    # Imported when needed: few runs are verified.
    from ..verification.verdicts import remembered

    verdicts = remembered(root, state_folders)
    return lambda one: verdicts[one.id].applied(one) if one.id in verdicts else one


def has_given_metrics(root: str, state_folders: Sequence[str]) -> bool:
    """Whether a training has given metrics, in any state directory that concerns the root."""
    states = map(state_directory, holders(root, state_folders))
    return any(os.path.isfile(join(state, METRICS_FILE)) for state in states)


def holders(root: str, state_folders: Sequence[str]) -> list[str]:
    """The directories that hold a state directory which concerns the root."""
    serving = os.path.dirname(state_directory(root))
    return list(dict.fromkeys([serving, *(join(root, f) if f else root for f in state_folders)]))


def _pins(root: str, state_folders: Sequence[str]) -> MappingProxyType[str, Pin]:
    """Pins of every state directory met, and of the one that serves the root, by id."""
    serving = os.path.dirname(state_directory(root))
    pins: dict[str, Pin] = {}
    for holder in holders(root, state_folders):
        for pin in read_pins(
            state_directory(holder) if holder != serving else state_directory(root)
        ):
            relative = os.path.relpath(join(holder, pin.id), root)
            if not relative.startswith(".."):
                pins[relative] = replace(pin, id=relative)
    return MappingProxyType(pins)
