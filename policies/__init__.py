"""keepstep's core: catalog -> rules -> plan -> commit. It knows no terminal.

What the commands and the review use is what a program can use, with the same protections:

>>> import time
>>> from keepstep.policies import commit, load_policy, make_plan, scan, undo
>>> catalog = scan(run)
>>> plan = make_plan(catalog, load_policy("last-20"), now=time.time())
>>> plan.summary.keep, plan.summary.delete
(20, 5)
>>> result = commit(plan)                       # into the trash; nothing is gone yet
>>> len(result.trashed)
5
>>> len(undo(run).restored)
5

Whatever cannot be done as asked raises a `Refusal`, whose text is one sentence for a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .catalog.scan import scan
    from .commit.commit import commit
    from .commit.undo import undo
    from .plan import make_plan
    from .refusal import Refusal
    from .rules.preset_files import load_policy

__all__ = ["Refusal", "commit", "load_policy", "make_plan", "scan", "undo"]

# Imported when asked for: a command that only scans should not wait for rules and plans.
# `commit` is the package of that name, which can be called.
_HOMES = {
    "Refusal": ("refusal", "Refusal"),
    "load_policy": ("rules.preset_files", "load_policy"),
    "make_plan": ("plan", "make_plan"),
    "scan": ("catalog.scan", "scan"),
    "undo": ("commit.undo", "undo"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "commit":
        return import_module(".commit", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f".{module}", __name__), attribute)
