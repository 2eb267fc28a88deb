"""A review that gets random keys while its directory changes; nothing may crash or go unasked.

    python tests/attack/random_keys.py [--minutes 30] [--seed 1]

Reviews follow each other on a real pseudo-terminal that changes its size. In every other one no
question is ever answered with yes: then every file that a trainer did not remove itself must be
where it was. In the others each must be in its place or in the trash, unless a purge was confirmed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path

import pyte
from ground import COMMAND, ViolationError, demand, save_directory
from keepstep.policies.commit.history import history

_KEYS = [
    *"jkgGvdsSrRaAtuceEwfFpPD?123456789<>+-=nhi" * 2,
    *("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F") * 4,
    *("\x1b", " ", "\r", "\r", "/", "\x7f", "\t", "\x0c", "x", "q") * 2,
    *("y", "step>500\r", "\x15", "é", "\x1b[200~pasted\x1b[201~", "\x1b[<64;10;10M", "\x03"),
]  # fmt: skip
_ASKS = re.compile(r"y/N|y yes, n no|Type \d+ and Enter")
_SIZES = [(80, 24), (120, 40), (60, 15), (200, 50), (40, 10), (20, 5), (2, 1), (39, 60)]
_KEYS_OF_A_REVIEW = 400
_PATIENCE = 60.0  # seconds
_ENDS = (0, 130, -signal.SIGINT)  # a Ctrl+C can still meet a review that is leaving


@dataclass
class Review:
    """One review on its terminal."""

    root: Path
    elsewhere: Path
    received: bytes = b""
    answers: int = 0  # to questions, that may have been yes
    _screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(80, 24))

    def __post_init__(self) -> None:
        self._stream = pyte.ByteStream(self._screen)
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "XDG_STATE_HOME": str(self.elsewhere / "state"),
            "XDG_CONFIG_HOME": str(self.elsewhere / "config"),
        }
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(self.elsewhere)
            os.execvpe(COMMAND[0], [*COMMAND, "--policy", "last-20", str(self.root)], env)
        self.resize(80, 24)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def read(self, seconds: float) -> bool:
        """What has come; False once the other side has gone."""
        while select.select([self._fd], [], [], seconds)[0]:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.received += data
            self._stream.feed(re.sub(rb"\x1b\[[>?][\d;]*[up$]+", b"", data))
        return True

    def wait(self) -> None:
        """Until the review has its terminal: what is typed before is for the shell."""
        deadline = time.monotonic() + _PATIENCE
        while b"checkpoints" not in self.received:
            demand(self.read(0.05), "it did not start")
            demand(time.monotonic() < deadline, "it does not start")

    def asks(self) -> bool:
        """Whether a question is on the screen."""
        return bool(_ASKS.search("\n".join(self._screen.display)))

    def press(self, keys: str) -> None:
        try:
            os.write(self._fd, keys.encode())
        except OSError:
            pass  # it has just gone

    def end(self) -> int:
        """Its exit code; a review that does not leave by Ctrl+C has hung."""
        deadline = time.monotonic() + _PATIENCE
        while self.read(0.5):
            demand(time.monotonic() < deadline, "the review hangs:\n" + self.picture())
            self.press("\x03")  # the first may open the question whether to leave
        os.close(self._fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def picture(self) -> str:
        return "\n".join(self._screen.display)


class Trainer:
    """Saves, rotates and points, as a run does that goes on."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        self.root, self._dice = root, dice
        self._step = 0
        self.alive: dict[str, int] = {}  # checkpoint -> inode

    def save(self) -> None:
        self._step += 100
        name = f"checkpoint-{self._step}"
        save_directory(self.root / f"tmp-{name}", self._step)
        (self.root / f"tmp-{name}").rename(self.root / name)
        self.alive[name] = (self.root / name).stat().st_ino

    def change(self) -> None:
        if self._dice.random() < 0.8 or len(self.alive) < 20:
            self.save()
            return
        name = self._dice.choice(sorted(self.alive)[:5])
        del self.alive[name]
        shutil.rmtree(self.root / name, ignore_errors=True)


def press_keys(review: Review, trainer: Trainer, dice: random.Random, *, never_yes: bool) -> int:
    """Random keys until it leaves or has had enough of them; how many."""
    for count in range(_KEYS_OF_A_REVIEW):
        if not review.read(dice.choice([0.0, 0.005, 0.02])):
            return count
        keys = dice.choice(_KEYS)
        if dice.random() < 0.02:
            review.resize(*dice.choice(_SIZES))
        elif dice.random() < 0.01:  # dragged by a corner, a cell at a time
            for step in range(5):
                review.resize(70 - 7 * step, 22 - 3 * step)
        if dice.random() < 0.02:
            trainer.change()
        may_answer = keys[0] in "yY\r" or keys[0].isdecimal()
        if may_answer:
            review.read(0.1)  # see the question before it is answered
            if never_yes and (keys[0] in "yY" or review.asks()):
                continue
            review.answers += review.asks()
        review.press(keys)
    return _KEYS_OF_A_REVIEW


def check(root: Path, trainer: Trainer, *, untouched: bool) -> None:
    """Everything that the trainer saved and did not remove is whole somewhere below the root."""
    places = {
        (path.stat().st_ino): path
        for path in root.rglob("checkpoint-*")
        if path.is_dir() and (path / "trainer_state.json").exists()
    }
    for name, inode in trainer.alive.items():
        demand(inode in places, f"{name} is gone")
        if untouched:
            demand(places[inode] == trainer.root / name, f"{name} was moved, and nobody said yes")


def soak(minutes: float, seed: int) -> str:
    """Reviews until the time is over; what was done, in a sentence."""
    dice = random.Random(seed)
    ends = time.monotonic() + 60 * minutes
    reviews = keys = answers = 0
    with tempfile.TemporaryDirectory() as place:
        while reviews < 2 or time.monotonic() < ends:
            never_yes = reviews % 2 == 0
            root, elsewhere = Path(place) / f"run{reviews}", Path(place) / f"home{reviews}"
            root.mkdir()
            elsewhere.mkdir()
            several = reviews % 4 >= 2  # runs, so that it opens on the overview
            runs = ("amy", "bob") if several else (".",)
            trainers = [Trainer(root / run, dice) for run in runs]
            for trainer in trainers:
                trainer.root.mkdir(exist_ok=True)
                for _ in range(60 // len(trainers)):
                    trainer.save()
            review = Review(root, elsewhere)
            try:
                review.wait()
                keys += press_keys(review, trainers[0], dice, never_yes=never_yes)
                code = review.end()
            except BaseException:
                os.kill(review.pid, signal.SIGKILL)
                raise
            demand(code in _ENDS, f"exit {code}:\n{review.picture()}")
            last = review.received.rpartition(b"\x1b[?1049l")
            demand(last[1] != b"", "the terminal was not given back")
            said = last[2].decode(errors="replace")
            demand("Traceback" not in said, f"a traceback:\n{said}")
            if never_yes or not any("purged" in one.state for one in history(str(root))):
                for trainer in trainers:
                    check(root, trainer, untouched=never_yes)
            reviews, answers = reviews + 1, answers + review.answers
            shutil.rmtree(root)
    return f"{reviews} reviews, {keys} keys, {answers} answers to questions: nothing went unasked"


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--minutes", type=float, default=30)
    words.add_argument("--seed", type=int, default=1)
    wanted = words.parse_args()
    try:
        print(soak(wanted.minutes, wanted.seed))
    except ViolationError as violation:
        print(f"violation (seed {wanted.seed}): {violation}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
