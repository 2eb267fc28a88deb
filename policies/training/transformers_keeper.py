"""For `transformers.Trainer`: the policy is applied after each of its saves.

    Trainer(..., callbacks=[TransformersKeeper(policy="balanced")])

Metrics need no telling: the Trainer writes them into every checkpoint.
"""

# The framework is no dependency of ours, so that nothing here can see into its classes.
# mypy: allow-subclassing-any, disable-error-code="import-not-found,import-untyped"
from __future__ import annotations

import os

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ..rules.policy import Policy
from .callback import CallbackKeeper, never_raising
from .keeper import Keeper, Path


class TransformersKeeper(TrainerCallback):
    """Keeps the right checkpoints of a Trainer while it writes them.

    `directory` defaults to the Trainer's `output_dir`; `policy` and `milestone_every` are those of
    `Keeper`. Leave `save_total_limit` out: it deletes for good, whatever the policy says.
    """

    def __init__(
        self,
        directory: Path | None = None,
        policy: Path | Policy | None = None,
        *,
        milestone_every: int | None = None,
    ) -> None:
        self._directory = directory
        self._keeping = CallbackKeeper(policy, milestone_every)
        self._due: int | None = None

    @property
    def keeper(self) -> Keeper | None:
        """What does the work, for `keeper.pin(…)`; None until training begins."""
        return self._keeping.keeper

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Raises PolicyRefusal without a policy, named or saved: nothing is trained yet."""
        directory = args.output_dir if self._directory is None else self._directory
        self._keeping.begin(directory, first=state.is_world_process_zero)
        if args.save_total_limit and args.save_total_limit > 0:
            self._keeping.shared_with(
                f"save_total_limit={args.save_total_limit}",
                "leave it out, and only the policy does",
            )

    @never_raising
    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """A save is finished; where several processes write it, only in this one."""
        self._due = state.global_step
        if args.world_size <= 1:
            self._tell(args)

    @never_raising
    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """A step after a save has gone through all processes, so that all have finished it."""
        self._tell(args)

    @never_raising
    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """What the directory holds after `train()` is what the policy leaves."""
        self._tell(args)
        self._keeping.settle()

    def _tell(self, args: TrainingArguments) -> None:
        step, self._due = self._due, None
        if step is not None:
            self._keeping.saved(os.path.join(args.output_dir, f"checkpoint-{step}"), step=step)
