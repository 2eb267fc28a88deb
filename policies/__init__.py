"""keepstep's core: catalog -> rules -> plan -> commit. It knows no terminal.

from keepstep.policies import load_policy, make_plan, scan

catalog = scan("/scratch/amy/run7")
plan = make_plan(catalog, load_policy("balanced"), now=time.time())
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .catalog.scan import scan
    from .plan import make_plan
    from .refusal import Refusal
    from .rules.preset_files import load_policy

__all__ = ["Refusal", "load_policy", "make_plan", "scan"]

# Imported when asked for: a command that only scans should not wait for rules and plans.
_HOMES = {
    "Refusal": "refusal",
    "load_policy": "rules.preset_files",
    "make_plan": "plan",
    "scan": "catalog.scan",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
