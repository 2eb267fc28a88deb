"""The files of one checkpoint of the sample run, as a Hugging Face Trainer names and fills them.

Files that are the same in every checkpoint are made once. The rest is made per step, because who
looks into the optimizer or the scheduler must find the step that the folder's name promises.
"""

import json

from .formats import (
    LAYERS,
    POSITIONS,
    VOCABULARY,
    WIDTH,
    SparseFile,
    byte_count,
    pickled,
    pickled_instance,
    safetensors_file,
    tensor_shapes,
    torch_file,
)
from .history import (
    BATCH_SIZE,
    MAX_STEPS,
    PEAK_LEARNING_RATE,
    SAVE_EVERY,
    SEED,
    TRAINED_IN,
    WARMUP_STEPS,
    TrainerStates,
    learning_rate,
)

WRITTEN_SO_FAR = 0.96
RANDOM_STATE_BYTES = 5056
MODEL_CONFIG: dict[str, object] = {
    "architectures": ["GPT2LMHeadModel"],
    "dtype": "float32",
    "model_type": "gpt2",
    "n_embd": WIDTH,
    "n_head": WIDTH // 64,
    "n_layer": LAYERS,
    "n_positions": POSITIONS,
    "vocab_size": VOCABULARY,
}
GENERATION_CONFIG: dict[str, object] = {
    "_from_model_config": True,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
TRAINING_ARGUMENTS: dict[str, object] = {
    "output_dir": TRAINED_IN,
    "per_device_train_batch_size": BATCH_SIZE,
    "learning_rate": PEAK_LEARNING_RATE,
    "max_steps": MAX_STEPS,
    "warmup_steps": WARMUP_STEPS,
    "eval_steps": SAVE_EVERY,
    "save_steps": SAVE_EVERY,
    "save_total_limit": None,
    "metric_for_best_model": "eval_loss",
    "greater_is_better": False,
    "seed": SEED,
}


class CheckpointFiles:
    """Name -> content, for a complete checkpoint of any step and for the one being written."""

    def __init__(self, states: TrainerStates) -> None:
        self._states = states
        self._shapes = tensor_shapes()
        self._weights = safetensors_file(self._shapes)
        self._config = {
            "config.json": _json_file(MODEL_CONFIG),
            "generation_config.json": _json_file(GENERATION_CONFIG),
        }
        self._arguments = _training_arguments()
        self._random_state = _random_state()

    def complete(self, step: int) -> dict[str, SparseFile]:
        return {
            **self._config,
            "model.safetensors": self._weights,
            "training_args.bin": self._arguments,
            "optimizer.pt": self._optimizer(step),
            "scheduler.pt": _scheduler(step),
            "rng_state.pth": self._random_state,
            "trainer_state.json": _whole(self._states.at(step)),
        }

    def _optimizer(self, step: int) -> SparseFile:
        """AdamW: two moments for every parameter, and weight decay for matrices only."""
        matrices = sum(len(shape) > 1 for shape in self._shapes.values())
        numbers = list(range(len(self._shapes)))
        group = {"betas": (0.9, 0.999), "eps": 1e-8, "lr": learning_rate(step)}
        state: dict[str, object] = {
            "state": {number: {"step": float(step)} for number in numbers},
            "param_groups": [
                {**group, "weight_decay": 0.01, "params": numbers[:matrices]},
                {**group, "weight_decay": 0.0, "params": numbers[matrices:]},
            ],
        }
        moments = 2 * sum(map(byte_count, self._shapes.values()))
        return torch_file("optimizer", pickled(state), tensor_bytes=moments)

    def being_written(self) -> dict[str, SparseFile]:
        """The trainer writes in the order above; here it has not finished the weights."""
        written = int(self._weights.size * WRITTEN_SO_FAR)
        return {**self._config, "model.safetensors": SparseFile(self._weights.pieces, written)}


def _whole(data: bytes) -> SparseFile:
    return SparseFile(((0, data),), len(data))


def _json_file(value: dict[str, object]) -> SparseFile:
    return _whole((json.dumps(value, indent=2) + "\n").encode())


def _scheduler(step: int) -> SparseFile:
    state: dict[str, object] = {
        "base_lrs": [PEAK_LEARNING_RATE] * 2,
        "last_epoch": step,  # a scheduler counts its own steps, whatever it calls them
        "_step_count": step + 1,
        "_last_lr": [learning_rate(step)] * 2,
    }
    return torch_file("scheduler", pickled(state))


def _random_state() -> SparseFile:
    state: dict[str, object] = {"python": (3, (SEED,), None), "numpy": None, "cpu": None}
    return torch_file("rng_state", pickled(state), tensor_bytes=RANDOM_STATE_BYTES)


def _training_arguments() -> SparseFile:
    instance = pickled_instance(
        "transformers.training_args", "TrainingArguments", TRAINING_ARGUMENTS
    )
    return torch_file("training_args", instance)
