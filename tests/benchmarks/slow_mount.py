"""A directory with latency: a FUSE pass-through that waits before every metadata request.

It slows every program alike, also those that make no libc calls, and lets requests wait side by
side. Needs a C compiler, pkg-config, libfuse3's headers and /dev/fuse (Debian: gcc libfuse3-dev
fuse3); `missing` says what is not there. By itself, until interrupted, it keeps a mount standing:

    python tests/benchmarks/slow_mount.py SOURCE MOUNTPOINT [--milliseconds 1]

From a benchmark, with a fresh mount for each run, so that nothing is in its caches:

    with slowed(tree, milliseconds=1) as path: ...
"""

from __future__ import annotations

import argparse
import atexit
import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CODE = Path(__file__).with_suffix(".c")
_AT_ONCE = 128  # requests that wait side by side; libfuse's own default is 10
_PATIENCE = 10.0  # seconds


@functools.cache
def missing() -> str:
    """What stands in the way of a slow mount, in words, or ""."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse"
    if os.geteuid() != 0 and shutil.which("fusermount3") is None:
        return "fusermount3"
    for tool in ("cc", "pkg-config"):
        if shutil.which(tool) is None:
            return tool
    found = subprocess.run(["pkg-config", "--exists", "fuse3"], check=False)
    return "libfuse3-dev" if found.returncode else ""


@functools.cache
def _program() -> str:
    """The pass-through, compiled for this process's life."""
    flags = subprocess.check_output(["pkg-config", "--cflags", "--libs", "fuse3"], text=True)
    place = tempfile.mkdtemp(prefix="keepstep-slow-")
    atexit.register(shutil.rmtree, place)
    target = Path(place, "slow_mount")
    subprocess.run(
        ["cc", "-O2", "-Wall", "-o", str(target), str(_CODE), *flags.split()], check=True
    )
    return str(target)


@contextmanager
def slowed(source: Path, *, milliseconds: float = 1.0, at: Path | None = None) -> Iterator[Path]:
    """The same directory under another path, where each metadata request waits so long."""
    place = at or Path(tempfile.mkdtemp(prefix="keepstep-mount-"))
    before = os.stat(place).st_dev
    wait = str(round(milliseconds * 1000))
    options = [
        "-f",
        "-o",
        f"max_threads={_AT_ONCE},max_idle_threads={_AT_ONCE},default_permissions",
    ]
    server = subprocess.Popen([_program(), str(source), wait, str(place), *options])
    try:
        _until_mounted(server, place, before)
        yield place
    finally:
        server.terminate()  # it unmounts when it ends
        server.wait()
        if at is None:
            os.rmdir(place)


def _until_mounted(server: subprocess.Popen[bytes], place: Path, before: int) -> None:
    given_up = time.monotonic() + _PATIENCE
    while os.stat(place).st_dev == before:
        if server.poll() is not None or time.monotonic() > given_up:
            raise RuntimeError(f"{place} could not be mounted")
        time.sleep(0.01)


def main() -> None:
    """Keep one mount until interrupted."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("source", type=Path)
    options.add_argument("mountpoint", type=Path)
    options.add_argument("--milliseconds", type=float, default=1.0)
    wanted = options.parse_args()
    if lacking := missing():
        raise SystemExit(f"missing: {lacking}")
    with slowed(wanted.source, milliseconds=wanted.milliseconds, at=wanted.mountpoint) as path:
        print(f"{path} shows {wanted.source}; interrupt to unmount", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
