"""What an interrupted commit left is put right before a command looks at a run, and told.

Who only reads is told that it waits.
"""

from __future__ import annotations

import os

from ..policies.places import JOURNALS, state_directory
from . import output


def put_right(directory: str) -> tuple[str, ...]:
    """Finish or roll back what was interrupted; a sentence for each commit.

    While somebody else works there, or where nothing can be written, it waits.
    """
    if not _has_journals(directory):
        return ()
    from ..policies.commit.recovery import recover
    from ..policies.refusal import BusyRefusal, Refusal

    try:
        return recover(directory)
    except BusyRefusal:
        return ()  # whoever holds the lock has put it right
    except Refusal:
        return waiting(directory)


def waiting(directory: str) -> tuple[str, ...]:
    """What waits to be put right; writes nothing."""
    if not _has_journals(directory):
        return ()
    from ..policies.commit.recovery import pending

    found = pending(directory)
    return (found,) if found else ()


def tell(sentences: tuple[str, ...]) -> None:
    """Beside what was asked for, on stderr."""
    for sentence in sentences:
        output.note(output.shown(sentence))


def _has_journals(directory: str) -> bool:
    """Most runs have none; then nothing of the machinery is imported."""
    return os.path.isdir(os.path.join(state_directory(os.path.realpath(directory)), JOURNALS))
