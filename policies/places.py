"""Where keepstep keeps its own files: pins, trash, journal and lock beside the run.

Everything lies in one hidden directory that the frameworks tolerate beside their checkpoints.
The exception is accelerate: it raises IndexError on any entry of its `checkpoints` folder that
has no number, and would rotate away one that has; so for that folder ours lies in its parent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

STATE_DIRECTORY = ".keepstep"
PINS_FILE = "pins.json"
POLICY_FILE = "policy.yaml"
LOCK_FILE = "lock"
JOURNALS = "commits"
TRASH = "trash"

_ACCELERATE_ENTRY = re.compile(r"checkpoint_\d+")


def is_accelerate_folder(name: str, entries: Iterable[str]) -> bool:
    """Whether accelerate owns the folder and would trip over anything of ours in it."""
    return name == "checkpoints" and any(_ACCELERATE_ENTRY.fullmatch(entry) for entry in entries)


def state_directory(directory: str) -> str:
    """The `.keepstep` directory that serves `directory` (absolute); it need not exist."""
    try:
        entries = os.listdir(directory)
    except OSError:
        entries = []
    if is_accelerate_folder(os.path.basename(directory), entries):
        directory = os.path.dirname(directory)
    return os.path.join(directory, STATE_DIRECTORY)
