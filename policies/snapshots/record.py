"""What a snapshot is of: a small file in it, from which `restore` knows names and places."""

from __future__ import annotations

import os

import msgspec

from ..places import SNAPSHOT_RECORD, SNAPSHOTS
from ..refusal import Refusal
from .clone import How

FORMAT = "keepstep/snapshot"
VERSION = 1


class SnapshotRecord(msgspec.Struct, frozen=True):
    """Names are relative to the directory that holds `snapshots/`."""

    format: str
    version: int
    series: str  # the pattern of the names of its series
    id: str  # of the checkpoint
    members: list[str]  # in the order in which they may leave
    step: int | None
    epoch: float | None
    taken_at: str  # ISO 8601, UTC
    how: How
    directory: bool  # the snapshot holds what is in the one member, a directory
    bytes: int  # length of all files, their number and newest write, as they were taken:
    files: int  # a hard link shows what is written to the original later
    newest_mtime_ns: int


def write_record(folder: str, record: SnapshotRecord) -> None:
    """Write it as the last file of a snapshot, with the time of what it is about."""
    path = os.path.join(folder, SNAPSHOT_RECORD)
    with open(path, "xb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.utime(path, ns=(record.newest_mtime_ns, record.newest_mtime_ns))


def read_record(folder: str) -> SnapshotRecord | None:
    """The record of a folder; None where it has none. Refusal for one that makes no sense."""
    path = os.path.join(folder, SNAPSHOT_RECORD)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            record = msgspec.json.decode(file.read(), type=SnapshotRecord)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Refusal(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise Refusal(f"{path}: {error}") from None
    if (record.format, record.version) != (FORMAT, VERSION):
        raise Refusal(f"{path}: is no {FORMAT} of version {VERSION}")
    if not record.members or any(_leaves(name) for name in record.members):
        raise Refusal(f"{path}: members: must be names below the run, not {record.members}")
    return record


def snapshots_of(folder: str) -> list[tuple[str, SnapshotRecord]]:
    """The snapshots of one run directory, oldest first: name and record."""
    try:
        names = sorted(os.listdir(os.path.join(folder, SNAPSHOTS)))
    except OSError:
        return []
    read = ((name, read_record(os.path.join(folder, SNAPSHOTS, name))) for name in names)
    return [(name, record) for name, record in read if record is not None]


def _leaves(name: str) -> bool:
    return not name or any(part in ("", ".", "..") for part in name.split("/"))
