"""The run that `keepstep demo` opens: 172 checkpoints of a Hugging Face Trainer, 3.6 GB each.

All big files are sparse, so that 617 GB take some megabytes of disk and a moment to build.
The run is in the state its reader knows: training goes on, the newest save is half written, an
old save made on pre-emption is in between, and a colleague has pinned one checkpoint.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .checkpoint import TRAINING_ARGUMENTS, CheckpointFiles
from .events import Scalar, event_file
from .formats import SparseFile
from .history import (
    LAST_STEP,
    MAX_STEPS,
    SAVE_EVERY,
    STRAY_STEP,
    TRAINED_IN,
    WRITING_STEP,
    Point,
    TrainerStates,
    measured_points,
)

NEWEST_AGE = 5 * 60
WRITING_AGE = 40
SECONDS_PER_SAVE = 7 * 60
EVALUATED_BEFORE_SAVE = 12
PINNED_AGE = 2 * 3600
PINNED_STEP = 13_100
EVENTS_FOLDER = "runs/Nov21_10-00-00_gpu07"


@dataclass(frozen=True, slots=True)
class Timetable:
    """When things happened, counted back from `now`; nothing asks a clock."""

    now: float

    def saved(self, step: int) -> float:
        if step == WRITING_STEP:
            return self.now - WRITING_AGE
        return self.now - NEWEST_AGE - (LAST_STEP - step) / SAVE_EVERY * SECONDS_PER_SAVE

    def evaluated(self, step: int) -> float:
        return self.saved(step) - EVALUATED_BEFORE_SAVE

    @property
    def started(self) -> float:
        return self.saved(0)

    @property
    def last_logged(self) -> float:
        return self.evaluated(WRITING_STEP)


def build_sample_run(directory: Path, *, now: float) -> None:
    """Fill a new or empty directory; the same `now` gives the same names, bytes and times."""
    _claim(directory)
    times = Timetable(now)
    points = measured_points()
    _write_checkpoints(directory, CheckpointFiles(TrainerStates(points)), times)
    _write_logs(directory, points, times)
    _write_settings(directory, times)
    _write_pin(directory, times)
    latest = directory / "latest"
    latest.symlink_to(f"checkpoint-{LAST_STEP}")
    saved = times.saved(LAST_STEP)
    os.utime(latest, (saved, saved), follow_symlinks=False)
    _date(directory, times.saved(WRITING_STEP))


def _claim(directory: Path) -> None:
    if directory.is_dir():
        if any(directory.iterdir()):
            raise FileExistsError(
                f"{directory} is not empty; the sample run needs an empty directory"
            )
    elif os.path.lexists(directory):
        raise FileExistsError(f"{directory} is not a directory; the sample run needs an empty one")
    directory.mkdir(parents=True, exist_ok=True)


def _write_checkpoints(directory: Path, files: CheckpointFiles, times: Timetable) -> None:
    for step in [*range(SAVE_EVERY, LAST_STEP + 1, SAVE_EVERY), STRAY_STEP]:
        _write_folder(directory, step, files.complete(step), times.saved(step))
    _write_folder(directory, WRITING_STEP, files.being_written(), times.saved(WRITING_STEP))


def _write_folder(directory: Path, step: int, files: dict[str, SparseFile], at: float) -> None:
    folder = directory / f"checkpoint-{step}"
    folder.mkdir()
    for name, content in files.items():
        _write_sparse(f"{folder}/{name}", content, at)
    _date(folder, at)


def _write_sparse(path: str, content: SparseFile, at: float) -> None:
    with open(path, "xb") as file:
        for offset, data in content.pieces:
            file.seek(offset)
            file.write(data)
        file.truncate(content.size)  # flushes too, so the time set next is the last word
        os.utime(file.fileno(), (at, at))


def _write(path: Path, content: str | bytes, at: float) -> None:
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    _write_sparse(str(path), SparseFile(((0, data),), len(data)), at)


def _date(path: Path, at: float) -> None:
    os.utime(path, (at, at))


def _write_logs(directory: Path, points: tuple[Point, ...], times: Timetable) -> None:
    at = times.last_logged
    events = directory / EVENTS_FOLDER / f"events.out.tfevents.{int(times.started)}.gpu07.4242.0"
    _write(events, event_file(times.started, _scalars(points, times)), at)
    _date(events.parent, times.started)
    _date(events.parent.parent, times.started)
    _write(directory / "training.log", "".join(_log_lines(points, times)), at)
    rows = (json.dumps(_progress(point, times)) + "\n" for point in points)
    _write(directory / "trainer_log.jsonl", "".join(rows), at)


def _scalars(points: tuple[Point, ...], times: Timetable) -> Iterator[Scalar]:
    for point in points:
        at = times.evaluated(point.step)
        yield Scalar(at, point.step, "train/loss", point.loss)
        yield Scalar(at, point.step, "train/learning_rate", point.learning_rate)
        yield Scalar(at, point.step, "eval/loss", point.eval_loss)


def _log_lines(points: tuple[Point, ...], times: Timetable) -> Iterator[str]:
    yield f"{_utc(times.started):%F %T} INFO training on gpu07, {MAX_STEPS} steps\n"
    for point in points:
        stamp = f"{_utc(times.evaluated(point.step)):%F %T}"
        yield f"{stamp} INFO step {point.step} loss {point.loss} grad_norm {point.grad_norm}\n"
        yield f"{stamp} INFO step {point.step} eval_loss {point.eval_loss}\n"
        yield f"{stamp} INFO saving checkpoint to {TRAINED_IN}/checkpoint-{point.step}\n"
        if point.step == STRAY_STEP // SAVE_EVERY * SAVE_EVERY:
            stamp = f"{_utc(times.saved(STRAY_STEP)):%F %T}"
            yield f"{stamp} WARNING pre-empted; saved {TRAINED_IN}/checkpoint-{STRAY_STEP}\n"


def _progress(point: Point, times: Timetable) -> dict[str, object]:
    return {
        "current_steps": point.step,
        "total_steps": MAX_STEPS,
        "loss": point.loss,
        "eval_loss": point.eval_loss,
        "lr": point.learning_rate,
        "epoch": point.epoch,
        "percentage": round(100 * point.step / MAX_STEPS, 2),
        "elapsed_seconds": round(times.evaluated(point.step) - times.started),
    }


def _write_settings(directory: Path, times: Timetable) -> None:
    lines = (f"{key}: {json.dumps(value)}\n" for key, value in TRAINING_ARGUMENTS.items())
    _write(directory / "config.yaml", "".join(lines), times.started)
    _write(directory / "args.json", json.dumps(TRAINING_ARGUMENTS, indent=2) + "\n", times.started)


def _write_pin(directory: Path, times: Timetable) -> None:
    at = times.now - PINNED_AGE
    stamp = _utc(at).isoformat(timespec="seconds")
    pin = {"name": f"checkpoint-{PINNED_STEP}", "note": "figure 4", "by": "amy", "at": stamp}
    document = {"format": "keepstep/pin-file", "version": 1, "pins": [pin]}
    _write(directory / ".keepstep" / "pins.json", json.dumps(document, indent=2) + "\n", at)
    _date(directory / ".keepstep", at)


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
