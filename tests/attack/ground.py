"""The run that is attacked: directories, sets and files, and what must be true of it afterwards.

Files are told apart by inode, so that each can be found again wherever it was moved; nothing
here asks keepstep where things are, but for the one check that a torn set never looks complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result
from keepstep.tui.cli import cli

COMMAND = [sys.executable, "-m", "keepstep.tui"]
LONG_AGO_NS = 1_700_000_000_123_456_789
HEADER = json.dumps({"w": {"dtype": "U8", "shape": [2000], "data_offsets": [0, 2000]}}).encode()
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(2000)
PARENTS = (".", "tf", "gan", "files")
# Every checkpoint that `--keep-last 1` lets go, and one of each series that it keeps.
MEMBERS = {
    **{f"checkpoint-{n}": [f"checkpoint-{n}"] for n in (100, 200, 300)},
    **{
        f"tf/ckpt-{n}": [
            f"tf/ckpt-{n}.{part}"
            for part in ("index", "data-00000-of-00002", "data-00001-of-00002")
        ]
        for n in (1, 2)
    },
    **{f"gan/{n}000": [f"gan/G_{n}000.pth", f"gan/D_{n}000.pth"] for n in (1, 2)},
    **{f"files/epoch_{n}.pth": [f"files/epoch_{n}.pth"] for n in (1, 2)},
}
KEPT = ("checkpoint-300", "tf/ckpt-2", "gan/2000", "files/epoch_2.pth")
GOING = tuple(name for name in MEMBERS if name not in KEPT)
PRUNE = ["--keep-last", "1", "-y"]
SLIM = ["--keep-last", "1", "--slim-last", "2", "-y"]  # slims checkpoint-200, deletes 100
RESUMING = ("optimizer.pt", "scheduler.pt", "rng_state.pth")

Seen = dict[str, tuple[object, ...]]


class ViolationError(AssertionError):
    """Something that must never happen has happened."""


def demand(condition: object, what: str) -> None:
    """A check that also holds under `python -O`."""
    if not condition:
        raise ViolationError(what)


def save_directory(folder: Path, step: int) -> None:
    """A checkpoint as transformers writes it; the file that makes it complete comes last."""
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))


def build(root: Path) -> Seen:
    """Make the run; what it looks like."""
    for step in (100, 200, 300):
        folder = root / f"checkpoint-{step}"
        save_directory(folder, step)
        (folder / os.fsdecode(b"odd-\xff.bin")).write_bytes(b"odd")
        for name in RESUMING:
            (folder / name).write_bytes(os.urandom(700))
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "optim.pt").write_bytes(os.urandom(100))
        (folder / "deep" / "er").chmod(0o555)
        (folder / "dangling").symlink_to("nowhere")
        (folder / "above").symlink_to(root)
    os.link(root / "checkpoint-100/model.safetensors", root / "checkpoint-200/shared.bin")
    os.link(root / "checkpoint-100/model.safetensors", root / "checkpoint-300/shared.bin")
    for paths in list(MEMBERS.values())[3:]:
        for path in paths:
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(os.urandom(321))
    (root / "files/epoch_1.pth").chmod(0o640)
    for path in [*sorted(root.rglob("*"), reverse=True), root]:
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS), follow_symlinks=False)
    return look(root)


def look(root: Path) -> Seen:
    """Every entry but our own state: mode, inode, links, time and content."""
    found: Seen = {}
    for path in [root, *root.rglob("*")]:
        name = str(path.relative_to(root))
        if name.split("/")[0] != ".keepstep":
            found[name] = _entry(path)
    return found


def _entry(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    content: object = None
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    links = None if stat.S_ISDIR(status.st_mode) else status.st_nlink
    return (status.st_mode, status.st_ino, content, links, status.st_mtime_ns)


def loose(seen: Seen, *, links: bool = True) -> Seen:
    """Without the times of parents, which a crash may leave changed, or the counts of links."""
    return {
        name: (*entry[:3], entry[3] if links else None, None if name in PARENTS else entry[4])
        for name, entry in seen.items()
    }


def part(seen: Seen, checkpoint: str) -> Seen:
    """What belongs to one checkpoint."""
    members = MEMBERS[checkpoint]
    return {n: e for n, e in seen.items() if any(n == m or n.startswith(m + "/") for m in members)}


def each_is_whole(root: Path, before: Seen) -> None:
    """Every checkpoint is whole in its place, or whole in the trash."""
    now = loose(look(root))
    inodes = {path.lstat().st_ino for path in root.glob(".keepstep/trash/*/**/*")}
    for checkpoint in MEMBERS:
        wanted = part(loose(before), checkpoint)
        here = part(now, checkpoint)
        there = [name for name, entry in wanted.items() if entry[1] in inodes]
        in_place = here == wanted and not [n for n in there if wanted[n][3] in (None, 1)]
        in_trash = not here and len(there) == len(wanted)
        demand(in_place or in_trash, f"{checkpoint} is neither whole in its place nor in the trash")


def no_half_looks_complete(root: Path) -> None:
    """What the scan calls complete has every member it had."""
    document = json.loads(run("scan", root, "--json").stdout)
    owner = {path: paths for paths in MEMBERS.values() for path in paths}
    for one in document["checkpoints"]:
        if one["state"] == "complete":
            for path in one["paths"]:
                missing = [m for m in owner.get(path, ()) if not os.path.lexists(root / m)]
                demand(not missing, f"{one['id']} looks complete without {missing}")


def run(*arguments: str | Path) -> Result:
    """A command in this process: the one that follows an attack."""
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    demand(
        result.exception is None or isinstance(result.exception, SystemExit),
        f"{arguments[0]} afterwards: {result.exception!r}",
    )
    return result


def undo_all(root: Path) -> None:
    """`undo` until there is nothing left to undo."""
    for _ in range(5):
        if "nothing" in run("undo", root).stdout:
            return
    raise ViolationError(f"undo does not come to an end: {run('undo', root).stdout}")


def process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command as a process of its own, without a terminal."""
    line = [*COMMAND, *map(str, arguments)]
    return subprocess.run(
        line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60
    )
