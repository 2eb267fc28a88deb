"""Other processes that hold files: real ones, which say when they are ready and end on request."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A map by libc keeps no descriptor, as safetensors does; Python's own mmap would.
_HOLD = """
import ctypes, os, sys
kept = []
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
for word in sys.argv[1:]:
    how, path = word.split("=", 1)
    if how == "cwd":
        os.chdir(path)
        continue
    file = open(path, {"read": "rb", "append": "ab", "map": "rb", "share": "r+b"}[how])
    kept.append(file)
    if how in ("map", "share"):
        access, kind = (3, 1) if how == "share" else (1, 2)
        size, long = os.fstat(file.fileno()).st_size, ctypes.c_long
        place = libc.mmap(None, long(size), access, kind, file.fileno(), long(0))
        assert place not in (None, ctypes.c_void_p(-1).value)
        kept.pop().close()
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def holding(folder: Path, **files: Path) -> Iterator[int]:
    """A process `python train.py` that has these open: read=, append=, map=, share=, cwd=."""
    script = folder / "train.py"
    script.write_text(_HOLD)
    words = [f"{how}={path}" for how, path in files.items()]
    process = subprocess.Popen(
        [sys.executable, str(script), *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
    finally:
        process.communicate()
