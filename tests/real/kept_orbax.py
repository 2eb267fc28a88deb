"""A real JAX loop that an Orbax CheckpointManager saves, its steps chosen by OrbaxKeeper."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from keepstep.policies.training import OrbaxKeeper
from ledger import Ledger

METRIC = "loss"
FOR_EVER = 1_000_000
State = dict[str, jax.Array]


def manager(
    place: Path, policy: Path | None, limit: int | None, *, best: bool = True
) -> ocp.CheckpointManager:
    """Saves in the background, as is Orbax's default; `limit` is its own rotation."""
    options = ocp.CheckpointManagerOptions(
        preservation_policy=OrbaxKeeper(place, policy=policy) if policy else None,
        max_to_keep=limit,
        best_fn=(lambda metrics: metrics[METRIC]) if best else None,
        best_mode="min",
    )
    return ocp.CheckpointManager(place, options=options)


def train(
    place: Path,
    ledger: Ledger,
    *,
    policy: Path | None = None,
    resume: Path | None = None,
    saves: int | None = None,
    limit: int | None = None,
    callbacks: tuple[Callable[[int], None], ...] = (),
    best: bool = True,
) -> None:
    """Train until killed, or for so many saves; Orbax itself says from which step it goes on."""
    logging.getLogger("absl").setLevel(logging.ERROR)
    inputs = jnp.asarray(np.random.default_rng(5).normal(size=(32, 4)))
    targets = inputs @ jnp.arange(4.0)

    def loss(weights: jax.Array, rows: slice) -> jax.Array:
        return jnp.mean((inputs[rows] @ weights - targets[rows]) ** 2)

    gradient = jax.jit(jax.grad(lambda weights: loss(weights, slice(0, 24))))
    with manager(place, policy, limit, best=best) as saver:
        state: State = {"weights": jnp.ones(4), "step": jnp.asarray(0)}
        if resume is not None:
            assert saver.latest_step() == int(resume.name)
            state = saver.restore(saver.latest_step(), args=ocp.args.StandardRestore(state))
        first = int(state["step"])
        ledger.note("started", first)
        for step in range(first + 1, FOR_EVER if saves is None else saves + 1):
            for callback in callbacks:
                callback(step)
            # Noisy, so that the best is not the last.
            noise = 0.1 * jax.random.normal(jax.random.key(step), (4,))
            weights = state["weights"] - 0.1 * gradient(state["weights"]) + noise
            state = {"weights": weights, "step": jnp.asarray(step)}
            value = float(loss(state["weights"], slice(24, 32)))
            ledger.note("begun", step, value, str(step))
            saver.save(step, args=ocp.args.StandardSave(state), metrics={METRIC: value})
            saver.wait_until_finished()
            ledger.note("finished", step)


def load(checkpoint: Path) -> None:
    """Raises where the framework could not go on from it."""
    with ocp.CheckpointManager(checkpoint.parent) as saver:
        saver.restore(int(checkpoint.name), args=ocp.args.StandardRestore())
