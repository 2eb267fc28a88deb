"""For Keras 3: the policy is applied after each epoch that `ModelCheckpoint` has saved.

    model.fit(..., callbacks=[ModelCheckpoint("runs/exp1/{epoch:03d}.keras"),
                              KerasKeeper("runs/exp1", policy="balanced")])

Keras tells no callback what another has saved. So when an epoch begins, and every callback is done
with the one before in whatever order they stand, the directory is asked which files are new.
"""

# The framework is no dependency of ours, so that nothing here can see into its classes.
# mypy: allow-subclassing-any, disable-error-code="import-not-found,import-untyped"
from __future__ import annotations

import os
from collections.abc import Mapping

from keras.callbacks import Callback

from ..rules.policy import Policy
from .callback import CallbackKeeper, never_raising, plain_numbers
from .keeper import Keeper, Path

_SUFFIXES = (".keras", ".h5")


class KerasKeeper(Callback):
    """Keeps the right checkpoints of `fit` while they are written; arguments as of `Keeper`.

    `directory` is the folder of ModelCheckpoint's files. Their names need `{epoch}`: one that is
    overwritten each time is no series, and is left alone.
    """

    def __init__(
        self,
        directory: Path,
        policy: Path | Policy | None = None,
        *,
        milestone_every: int | None = None,
    ) -> None:
        super().__init__()
        self._directory = directory
        self._keeping = CallbackKeeper(policy, milestone_every)
        self._due: tuple[int, Mapping[str, float]] | None = None  # an epoch that has ended
        self._known: dict[str, tuple[int, int]] = {}

    @property
    def keeper(self) -> Keeper | None:
        """What does the work, for `keeper.pin(…)`; None until training begins."""
        return self._keeping.keeper

    def on_train_begin(self, logs: Mapping[str, object] | None = None) -> None:
        """Raises PolicyRefusal without a policy, named or saved: nothing is trained yet."""
        self._keeping.begin(self._directory, first=None)
        self._known = _files(self._directory)

    @never_raising
    def on_epoch_begin(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        """All callbacks are done with the epoch before."""
        self._tell()

    @never_raising
    def on_epoch_end(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        """Perhaps it is being saved."""
        self._due = (epoch + 1, plain_numbers(logs))  # names of files count from 1

    @never_raising
    def on_train_end(self, logs: Mapping[str, object] | None = None) -> None:
        """What the directory holds after `fit` is what the policy leaves."""
        self._tell()
        self._keeping.settle()

    def _tell(self) -> None:
        due, self._due = self._due, None
        if due is None:
            return
        epoch, metrics = due
        before, self._known = self._known, _files(self._directory)
        for name, state in self._known.items():
            if before.get(name) != state:
                path = os.path.join(self._directory, name)
                self._keeping.saved(path, epoch=epoch, metrics=metrics)


def _files(directory: Path) -> dict[str, tuple[int, int]]:
    """When each of Keras's files in the folder was written, and its inode."""
    found: dict[str, tuple[int, int]] = {}
    for name in os.listdir(directory) if os.path.isdir(directory) else ():
        if name.endswith(_SUFFIXES):
            try:
                stat = os.lstat(os.path.join(directory, name))
            except FileNotFoundError:  # the keeper has just moved it away
                continue
            found[name] = (stat.st_mtime_ns, stat.st_ino)
    return found
