"""Dataclasses whose methods are made when they are needed; to a reader and a type checker, plain.

The standard decorator writes six methods for every class and compiles each at import. For the
ninety classes of a short command that takes four times as long as Python takes to start, and most
of them make no instance in one run. Here the fields are known at once, `__init__` is compiled with
the first instance, and what compares, hashes, prints, pickles and guards is the same code for all.

`fields`, `replace` and `match` work as ever. Slots are a must; `__post_init__` and `order` are
not there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

T = TypeVar("T")
_NOT_GIVEN: Any = object()  # for a factory's turn


def _made(
    *,
    slots: bool,
    frozen: bool = False,
    eq: bool = True,
    repr: bool = True,  # noqa: A002 - as the standard decorator names it
) -> Callable[[type[T]], type[T]]:
    def decorate(cls: type[T]) -> type[T]:
        cls.__doc__ = cls.__doc__ or cls.__name__  # else a signature would be worked out for it
        cls = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
        methods: dict[str, object] = {"__init__": _late_init(cls, frozen)}
        if repr:
            methods["__repr__"] = _repr
        if eq:
            methods |= _comparing(cls, frozen)
        if frozen:
            methods |= _GUARDS
        for name, method in methods.items():
            if name not in cls.__dict__ or name == "__hash__":
                setattr(cls, name, method)
        return cls

    return decorate


def _late_init(cls: type[Any], frozen: bool) -> Callable[..., None]:
    def __init__(self: object, *values: object, **named: object) -> None:  # noqa: N807
        init = cls.__init__ = _init(cls, frozen)
        init(self, *values, **named)

    return __init__


def _init(cls: type[Any], frozen: bool) -> Callable[..., None]:
    """What the standard decorator would write; a frozen instance is filled through its slots."""
    scope: dict[str, Any] = {"_NOT_GIVEN": _NOT_GIVEN}
    parameters: list[str] = ["self"]
    keywords: list[str] = []
    body: list[str] = []
    for one in dataclasses.fields(cls):
        name, value = one.name, one.name
        parameter = name
        if one.default is not dataclasses.MISSING:
            scope[f"_{name}_default"] = one.default
            parameter = f"{name}=_{name}_default"
        elif one.default_factory is not dataclasses.MISSING:
            scope[f"_{name}_factory"] = one.default_factory
            parameter = f"{name}=_NOT_GIVEN"
            value = f"_{name}_factory() if {name} is _NOT_GIVEN else {name}"
        (keywords if one.kw_only else parameters).append(parameter)
        if frozen:
            scope[f"_{name}_slot"] = getattr(cls, name).__set__
            body.append(f"_{name}_slot(self, {value})")
        else:
            body.append(f"self.{name} = {value}")
    if keywords:
        parameters += ["*", *keywords]
    text = f"def __init__({', '.join(parameters)}):\n " + "\n ".join(body or ["pass"])
    exec(text, scope)  # noqa: S102 - made of our own field names alone
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _comparing(cls: type[Any], frozen: bool) -> dict[str, object]:
    compared = _values([one.name for one in dataclasses.fields(cls) if one.compare])

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(compared(self))

    return {"__eq__": __eq__, "__hash__": __hash__ if frozen else None}


def _values(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    """The fields as a tuple, also of one or none."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda one: tuple([getattr(one, name) for name in names])


def _repr(self: Any) -> str:  # noqa: ANN401
    shown = (one.name for one in dataclasses.fields(self) if one.repr)
    text = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({text})"


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:  # noqa: ANN401
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _set_state(self: Any, state: list[object]) -> None:  # noqa: ANN401
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)


_GUARDS: dict[str, object] = {
    "__setattr__": _refuse_to_set,
    "__delattr__": _refuse_to_delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    dataclass = _made
