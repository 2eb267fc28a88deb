"""What the review sends to a terminal, in bytes a key and how soon, beside ncdu and gdu.

    python tests/benchmarks/review_bytes.py [CHECKPOINTS] [--size 120x40]

Each runs on a pseudo-terminal that counts; the budgets are for 120 x 40. Times are from a key to
the last byte of its answer, and from the start to the last byte of the first picture with a freed
line, beside the time of `import textual.app`. Peers that are not installed are left out. Exits 1
when a budget of bytes does not hold.
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
from collections.abc import Callable
from pathlib import Path

REVIEW = [sys.executable, "-m", "keepstep.tui", "--policy", "balanced"]
PEERS = {"ncdu": ["ncdu", "-0"], "gdu": ["gdu", "--no-progress"]}
_QUIET = 0.4  # seconds without a byte: the answer to a key is complete
_PATIENCE = 60.0
BUDGETS = {
    "first paint": 30_000,
    "cursor": 520,
    "scroll": 800,
    "pin": 1_500,
    "mark": 1_500,
    "toggle": 12_000,
    "idle 5 s": 0,
}


class Terminal:
    """A program on a terminal, and every byte that it sends."""

    def __init__(self, argv: list[str], columns: int, rows: int) -> None:
        self._began = time.monotonic()
        self._last = self._began  # when the last byte came
        self.times: dict[str, float] = {}  # seconds
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            env = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, until: Callable[[bytes], bool] = lambda seen: True) -> bytes:
        """What comes until it is as wanted and quiet."""
        seen, began = b"", time.monotonic()
        while select.select([self._fd], [], [], _QUIET)[0] or not until(seen):
            if select.select([self._fd], [], [], 0)[0]:
                seen += os.read(self._fd, 65536)
                self._last = time.monotonic()
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

    def first_paint(self, until: Callable[[bytes], bool]) -> int:
        """Bytes from the start until it is as wanted and quiet."""
        count = len(self.read(until))
        self.times["first paint"] = self._last - self._began
        return count

    def each(self, action: str, key: str, times: int) -> int:
        """The median of one key, pressed again and again."""
        return round(statistics.median(self._costs(action, key, times)))

    def amortised(self, action: str, key: str, times: int) -> int:
        """The mean of one key over so many, each drawn by itself."""
        return round(statistics.mean(self._costs(action, key, times)))

    def _costs(self, action: str, key: str, times: int) -> list[int]:
        costs, took = [], []
        for _ in range(times):
            costs.append(self.cost(key))
            took.append(self._last - self._began)
        self.times[action] = statistics.median(took)
        return costs

    def end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._fd)


Found = tuple[dict[str, int], dict[str, float]]  # bytes, and seconds


def review(root: Path, columns: int, rows: int) -> Found:
    """Every action of the review that has a budget."""
    terminal = Terminal([*REVIEW, str(root)], columns, rows)
    found = {"first paint": terminal.first_paint(lambda seen: b"frees" in seen and b"%" in seen)}
    found["cursor"] = terminal.each("cursor", "j", 15)
    terminal.cost("j" * rows)
    found["scroll"] = terminal.amortised("scroll", "j", 30)
    found["pin"] = terminal.each("pin", " ", 4)
    terminal.cost("G")
    found["mark"] = terminal.each("mark", "d", 4)
    found["toggle"] = terminal.each("toggle", "1", 4)
    found["page down"] = terminal.each("page down", "\x1b[5~", 3)
    found["idle 5 s"] = terminal.idle(5)
    terminal.end()
    return found, terminal.times


def peer(argv: list[str], root: Path, columns: int, rows: int) -> Found:
    """What the others have too."""
    terminal = Terminal([*argv, str(root)], columns, rows)
    name = b"checkpoint-"
    found = {"first paint": terminal.first_paint(lambda seen: name in seen)}
    found["cursor"] = terminal.each("cursor", "j", 15)
    terminal.cost("j" * rows)
    found["scroll"] = terminal.amortised("scroll", "j", 30)
    found["page down"] = terminal.each("page down", "\x1b[6~", 3)
    found["idle 5 s"] = terminal.idle(5)
    terminal.end()
    return found, terminal.times


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
        tree(root, wanted.checkpoints)
        os.environ["XDG_STATE_HOME"] = str(Path(place) / "state")
        found = {"keepstep": review(root, columns, rows)}
        for name, argv in PEERS.items():
            if shutil.which(argv[0]):
                found[name] = peer(argv, root, columns, rows)
    print(f"{'bytes':<12} {'budget':>8} " + " ".join(f"{name:>9}" for name in found))
    over = False
    for action, cost in found["keepstep"][0].items():
        budget = BUDGETS.get(action)
        over |= budget is not None and cost > budget
        others = " ".join(f"{each.get(action, '-'):>9}" for each, _ in found.values())
        print(f"{action:<12} {'-' if budget is None else budget:>8} {others}")
    print(f"\n{'ms':<21} " + " ".join(f"{name:>9}" for name in found))
    for action in found["keepstep"][1]:
        times = (times.get(action) for _, times in found.values())
        shown = " ".join("-".rjust(9) if t is None else f"{1000 * t:9.0f}" for t in times)
        print(f"{action:<21} {shown}")
    print(f"{'import textual.app':<21} {1000 * importing():9.0f}")
    return 1 if over and wanted.size == "120x40" else 0


if __name__ == "__main__":
    sys.exit(main())
