"""The pickle virtual machine, less everything that acts: no import, no call, no class.

It mirrors the stack, the marks and the memo of the real one, because without the memo the second
use of a key is a mere number. Lists and sets are not kept; their items are dropped.
"""

from __future__ import annotations

from collections.abc import Callable

from .numbers import MAX_COUNT
from .pickle_values import OPAQUE, Thing, Value

_MAX_TUPLE = 8  # tensors and numpy scalars need no longer ones
_MAX_BYTES = 16
_DICTIONARIES = frozenset(
    ("collections OrderedDict", "collections defaultdict", "builtins dict", "__builtin__ dict")
)


class Machine:
    """Stack, marks and memo; every method is one opcode or a part of one."""

    __slots__ = ("marked", "memo", "stack")

    def __init__(self) -> None:
        self.stack: list[Value] = []
        self.marked: list[list[Value]] = []
        self.memo: dict[int, Value] = {}

    def bottom(self) -> Value:
        """What will be the top object, once the pickle ends."""
        lowest = self.marked[0] if self.marked else self.stack
        return lowest[0] if lowest else OPAQUE

    def push(self, value: Value) -> None:
        keep = not isinstance(value, bytes) or len(value) <= _MAX_BYTES
        self.stack.append(value if keep else OPAQUE)

    def take(self, count: int) -> list[Value]:
        """The topmost values, removed; a short stack is an error, as in the real machine."""
        start = len(self.stack) - count
        if start < 0:
            raise IndexError("the stack is too short")
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def to_mark(self) -> list[Value]:
        items, self.stack = self.stack, self.marked.pop()
        return items

    def pop(self) -> None:
        """A mark can be popped like a value."""
        if self.stack:
            self.stack.pop()
        else:
            self.to_mark()

    def push_tuple(self, items: list[Value]) -> None:
        self.stack.append(tuple(items) if len(items) <= _MAX_TUPLE else OPAQUE)

    def remember(self, index: object) -> None:
        # The index comes from the file: unbounded ones could all collide in the dictionary.
        if not isinstance(index, int) or not 0 <= index <= MAX_COUNT:
            raise ValueError("no memo index")
        self.memo[index] = self.stack[-1]

    def recall(self, index: object) -> None:
        if not isinstance(index, int):
            raise ValueError("no memo index")
        self.stack.append(self.memo[index])

    def set_items(self, items: list[Value]) -> None:
        target = self.stack[-1]
        if isinstance(target, dict):
            for key, value in zip(items[::2], items[1::2], strict=False):
                if isinstance(key, str):
                    target[key] = value

    def name(self, module: Value, name: Value) -> None:
        # Only short text: one long name, recalled a thousand times, would fill the memory, and
        # tuples that hold each other twice have a text of exponential length.
        short = isinstance(module, str) and isinstance(name, str) and len(module) + len(name) < 200
        self.stack.append(Thing(f"{module!s} {name!s}" if short else ""))

    def call(self, made_by: Value, arguments: Value) -> None:
        name = made_by.made_by if isinstance(made_by, Thing) else ""
        self.stack.append({} if name in _DICTIONARIES else Thing(name, arguments))

    def build(self) -> None:
        [state] = self.take(1)
        target = self.stack[-1]
        if isinstance(target, Thing):
            target.state = state


def _make_dict(machine: Machine) -> None:
    items = machine.to_mark()
    machine.stack.append({})
    machine.set_items(items)


def _drop_to_mark(machine: Machine) -> None:
    machine.to_mark()


def _opaque_from_mark(machine: Machine) -> None:
    machine.to_mark()
    machine.stack.append(OPAQUE)


def _object_from_mark(machine: Machine) -> None:
    items = machine.to_mark()
    machine.call(items[0], OPAQUE)


def _call_with_keywords(machine: Machine) -> None:
    made_by, arguments, _ = machine.take(3)
    machine.call(made_by, arguments)


ACTIONS: dict[str, Callable[[Machine], None]] = {
    "NONE": lambda machine: machine.stack.append(None),
    "NEWTRUE": lambda machine: machine.stack.append(True),
    "NEWFALSE": lambda machine: machine.stack.append(False),
    "MARK": Machine.mark,
    "POP": Machine.pop,
    "POP_MARK": _drop_to_mark,
    "DUP": lambda machine: machine.stack.append(machine.stack[-1]),
    "EMPTY_DICT": lambda machine: machine.stack.append({}),
    "DICT": _make_dict,
    "SETITEM": lambda machine: machine.set_items(machine.take(2)),
    "SETITEMS": lambda machine: machine.set_items(machine.to_mark()),
    "EMPTY_TUPLE": lambda machine: machine.stack.append(()),
    "TUPLE": lambda machine: machine.push_tuple(machine.to_mark()),
    "TUPLE1": lambda machine: machine.push_tuple(machine.take(1)),
    "TUPLE2": lambda machine: machine.push_tuple(machine.take(2)),
    "TUPLE3": lambda machine: machine.push_tuple(machine.take(3)),
    "LIST": _opaque_from_mark,
    "FROZENSET": _opaque_from_mark,
    "APPEND": Machine.pop,
    "APPENDS": _drop_to_mark,
    "ADDITEMS": _drop_to_mark,
    "REDUCE": lambda machine: machine.call(*machine.take(2)),
    "NEWOBJ": lambda machine: machine.call(*machine.take(2)),
    "NEWOBJ_EX": _call_with_keywords,
    "OBJ": _object_from_mark,
    "INST": _opaque_from_mark,
    "BUILD": Machine.build,
    "STACK_GLOBAL": lambda machine: machine.name(*machine.take(2)),
    "BINPERSID": lambda machine: machine.stack.append(Thing("persistent", machine.take(1)[0])),
    "PERSID": lambda machine: machine.stack.append(OPAQUE),
    "MEMOIZE": lambda machine: machine.remember(len(machine.memo)),
    "PROTO": lambda machine: None,
    "FRAME": lambda machine: None,
    "READONLY_BUFFER": lambda machine: None,
}
