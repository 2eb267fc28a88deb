"""What the sample run has measured: losses by step, and the `trainer_state.json` that reports them.

The numbers are drawn once from a fixed seed, so that the same run comes out every time: a loss that
falls from 2.9 to 0.4127 at step 16300 and no lower, with the small noise of a real evaluation.
"""

import json
import math
import random
import textwrap
from dataclasses import dataclass

SAVE_EVERY = 100
LAST_STEP = 17_000
WRITING_STEP = 17_100
STRAY_STEP = 12_345
BEST_STEP = 16_300
BEST_LOSS = 0.4127
MAX_STEPS = 20_000
STEPS_PER_EPOCH = 1000
TRAINED_IN = "/scratch/amy/run7"

WARMUP_STEPS = 500
PEAK_LEARNING_RATE = 3e-4
BATCH_SIZE = 32
FLOS_PER_STEP = 59_018_236_723_200
SEED = 7


@dataclass(frozen=True, slots=True)
class Point:
    """One logging step and the evaluation that follows it."""

    step: int
    loss: float
    grad_norm: float
    eval_loss: float
    eval_runtime: float

    @property
    def epoch(self) -> float:
        return self.step / STEPS_PER_EPOCH

    @property
    def learning_rate(self) -> float:
        return learning_rate(self.step)

    def train_row(self) -> dict[str, float]:
        return {
            "epoch": self.epoch,
            "grad_norm": self.grad_norm,
            "learning_rate": self.learning_rate,
            "loss": self.loss,
            "step": self.step,
        }

    def eval_row(self) -> dict[str, float]:
        return {
            "epoch": self.epoch,
            "eval_loss": self.eval_loss,
            "eval_runtime": self.eval_runtime,
            "eval_samples_per_second": round(2048 / self.eval_runtime, 3),
            "eval_steps_per_second": round(64 / self.eval_runtime, 3),
            "step": self.step,
        }


def learning_rate(step: int) -> float:
    """Linear warm-up, then a cosine down to zero."""
    if step < WARMUP_STEPS:
        return PEAK_LEARNING_RATE * step / WARMUP_STEPS
    done = (step - WARMUP_STEPS) / (MAX_STEPS - WARMUP_STEPS)
    return PEAK_LEARNING_RATE * (1 + math.cos(math.pi * done)) / 2


def _eval_loss(step: int, noise: float) -> float:
    if step == BEST_STEP:
        return BEST_LOSS
    t = step / STEPS_PER_EPOCH
    excess = 2.26 * math.exp(-t / 0.8) + 0.52 * math.exp(-t / 4.6)
    floor = BEST_LOSS + 0.0002  # nothing else reaches the best, also after rounding
    return round(floor + abs(excess - 0.0145 + noise * (0.0004 + 0.02 * excess)), 4)


def _point(step: int, draw: random.Random) -> Point:
    eval_loss = _eval_loss(step, draw.gauss(0, 1))
    return Point(
        step=step,
        loss=round(eval_loss * (0.985 + draw.gauss(0, 0.012)), 4),
        grad_norm=round(0.35 + 0.25 * eval_loss + abs(draw.gauss(0, 0.06)), 6),
        eval_loss=eval_loss,
        eval_runtime=round(21.4 + draw.gauss(0, 0.25), 4),
    )


def measured_points() -> tuple[Point, ...]:
    """Every logging step so far, the one whose checkpoint is still being written included."""
    draw = random.Random(SEED)  # noqa: S311  (a picture, not a secret)
    return tuple(_point(step, draw) for step in range(SAVE_EVERY, WRITING_STEP + 1, SAVE_EVERY))


class TrainerStates:
    """The state at any step. Each repeats all rows before it, so rows are rendered once."""

    def __init__(self, points: tuple[Point, ...]) -> None:
        self._points = points
        self._rows = ""
        self._ends = [0]
        for point in points:
            for row in (point.train_row(), point.eval_row()):
                separator = ",\n" if self._rows else ""
                self._rows += separator + textwrap.indent(json.dumps(row, indent=2), "    ")
            self._ends.append(len(self._rows))

    def at(self, step: int) -> bytes:
        """The file as the trainer writes it: keys sorted, two spaces, a final line feed."""
        seen = step // SAVE_EVERY
        text = json.dumps(self._scalars(step, self._points[:seen]), indent=2, sort_keys=True)
        rows = f'"log_history": [\n{self._rows[: self._ends[seen]]}\n  ]'
        return (text.replace('"log_history": []', rows, 1) + "\n").encode()

    def _scalars(self, step: int, seen: tuple[Point, ...]) -> dict[str, object]:
        best = min(seen, key=lambda point: point.eval_loss)
        return {
            "best_global_step": best.step,
            "best_metric": best.eval_loss,
            "best_model_checkpoint": f"{TRAINED_IN}/checkpoint-{best.step}",
            "epoch": step / STEPS_PER_EPOCH,
            "eval_steps": SAVE_EVERY,
            "global_step": step,
            "is_hyper_param_search": False,
            "is_local_process_zero": True,
            "is_world_process_zero": True,
            "log_history": [],
            "logging_steps": SAVE_EVERY,
            "max_steps": MAX_STEPS,
            "num_input_tokens_seen": 0,
            "num_train_epochs": MAX_STEPS // STEPS_PER_EPOCH,
            "save_steps": SAVE_EVERY,
            "stateful_callbacks": {},
            "total_flos": float(step * FLOS_PER_STEP),
            "train_batch_size": BATCH_SIZE,
            "trial_name": None,
            "trial_params": None,
        }
