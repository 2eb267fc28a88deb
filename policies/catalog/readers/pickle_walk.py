"""Read the values of a pickle without running it: its opcodes drive a machine of plain values.

Work is bounded by a number of opcodes, memory by the length of the source. Whatever is malformed
ends the walk; what was read until then is returned as incomplete.
"""

from __future__ import annotations

import pickletools
import re
import struct
from typing import BinaryIO

from ...late_dataclass import dataclass
from .pickle_machine import ACTIONS, Machine
from .pickle_values import OPAQUE, Value

MAX_OPCODES = 300_000  # about a quarter of a second
# Warning: odd escapes in old text opcodes warn, which an interpreter run with -W error raises.
_FAILURES = (ValueError, IndexError, KeyError, TypeError, OverflowError, struct.error, Warning)
_PLAIN = frozenset(
    (
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
        "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
        "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
    )
)  # fmt: skip
_PUT = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
_GET = frozenset(("GET", "BINGET", "LONG_BINGET"))


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """The top object; when not complete, as far as it was built."""

    value: Value
    complete: bool


def walk(source: BinaryIO, max_opcodes: int = MAX_OPCODES) -> Walked | None:
    """The top object of the pickle that starts here; None for what is no pickle.

    The source is left just behind a complete pickle, so that another can follow.
    """
    machine = Machine()
    walked = 0
    try:
        for opcode, argument, _ in pickletools.genops(source):
            if opcode.name == "STOP":
                return Walked(machine.stack[-1], complete=True)
            if walked == max_opcodes:
                break
            _step(machine, opcode.name, argument)
            walked += 1
    except _FAILURES:
        pass
    return Walked(machine.bottom(), complete=False) if walked else None


def _step(machine: Machine, name: str, argument: object) -> None:
    if name in _PLAIN:
        machine.push(argument)  # type: ignore[arg-type]  # genops gives int, float, str or bytes
    elif name in _PUT:
        machine.remember(argument)
    elif name in _GET:
        machine.recall(argument)
    elif name == "GLOBAL":
        module, _, rest = str(argument).partition(" ")
        machine.name(module, rest)
    elif name in ACTIONS:
        ACTIONS[name](machine)
    else:  # lists, sets, buffers, extensions: a value of which nothing need be known
        machine.stack.append(OPAQUE)


_KEY = rb"(?:X(?:%b)|\x8c%b)%b(?:q.|r....|\x94)?"
_VALUE = rb"(?:K(?P<one>.)|M(?P<two>..)|J(?P<four>....)|G(?P<float>.{8}))"


def last_number(data: bytes, key: str) -> float | None:
    """The last number that follows a text key; a guess, for pickles too long to be walked."""
    name = key.encode()
    start = _KEY % (
        re.escape(struct.pack("<I", len(name))),
        re.escape(struct.pack("B", len(name))),
        re.escape(name),
    )
    found: re.Match[bytes] | None = None
    for match in re.finditer(start + _VALUE, data, re.DOTALL):
        found = match
    if found is None:
        return None
    if found["float"]:
        [value] = struct.unpack(">d", found["float"])
        return float(value)
    raw = found["one"] or found["two"] or found["four"]
    return float(int.from_bytes(raw, "little", signed=found["four"] is not None))
