"""For Lightning: the policy is applied after each save of its `ModelCheckpoint`s.

    Trainer(..., callbacks=[ModelCheckpoint(save_top_k=-1), LightningKeeper(policy="balanced")])

Lightning calls its checkpoint callbacks after all others. So a save is seen in the hook that
follows, a moment later, and one that a thread of Lightning's own still writes, once it is there.
"""

# The framework is no dependency of ours, so that nothing here can see into its classes.
# mypy: allow-subclassing-any, disable-error-code="import-not-found,import-untyped"
from __future__ import annotations

import os
from collections.abc import Iterator

from ..refusal import Refusal
from ..rules.policy import Policy
from .callback import CallbackKeeper, never_raising, plain_numbers
from .keeper import Keeper, Path

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch.callbacks import ModelCheckpoint
except ImportError:
    from pytorch_lightning import Callback, LightningModule, Trainer
    from pytorch_lightning.callbacks import ModelCheckpoint


class LightningKeeper(Callback):
    """Keeps the right checkpoints of a Trainer while it writes them.

    `directory` defaults to the run's folder of the logger, where the checkpoints lie in it, else
    to the folder that `ModelCheckpoint` writes to; `policy` and `milestone_every` are those of
    `Keeper`. Let ModelCheckpoint keep all (`save_top_k=-1`): what it removes is gone for good.
    """

    def __init__(
        self,
        directory: Path | None = None,
        policy: Path | Policy | None = None,
        *,
        milestone_every: int | None = None,
    ) -> None:
        super().__init__()
        self._directory = directory
        self._keeping = CallbackKeeper(policy, milestone_every)
        self._known: set[str] = set()
        self._state: list[tuple[object, ...]] = []
        self._due: list[tuple[str, int, dict[str, float]]] = []

    @property
    def keeper(self) -> Keeper | None:
        """What does the work, for `keeper.pin(…)`; None until training begins."""
        return self._keeping.keeper

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Raises Refusal without a policy, or where nobody knows what to tend."""
        directory = _folder(trainer) if self._directory is None else self._directory
        self._keeping.begin(directory, first=trainer.is_global_zero)

    @never_raising
    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """What an earlier start has saved is nothing new."""
        self._known, self._state = set(_paths(trainer)), _state(trainer)
        for saver in _savers(trainer):
            if saver.save_top_k > 0:
                self._keeping.shared_with(
                    f"ModelCheckpoint(save_top_k={saver.save_top_k})",
                    "with save_top_k=-1 only the policy does",
                )
            elif saver.save_top_k and saver.monitor is not None:
                self._keeping.needs_best_of(saver.monitor, saver.mode)

    @never_raising
    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: object, batch_idx: int
    ) -> None:
        """After what was saved at the end of a batch, or of a validation within an epoch."""
        self._look(trainer)

    @never_raising
    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After what was saved at the end of a validation."""
        self._look(trainer)

    @never_raising
    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After what was saved at the end of an epoch."""
        self._look(trainer)

    @never_raising
    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """What the directory holds after `fit` is what the policy leaves."""
        self._look(trainer)
        self._keeping.settle()

    def _look(self, trainer: Trainer) -> None:
        state = _state(trainer)
        if state != self._state:
            self._state = state
            metrics = plain_numbers(trainer.callback_metrics)
            for path in _paths(trainer):
                if path not in self._known:
                    self._known.add(path)
                    self._due.append((path, trainer.global_step, metrics))
        if self._due:
            self._tell()

    def _tell(self) -> None:
        """Lightning puts a file in its place once it is whole; folders end with their last file."""
        waiting, self._due = self._due, []
        for path, step, metrics in waiting:
            if os.path.lexists(path):
                self._keeping.saved(path, step=step, metrics=metrics)
            else:
                self._due.append((path, step, metrics))


def _savers(trainer: Trainer) -> Iterator[ModelCheckpoint]:
    """Its ModelCheckpoints, of whichever of Lightning's two packages."""
    return (one for one in trainer.checkpoint_callbacks if hasattr(one, "best_k_models"))


def _state(trainer: Trainer) -> list[tuple[object, ...]]:
    """What differs after a save; asked at every batch, so it must be quick."""
    return [
        (
            getattr(one, "_last_global_step_saved", 0),
            one.best_model_path,
            one.last_model_path,
            len(one.best_k_models),
        )
        for one in _savers(trainer)
    ]


def _paths(trainer: Trainer) -> Iterator[str]:
    """Every checkpoint that a ModelCheckpoint says it has, the copy it resumes from last."""
    for one in _savers(trainer):
        yield from (os.fspath(path) for path in one.best_k_models)
        yield from (path for path in (one.best_model_path, one.last_model_path) if path)


def _folder(trainer: Trainer) -> str:
    """What to tend: never more than the one run."""
    folders: set[str] = {os.path.abspath(one.dirpath) for one in _savers(trainer) if one.dirpath}
    if len(folders) != 1:
        found = ", ".join(sorted(folders)) or "none"
        raise Refusal(f"LightningKeeper: directory is needed: ModelCheckpoint's are {found}")
    [folder] = folders
    run = os.path.abspath(trainer.log_dir) if trainer.loggers and trainer.log_dir else folder
    return run if f"{folder}/".startswith(f"{run}/") else folder
