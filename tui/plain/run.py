"""Opens the plain review on the terminal's own lines."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ...policies.commit.safety import refuse_root
from ...policies.rules.policy import Policy
from .. import output
from ..put_right import put_right, waiting
from ..review.disk import LocalDisk
from ..review.feed import Feed, scanner
from ..review.model import ReviewModel
from ..review.remembered import Memory, memory_directory
from .dialogue import Dialogue
from .session import Session


def run_plain(
    root: str,
    *,
    policy: Policy | None,
    apparent: bool = False,
    read_only: bool = False,
    now: Callable[[], float] = time.time,
) -> int:
    """Review a directory in lines of text; the exit code. RootRefusal for a bad root."""
    refuse_root(root)
    root = os.path.realpath(root)
    for sentence in (waiting if read_only else put_right)(root):
        output.data(output.shown(sentence))
    model = ReviewModel(root, policy, now=now, apparent=apparent, read_only=read_only)
    memory = Memory(root, policy, memory_directory())
    if (kept := memory.recall()) is not None:
        model.restore(kept)
    talk = Dialogue(_typed, output.data)
    scan = scanner(root, remember=not read_only)
    code = Session(model, LocalDisk(), talk, lambda: Feed(scan).start(), root).run()
    if not read_only and model.arrivals.named:
        memory.keep(model.choices)
    return code


def _typed(prompt: str) -> str | None:
    """A line from the terminal. Ctrl+C at a prompt leaves, as the end of input does."""
    try:
        return input(prompt)
    except (EOFError, KeyboardInterrupt):
        return None
