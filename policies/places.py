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
METRICS_FILE = "metrics.jsonl"
VERDICTS_FILE = "verified.json"
LOCK_FILE = "lock"
JOURNALS = "commits"
HISTORY_FILE = "history.jsonl"  # a line for each commit of long ago, instead of a journal
TRASH = "trash"
SNAPSHOTS = "snapshots"  # beside the checkpoints, for everybody to see
SNAPSHOT_RECORD = ".keepstep-snapshot.json"  # in each of them

_ACCELERATE_FOLDER = "checkpoints"
_ACCELERATE_ENTRY = re.compile(r"checkpoint_\d+")


def is_accelerate_folder(name: str, entries: Iterable[str]) -> bool:
    """Whether accelerate owns the folder and would trip over anything of ours in it."""
    return name == _ACCELERATE_FOLDER and any(
        _ACCELERATE_ENTRY.fullmatch(entry) for entry in entries
    )


def state_directory(directory: str) -> str:
    """The `.keepstep` directory that serves `directory` (absolute); it need not exist."""
    own = os.path.join(directory, STATE_DIRECTORY)
    if os.path.basename(directory) != _ACCELERATE_FOLDER or os.path.isdir(own):
        return own
    above = os.path.join(os.path.dirname(directory), STATE_DIRECTORY)
    # An emptied folder no longer shows whose it is; what was begun above goes on above.
    if os.path.isdir(above) or is_accelerate_folder(_ACCELERATE_FOLDER, _entries(directory)):
        return above
    return own


def _entries(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []
