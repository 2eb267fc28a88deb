"""Ask before anything moves; without a terminal nobody can answer, so only -y counts."""

from __future__ import annotations

import sys

from ..policies.refusal import Refusal
from . import output


def confirm(question: str, *, yes: bool) -> bool:
    """Whether a person agrees; Refusal when nobody could be asked."""
    if yes:
        return True
    if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)):
        raise Refusal("not on a terminal, so nobody can be asked; -y answers yes; nothing changed")
    output.note(f"{question} [y/N] ", end="")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
