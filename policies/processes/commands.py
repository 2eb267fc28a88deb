"""Command lines of processes: how to name one, which are keepstep's own, and which are shells."""

from __future__ import annotations

import os
from collections.abc import Sequence

_LONGEST = 40  # characters of a command; arguments may be secrets, so few are shown
_SHELLS = frozenset(("sh", "bash", "dash", "zsh", "fish", "ksh", "tcsh", "csh", "tmux", "screen"))
_WITH_VALUE = ("-X", "-W")  # options of Python that take the next word
OURS = "keepstep"


def program(argv: Sequence[str]) -> str:
    """The name of the program, without folder; a login shell's dash goes too."""
    return os.path.basename(argv[0]).lstrip("-") if argv else ""


def named(argv: Sequence[str], otherwise: str = "?") -> str:
    """Program and first argument: `python train.py`, `python -m torch.distributed.run`."""
    if not argv:
        return otherwise
    words = [program(argv)]
    first = _first_argument(argv)
    if first is not None:
        before = argv[first - 1] if first > 1 else ""
        words += ["-m", argv[first]] if before == "-m" else [os.path.basename(argv[first])]
    text = " ".join(word for word in words if word)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def is_keepstep(argv: Sequence[str]) -> bool:
    """Whether a command is keepstep's; what `keepstep run` starts has a command of its own."""
    if program(argv) == OURS:
        return True
    if not program(argv).startswith("python"):
        return False
    first = _first_argument(argv)
    if first is None:
        return False
    if argv[first - 1] == "-m":
        return argv[first].split(".")[0] == OURS
    return os.path.basename(argv[first]) == OURS


def is_shell(argv: Sequence[str]) -> bool:
    """Whether a command is what a person sits in, and no training."""
    return program(argv) in _SHELLS


def _first_argument(argv: Sequence[str]) -> int | None:
    """Where the first argument stands that is no option; None when there is none."""
    place = 1
    while place < len(argv):
        if argv[place] in ("-c", ""):
            return None
        if not argv[place].startswith("-"):
            return place
        place += 2 if argv[place] in _WITH_VALUE else 1
    return None
