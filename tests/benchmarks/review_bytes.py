"""What the review sends to a terminal, in bytes a key and how soon, beside ncdu and gdu.

    python tests/benchmarks/review_bytes.py [CHECKPOINTS] [--size 120x40]

Each runs on a pseudo-terminal that counts; the budgets are for 120 x 40. Times are from a key to
the first and to the last byte of its answer, and from the start to the first row and to the last
byte of the first picture with a freed line, beside the time of `import textual.app`. From 20,000
checkpoints on the sums follow a pin, a mark or a switch a moment later. Peers that are not
installed are left out. Exits 1 when a budget of bytes does not hold.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REVIEW = [sys.executable, "-m", "keepstep.tui", "--policy", "balanced"]
PEERS = {"ncdu": ["ncdu", "-0"], "gdu": ["gdu", "--no-progress"]}
_QUIET = 0.4  # seconds without a byte: the answer to a key is complete
_PATIENCE = 600.0  # a hundred thousand checkpoints are a long scan
BUDGETS = {
    "first paint": 30_000,
    "cursor": 520,
    "scroll": 800,
    "pin": 1_500,
    "mark": 1_500,
    "toggle": 12_000,
    "idle 5 s": 0,
}


@dataclass
class Found:
    """What the actions cost: bytes, and seconds to the first and the last of them."""

    bytes: dict[str, int] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)


class Terminal:
    """A program on a terminal, and every byte that it sends."""

    def __init__(
        self, argv: Sequence[str], columns: int, rows: int, settings: Mapping[str, str]
    ) -> None:
        self._began = time.monotonic()
        self._first = self._last = self._began  # when the first and the last byte came
        self.found = Found()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            env = {**os.environ, **settings, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, until: Callable[[bytes], bool] = lambda seen: True) -> bytes:
        """What comes until it is as wanted and quiet."""
        seen, began = b"", time.monotonic()
        while select.select([self._fd], [], [], _QUIET)[0] or not until(seen):
            if select.select([self._fd], [], [], 0)[0]:
                piece = os.read(self._fd, 65536)
                self._last = time.monotonic()
                self._first = self._last if not seen else self._first
                seen += piece
            if time.monotonic() - began > _PATIENCE:
                raise TimeoutError(repr(seen[-300:]))
        return seen

    def idle(self, seconds: float) -> int:
        """Bytes that come when nobody does anything."""
        ends, count = time.monotonic() + seconds, 0
        while (left := ends - time.monotonic()) > 0:
            if select.select([self._fd], [], [], left)[0]:
                count += len(os.read(self._fd, 65536))
        return count

    def cost(self, keys: str) -> int:
        """Bytes that some keys cost, pressed at once."""
        self._began = time.monotonic()
        os.write(self._fd, keys.encode())
        return len(self.read())

    def first_paint(self, row: bytes, whole: Callable[[bytes], bool]) -> None:
        """From the start to a row, and until the picture is whole and quiet."""
        shown: list[float] = []

        def until(seen: bytes) -> bool:
            if row in seen and not shown:
                shown.append(self._last - self._began)
            return bool(shown) and whole(seen)

        self.found.bytes["first paint"] = len(self.read(until))
        self.found.last["first row"] = shown[0]
        self.found.last["first paint"] = self._last - self._began

    def each(self, action: str, key: str, times: int) -> None:
        """The median of one key, pressed again and again."""
        self.found.bytes[action] = round(statistics.median(self._costs(action, key, times)))

    def amortised(self, action: str, key: str, times: int) -> None:
        """The mean of one key over so many, each drawn by itself."""
        self.found.bytes[action] = round(statistics.mean(self._costs(action, key, times)))

    def _costs(self, action: str, key: str, times: int) -> list[int]:
        costs, first, last = [], [], []
        for _ in range(times):
            costs.append(self.cost(key))
            first.append(self._first - self._began)
            last.append(self._last - self._began)
        self.found.first[action] = statistics.median(first)
        self.found.last[action] = statistics.median(last)
        return costs

    def end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._fd)


def review(
    root: Path, columns: int, rows: int, settings: Mapping[str, str], *options: str
) -> Found:
    """Every action of the review that has a budget."""
    terminal = Terminal([*REVIEW, *options, str(root)], columns, rows, settings)
    terminal.first_paint(b"keep ", lambda seen: b"%" in seen[seen.rfind(b"frees") :])
    terminal.each("cursor", "j", 15)
    terminal.cost("j" * rows)
    terminal.amortised("scroll", "j", 30)
    terminal.each("pin", " ", 4)
    terminal.cost("G")
    terminal.each("mark", "d", 4)
    terminal.each("toggle", "1", 4)
    terminal.each("page", "\x1b[5~", 3)
    terminal.found.bytes["idle 5 s"] = terminal.idle(5)
    terminal.end()
    return terminal.found


def peer(argv: Sequence[str], root: Path, columns: int, rows: int) -> Found:
    """What the others have too."""
    terminal = Terminal([*argv, str(root)], columns, rows, {})
    terminal.first_paint(b"checkpoint-", lambda seen: True)
    terminal.each("cursor", "j", 15)
    terminal.cost("j" * rows)
    terminal.amortised("scroll", "j", 30)
    terminal.each("page", "\x1b[6~", 3)
    terminal.found.bytes["idle 5 s"] = terminal.idle(5)
    terminal.end()
    return terminal.found


def importing() -> float:
    """Seconds that no review can be faster than: a bare Python that imports Textual."""
    took = []
    for _ in range(5):
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", "import textual.app"], check=True)
        took.append(time.monotonic() - begun)
    return statistics.median(took)


def tree(root: Path, count: int) -> None:
    """Checkpoints as transformers writes them, small; the first half of them an hour apart."""
    for step in range(100, 100 * count + 1, 100):
        folder = root / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(bytes(4096))
        log = f'[{{"step": {step}, "eval_loss": {1 / step}}}]'
        state = f'{{"global_step": {step}, "log_history": {log}}}'
        (folder / "trainer_state.json").write_text(state)
        when = time.time() - 3600 * (count - step // 100 + 1)
        for path in (*folder.iterdir(), folder):
            os.utime(path, (when, when))


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("checkpoints", type=int, nargs="?", default=2000)
    words.add_argument("--size", default="120x40")
    wanted = words.parse_args()
    columns, rows = map(int, wanted.size.split("x"))
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "run7"
        print(f"building {wanted.checkpoints:,} checkpoints", file=sys.stderr)
        tree(root, wanted.checkpoints)
        kinds = ("CACHE", "CONFIG", "STATE")
        homes = {f"XDG_{kind}_HOME": str(Path(place) / kind.lower()) for kind in kinds}
        found = {"keepstep": review(root, columns, rows, homes)}
        for name, argv in PEERS.items():
            if shutil.which(argv[0]):
                print(f"pressing keys in {name}", file=sys.stderr)
                found[name] = peer(argv, root, columns, rows)
    ours = found["keepstep"]
    print(f"{'bytes':<12} {'budget':>8} " + " ".join(f"{name:>9}" for name in found))
    for action in ours.bytes:
        others = " ".join(f"{each.bytes.get(action, '-'):>9}" for each in found.values())
        print(f"{action:<12} {BUDGETS.get(action, '-'):>8} {others}")
    _times("ms to first byte", [one.first for one in found.values()])
    _times("ms to last byte", [one.last for one in found.values()])
    print(f"{'import textual.app':<21} {1000 * importing():9.0f}")
    over = any(ours.bytes[action] > budget for action, budget in BUDGETS.items())
    return 1 if over and wanted.size == "120x40" else 0


def _times(title: str, found: Sequence[Mapping[str, float]]) -> None:
    print(f"\n{title}")
    for action in found[0]:
        each = (times.get(action) for times in found)
        shown = " ".join("-".rjust(9) if t is None else f"{1000 * t:9.1f}" for t in each)
        print(f"{action:<21} {shown}")


if __name__ == "__main__":
    sys.exit(main())
