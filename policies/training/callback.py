"""What the callbacks of all frameworks share: a `Keeper` that begins with the training.

A framework knows only then where it saves and which process is the first. From then on nothing is
raised into it any more.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, SupportsFloat

from ..rules.policy import Policy
from .keeper import Keeper, Path, named_policy

_LOG = logging.getLogger("keepstep")
_LONGEST_WAIT = 30.0  # seconds for a round, where there is no way but to wait for it
P = ParamSpec("P")


class CallbackKeeper:
    """Begins a keeper, tells it of saves, and waits for it where the framework deletes too.

    A policy that is no policy is refused here, when the callback is made.
    """

    def __init__(self, policy: Path | Policy | None, milestone_every: int | None) -> None:
        self._policy = named_policy(policy)
        self._milestone_every = milestone_every
        self._warned: set[str] = set()
        self._shared = False
        self.keeper: Keeper | None = None

    def begin(self, directory: Path, *, first: bool | None) -> None:
        """Training begins in a directory; `first`: whether this process acts, None to find out.

        Raises PolicyRefusal without a policy, named or saved.
        """
        rank = None if first is None else int(not first)
        here = os.path.abspath(os.fspath(directory))
        if self.keeper is None or self.keeper.directory != here:
            self.keeper = Keeper(
                here, self._policy, rank=rank, milestone_every=self._milestone_every
            )

    def shared_with(self, rotation: str, remedy: str) -> None:
        """The framework deletes by itself too: say so, and never let both do it at once.

        It looks at a folder and then at its age or its files; if a rename of ours came between,
        it would raise. So the loop waits for each round, which takes some milliseconds.
        """
        self._shared = True
        self.warn(f"{rotation} deletes for good, before the policy is asked; {remedy}")

    def needs_best_of(self, metric: str, mode: str) -> None:
        """The framework will want to load its own best again: say so where no rule keeps it."""
        if self._policy is not None and (metric, mode) not in self._policy.metrics():
            self.warn(
                f"the policy {self._policy.name} keeps no best {metric} ({mode}), which the "
                "framework may want to load at the end"
            )

    def warn(self, sentence: str) -> None:
        """Say a thing once, in the first process."""
        if self.keeper is not None and self.keeper.active and sentence not in self._warned:
            self._warned.add(sentence)
            _LOG.warning("%s", sentence)

    def saved(
        self,
        path: Path | None = None,
        *,
        step: int | None = None,
        epoch: float | None = None,
        metrics: Mapping[str, SupportsFloat] | None = None,
    ) -> None:
        """As `Keeper.saved`; nothing before training has begun."""
        if self.keeper is not None:
            self.keeper.saved(path, step=step, epoch=epoch, metrics=metrics)
            if self._shared:
                self.settle()

    def settle(self) -> None:
        """Wait for the last round, but not for ever."""
        if self.keeper is not None:
            try:
                self.keeper.wait(_LONGEST_WAIT)
            except TimeoutError:
                _LOG.warning("the policy is still being applied in %s", self.keeper.directory)


def never_raising(hook: Callable[P, None]) -> Callable[P, None]:
    """A hook of a framework that logs what goes wrong in it; training goes on."""

    @wraps(hook)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            hook(*args, **kwargs)
        except Exception as error:
            _LOG.warning("%s: %s: %s", hook.__qualname__, type(error).__name__, error)
            _LOG.debug("%s failed", hook.__qualname__, exc_info=True)

    return guarded


def plain_numbers(metrics: Mapping[str, object] | None) -> dict[str, float]:
    """What of a framework's metrics is a single number, tensors too."""
    found: dict[str, float] = {}
    for name, value in (metrics or {}).items():
        try:
            found[str(name)] = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, RuntimeError):  # of a tensor with several elements, too
            continue
    return found
