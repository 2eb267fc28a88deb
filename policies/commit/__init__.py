"""Carry out plans: lock, re-validation, trash, journal, undo. Only this package deletes or moves.

The package can be called like the verb it is named for: `keepstep.policies.commit(plan)`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..decisions import Plan
    from .results import CommitResult


class _Verb(ModuleType):
    """Importing any part of a package binds its name in the parent, so the name must serve both."""

    def __call__(self, plan: Plan, **options: Any) -> CommitResult:  # noqa: ANN401 - see commit.py
        from .commit import commit

        return commit(plan, **options)


sys.modules[__name__].__class__ = _Verb
