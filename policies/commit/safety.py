"""Directories that keepstep will not touch, whatever the plan says.

A mount root is allowed: containers mount the checkpoint volume itself. Reads only.
"""

from __future__ import annotations

import os
import pwd

from ..places import STATE_DIRECTORY
from ..refusal import RootRefusal

SYSTEM_DIRECTORIES = frozenset(
    f"/{name}"
    for name in (
        *("", "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "opt"),
        *("proc", "root", "run", "sbin", "snap", "sys", "usr", "var"),
    )
)


def refuse_root(root: str) -> None:
    """Raise RootRefusal, in one sentence, for a root that cannot or must not be reviewed."""
    if not root:
        raise RootRefusal("no directory was named")
    real = os.path.realpath(root)
    _refuse_unusable(root, real)
    for path in {os.path.abspath(root), real}:
        _refuse_place(path, "" if path == root else f" ({root})")


def _refuse_unusable(root: str, real: str) -> None:
    if not os.path.lexists(root):
        raise RootRefusal(f"{root} does not exist")
    if not os.path.exists(real):
        raise RootRefusal(f"{root} is a symbolic link that leads nowhere")
    if not os.path.isdir(real):
        raise RootRefusal(f"{root} is a file; name the directory that holds the checkpoints")
    try:
        with os.scandir(real):
            pass
    except OSError as error:
        raise RootRefusal(f"{root} cannot be read: {error.strerror}") from error


def _refuse_place(path: str, named: str) -> None:
    if STATE_DIRECTORY in path.split("/"):
        raise RootRefusal(
            f"{path}{named} belongs to keepstep itself; name the directory that holds it"
        )
    if path in SYSTEM_DIRECTORIES:
        raise RootRefusal(f"{path}{named} is a system directory; name the directory of one run")
    homes = _home_directories()
    if path in homes:
        raise RootRefusal(
            f"{path}{named} is the home directory of {homes[path]}; name a directory inside it"
        )
    for home, user in homes.items():
        if home.startswith(path.rstrip("/") + "/"):
            raise RootRefusal(
                f"{path}{named} holds the home directory of {user}; name the directory of one run"
            )


def _home_directories() -> dict[str, str]:
    """Home directories as written and as they resolve, with whose they are."""
    homes = {entry.pw_dir: entry.pw_name for entry in pwd.getpwall()}
    own = os.path.expanduser("~")
    homes.setdefault(own, "this user")
    found: dict[str, str] = {}
    for home, user in homes.items():
        if home.startswith("/"):
            found[os.path.normpath(home)] = user
            found[os.path.realpath(home)] = user
    return found
