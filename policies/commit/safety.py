"""Roots that keepstep refuses."""

from __future__ import annotations

import os

from ..refusal import RootRefusal


def refuse_root(root: str) -> None:
    """Raise RootRefusal for a root that must not be touched or cannot be read."""
    if not os.path.isdir(root):
        raise RootRefusal(f"{root}: no such directory")
