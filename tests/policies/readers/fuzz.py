"""Throw damaged files at every reader: none may raise, stall or take much memory.

    python tests/policies/readers/fuzz.py --examples 1000000 [--seed N] [--reader NAME]

Needs an installed keepstep and nothing else. Each input has a watchdog of processor time; the
whole process has a limit of memory. What fails is saved, and belongs into test_found_cases.py.
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).parents[1]))

from readers.mutation import mutate
from readers.subjects import SUBJECTS, Subject

SECONDS = 2.0  # of processor time for one input
MEMORY = 700_000_000  # of address space, the interpreter included
HANG = 120  # of wall time for a batch, should a single call into C never return
BATCH = 500
ENOUGH = 100  # failures of one reader


class Stalled(BaseException):
    """Not an Exception: no reader may catch it."""


def _stall(signum: int, frame: FrameType | None) -> None:
    raise Stalled


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _try(subject: Subject, data: bytes) -> str:
    """What went wrong, or ""."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        subject.try_on(data)
    except (Exception, Stalled):
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return ""


def _batch(subject: Subject, draw: random.Random, count: int, failures: Path) -> int:
    faulthandler.dump_traceback_later(HANG, exit=True)
    failed = 0
    for _ in range(count):
        data = mutate(draw, subject.valid)
        trouble = _try(subject, data)
        if trouble:
            failed += 1
            kept = failures / f"{subject.name}-{draw.getrandbits(40):010x}"
            kept.write_bytes(data)
            sys.stderr.write(f"{subject.name}: {kept}\n{trouble}\n")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100_000, help="inputs in total")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", choices=[one.name for one in SUBJECTS])
    chosen = parser.parse_args()
    subjects = [one for one in SUBJECTS if chosen.reader in (None, one.name)]
    signal.signal(signal.SIGVTALRM, _stall)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    failures = Path(tempfile.mkdtemp(prefix="keepstep-fuzz-"))
    draw = random.Random(chosen.seed)
    total = failed = 0
    _say(f"{'reader':<20}{'inputs':>10}{'failed':>8}{'µs each':>9}")
    for number, subject in enumerate(subjects):
        wanted = chosen.examples * (number + 1) // len(subjects) - total
        began, bad = time.process_time(), 0
        for done in range(0, wanted, BATCH):
            bad += _batch(subject, draw, min(BATCH, wanted - done), failures)
            if bad > ENOUGH:
                sys.exit(f"{subject.name} failed {bad} times in {done + BATCH:,}; {failures}")
        each = (time.process_time() - began) / max(wanted, 1) * 1e6
        _say(f"{subject.name:<20}{wanted:>10,}{bad:>8}{each:>9.0f}")
        total, failed = total + wanted, failed + bad
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _say(f"{'all':<20}{total:>10,}{failed:>8}   seed {chosen.seed}, peak memory {peak} MiB")
    if not failed:
        failures.rmdir()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
