"""What a scan reads of a run's logs: all of them, and again when one hundredth was added.

Run it by itself, on a quiet machine: python tests/benchmarks/log_speed.py [--rounds N]
Logs of 15 MB beside 20 small checkpoints: an event file, a CSV and a JSON log, and an event file of
2 GB that holds images (sparse). Times are medians; the two kinds of scan take turns.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from time import perf_counter

from keepstep.policies import scan
from keepstep.policies.catalog.local_tree import LocalTree

_MB = 1_000_000
_IMAGE = 1_500_000


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def event(step: int, tag: bytes, value: float) -> bytes:
    """One scalar, as every writer of TensorBoard's files puts it."""
    summary = field(1, field(1, tag) + b"\x15" + struct.pack("<f", value))
    data = b"\x09" + struct.pack("<d", 1.7e9) + b"\x10" + varint(step) + field(5, summary)
    return struct.pack("<QI", len(data), 0) + data + b"\0" * 4


def image(length: int) -> tuple[bytes, int]:
    """How the record of an image begins, and how much follows."""
    inner = b"\x0a\x03img\x22" + varint(length)
    value = b"\x0a" + varint(len(inner) + length) + inner
    head = b"\x09" + bytes(8) + b"\x2a" + varint(len(value) + length) + value
    return struct.pack("<QI", len(head) + length, 0) + head, length + 4


def events(start: int, end: int) -> bytes:
    """Losses of every step."""
    return b"".join(event(n, b"train/loss", 1 / (n + 1)) for n in range(start, end))


def table(start: int, end: int) -> bytes:
    """The same as Lightning's CSV."""
    head = b"" if start else b"epoch,step,train_loss,val_loss\n"
    return head + b"".join(
        b"0,%d,%.9f,%.9f\n" % (n, 1 / (n + 1), 2 / (n + 1)) for n in range(start, end)
    )


def lines(start: int, end: int) -> bytes:
    """The same as detectron2's JSON."""
    row = '{"iteration": %d, "total_loss": %.9f, "lr": 0.001, "time": 0.25, "bbox/AP": %.9f}\n'
    return "".join(row % (n, 1 / (n + 1), n / 1e6) for n in range(start, end)).encode()


def with_images(path: Path) -> None:
    """Two gigabytes, of which seven megabytes are scalars."""
    with path.open("wb") as file:
        for block in range(1333):
            file.write(events(block * 100, block * 100 + 100))
            head, rest = image(_IMAGE)
            file.write(head)
            file.seek(rest, os.SEEK_CUR)
        file.truncate()


LOGS: dict[str, tuple[str, str, Callable[[int, int], bytes], int]] = {
    "event file": ("step_{}.pt", "events.out.tfevents.1.host", events, 280_000),
    "CSV": ("epoch=0-step={}.ckpt", "metrics.csv", table, 450_000),
    "JSON": ("model_{:07}.pth", "metrics.json", lines, 165_000),
    "event file with images": ("step_{}.pt", "events.out.tfevents.1.host", events, 133_300),
}


def plant(run: Path, name: str, steps: Iterable[int]) -> None:
    """Small checkpoints of these steps."""
    run.mkdir()
    for step in steps:
        with zipfile.ZipFile(run / name.format(step), "w") as archive:
            archive.writestr("archive/data.pkl", b"\x80\x02N.")


class Reads:
    """How long a scan takes and how much it reads of one log."""

    def __init__(self, run: Path, log: str) -> None:
        self._run, self._log = str(run), log
        self.bytes = 0
        read = LocalTree.read

        def counted(tree: LocalTree, path: str, limit: int, offset: int = 0) -> bytes:
            found = read(tree, path, limit, offset)
            self.bytes += len(found) if path == log else 0
            return found

        self._read, self._counted = read, counted

    def scan(self, *, remember: bool) -> tuple[float, int]:
        """Milliseconds and bytes."""
        self.bytes = 0
        LocalTree.read = self._counted  # type: ignore[method-assign]
        try:
            begun = perf_counter()
            found = scan(self._run, remember=remember)
            took = (perf_counter() - begun) * 1000
        finally:
            LocalTree.read = self._read  # type: ignore[method-assign]
        if not all(one.metrics for one in found.checkpoints):
            raise SystemExit(f"{self._log}: a metric is not known")
        return took, self.bytes


def measured(place: Path, kind: str, rounds: int) -> str:
    """One row of the table."""
    name, log, content, rows = LOGS[kind]
    run = place / kind.replace(" ", "-")
    plant(run, name, range(rows // 20, rows, rows // 20))
    if "images" in kind:
        with_images(run / log)
    else:
        (run / log).write_bytes(content(0, rows))
    size = (run / log).stat().st_size
    reads = Reads(run, log)
    reads.scan(remember=True)
    wholes, agains = [], []
    for number in range(rounds):
        start = rows + number * rows // 100
        with (run / log).open("ab") as file:
            file.write(content(start, start + rows // 100))
        wholes.append(reads.scan(remember=False))
        agains.append(reads.scan(remember=True))
    (whole, much), (again, little) = (
        tuple(map(median, zip(*one, strict=True))) for one in (wholes, agains)
    )
    return (
        f"{kind:24} {size / _MB:9.1f} {much / _MB:9.2f} {whole:8.1f} {little / _MB:9.2f} "
        f"{again:8.1f} {again / whole:7.2f}"
    )


def main() -> None:
    """Print a table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    columns = ("MB", "read MB", "ms", "again MB", "ms", "ratio")
    sys.stdout.write(
        f"{'log':24} "
        + " ".join(
            f"{name:>{width}}" for name, width in zip(columns, (9, 9, 8, 9, 8, 7), strict=True)
        )
        + "\n"
    )
    with tempfile.TemporaryDirectory(prefix="keepstep-logs-") as place:
        os.environ["XDG_CACHE_HOME"] = f"{place}/cache"
        for kind in LOGS:
            sys.stdout.write(measured(Path(place), kind, rounds) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
