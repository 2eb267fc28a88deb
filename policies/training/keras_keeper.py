"""For Keras 3: the policy is applied after each epoch that `ModelCheckpoint` has saved.

    model.fit(..., callbacks=[ModelCheckpoint("runs/exp1/{epoch:03d}.keras"),
                              KerasKeeper("runs/exp1", policy="balanced")])

Keras tells no callback what another has saved. So an epoch is told when the next one begins, by
its number: by then every callback is done with it, in whatever order they stand.
"""

from __future__ import annotations

from collections.abc import Mapping

from keras.callbacks import Callback

from ..rules.policy import Policy
from .callback import CallbackKeeper, never_raising, plain_numbers
from .keeper import Keeper, Path


class KerasKeeper(Callback):
    """Keeps the right checkpoints of `fit` while they are written; arguments as of `Keeper`.

    File names need `{epoch}`: one that is overwritten each time is no series, and is left alone.
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
        self._due: tuple[int, Mapping[str, float]] | None = None

    @property
    def keeper(self) -> Keeper | None:
        """What does the work, for `keeper.pin(…)`; None until training begins."""
        return self._keeping.keeper

    def on_train_begin(self, logs: Mapping[str, object] | None = None) -> None:
        """Raises PolicyRefusal without a policy, named or saved: nothing is trained yet."""
        self._keeping.begin(self._directory, first=None)

    @never_raising
    def on_epoch_begin(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        """All callbacks are done with the epoch before."""
        self._tell()

    @never_raising
    def on_epoch_end(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        """Perhaps it is being saved; names of files count from 1."""
        self._due = (epoch + 1, plain_numbers(logs))

    @never_raising
    def on_train_end(self, logs: Mapping[str, object] | None = None) -> None:
        """What the directory holds after `fit` is what the policy leaves."""
        self._tell()
        self._keeping.settle()

    def _tell(self) -> None:
        due, self._due = self._due, None
        if due is not None:
            self._keeping.saved(epoch=due[0], metrics=due[1])
