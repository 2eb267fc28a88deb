"""Saves that die half-way, as by the kernel: a script calls itself and is killed in the middle."""

import os
import signal
import subprocess
import sys
from typing import Any, NoReturn

DYING = "--die"


def die(*_: Any, **__: Any) -> NoReturn:
    """What a test double does in place of the last act of a save."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")


def run_to_death(script: str, *args: object) -> None:
    """Run the script once more, dying; anything but being killed is an error."""
    command = [sys.executable, script, *map(str, args), DYING]
    child = subprocess.run(command, check=False)
    if child.returncode != -signal.SIGKILL:
        sys.exit(f"{script}: the save was not killed: {child.returncode}")
