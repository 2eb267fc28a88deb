"""The classes of artifacts that a policy may delete, and what is refused in their list.

Nothing of a class that is not named is ever touched, and the final model has no name here.
"""

from __future__ import annotations

from collections.abc import Iterable

from .fields import refuse, text, unknown

DELETABLE = ("log", "event", "intermediate", "visualization", "config", "other")
FINAL_MODEL = "final-model"


def artifact_classes(named: Iterable[tuple[str, object]]) -> tuple[str, ...]:
    """The classes as named, each with where it was: a field of a file, or an option."""
    classes: list[str] = []
    for where, value in named:
        name = text(value, where)
        if name == FINAL_MODEL:
            refuse(where, f"{FINAL_MODEL} is never deleted by a policy")
        if name not in DELETABLE:
            unknown(name, where, "class of artifacts", DELETABLE)
        if name in classes:
            refuse(where, f"{name} is named twice")
        classes.append(name)
    return tuple(classes)
