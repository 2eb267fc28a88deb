"""What a walked pickle consists of: plain values, and things known only by what would make them."""

from __future__ import annotations

from typing import Final, TypeAlias, Union

from ...late_dataclass import dataclass


class Opaque:
    """Stands for every value of which nothing need be known."""

    __slots__ = ()


OPAQUE: Final = Opaque()
Scalar: TypeAlias = int | float | str | bool | None
Value: TypeAlias = Union[
    Scalar, bytes, tuple["Value", ...], dict[str, "Value"], "Thing", "Opaque"
]  # fmt: skip


@dataclass(slots=True, eq=False, repr=False)
class Thing:
    """What a call would have returned: "module name" of its maker, the arguments, the state.

    Things may hold each other in circles: nothing may ever compare, print or descend into them.
    """

    made_by: str
    arguments: Value = None
    state: Value = None


def is_scalar(value: Value) -> bool:
    """Whether a value is complete in itself."""
    return value is None or isinstance(value, int | float | str)


def items_of(value: Value) -> dict[str, Value] | None:
    """The named values of a dictionary, or of an object by its state; else None."""
    if isinstance(value, Thing):
        state = value.state
        # Objects with slots keep their state as (None, slots).
        value = state[1] if isinstance(state, tuple) and len(state) == 2 else state
    return value if isinstance(value, dict) else None
