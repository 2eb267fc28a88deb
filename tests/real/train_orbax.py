"""Count steps with the real Orbax CheckpointManager, on from its latest step if there is one.

    python tests/real/train_orbax.py RUN_DIR SAVES

Prints one line of JSON on stdout: {"resumed_at": step, "ended_at": step}.
"""

import json
import sys
from pathlib import Path

import jax.numpy as jnp
import orbax.checkpoint as ocp

STEPS_BETWEEN = 7


def main() -> None:
    run_dir, saves = Path(sys.argv[1]).absolute(), int(sys.argv[2])
    state = {"w": jnp.zeros((4, 2)), "step": jnp.array(0)}
    with ocp.CheckpointManager(run_dir, options=ocp.CheckpointManagerOptions()) as manager:
        latest = manager.latest_step()
        if latest is not None:
            state = manager.restore(latest, args=ocp.args.StandardRestore(state))
            assert int(state["step"]) == latest, "it loaded another step"
        resumed_at = int(state["step"])
        for _ in range(saves):
            state = {"w": state["w"] + STEPS_BETWEEN, "step": state["step"] + STEPS_BETWEEN}
            manager.save(int(state["step"]), args=ocp.args.StandardSave(state))
            manager.wait_until_finished()
    assert float(state["w"][0, 0]) == int(state["step"]), "weights and step parted"
    sys.stdout.write(json.dumps({"resumed_at": resumed_at, "ended_at": int(state["step"])}) + "\n")


if __name__ == "__main__":
    main()
