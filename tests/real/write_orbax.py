"""Save with the real Orbax CheckpointManager, with metrics and bare and prefixed steps, and die.

    python tests/real/write_orbax.py RUN_DIR

Leaves bare/0 … bare/200 and named/step_100 …; the save of bare/300 is killed before its temporary
name becomes its own. flax/checkpoint_N are files of Flax's older format; truth.json lands beside.
"""

import sys
from pathlib import Path
from unittest import mock

import jax.numpy as jnp
import orbax.checkpoint as ocp
from flax.serialization import to_bytes
from killed import DYING, die, run_to_death
from truth import SavedCheckpoint, Truth

STEPS, KILLED_STEP = (0, 9, 100, 200), 300
LOSSES = {0: 2.0, 9: 1.5, 100: 0.5, 200: 0.75}


def manager(place: Path, prefix: str | None = None) -> ocp.CheckpointManager:
    options = ocp.CheckpointManagerOptions(
        step_prefix=prefix,
        enable_async_checkpointing=False,
        best_fn=lambda metrics: metrics["loss"],
        best_mode="min",
    )
    return ocp.CheckpointManager(place, options=options)


def save(saver: ocp.CheckpointManager, step: int) -> None:
    state = {"w": jnp.full((4, 2), float(step))}
    loss = LOSSES.get(step, 9.0)
    saver.save(step, args=ocp.args.StandardSave(state), metrics={"loss": loss})


def main() -> None:
    run_dir = Path(sys.argv[1]).absolute()
    if DYING in sys.argv:
        saver = manager(run_dir / "bare")
        with mock.patch("os.rename", die), mock.patch("os.replace", die):
            save(saver, KILLED_STEP)
        return
    truth = Truth("orbax", ocp.__version__, run_dir.name, best_metric="loss")
    for place, prefix in (("bare", None), ("named", "step")):
        with manager(run_dir / place, prefix) as saver:
            for step in STEPS:
                save(saver, step)
                name = f"{place}/{step}" if prefix is None else f"{place}/{prefix}_{step}"
                saved = SavedCheckpoint(name, step, None, {"loss": LOSSES[step]})
                truth.checkpoints.append(saved)
    run_to_death(__file__, run_dir)
    [torn] = [p.name for p in (run_dir / "bare").iterdir() if p.name.startswith(str(KILLED_STEP))]
    truth.checkpoints.append(SavedCheckpoint(f"bare/{torn}", KILLED_STEP, None, complete=False))
    (run_dir / "flax").mkdir()
    for step in STEPS[1:]:
        (run_dir / f"flax/checkpoint_{step}").write_bytes(to_bytes({"w": jnp.ones(3)}))
        truth.checkpoints.append(SavedCheckpoint(f"flax/checkpoint_{step}", step, None))
    truth.write_beside(run_dir)


if __name__ == "__main__":
    main()
