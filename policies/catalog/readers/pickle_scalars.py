"""Numbers that a pickle holds as objects: numpy scalars, and tensors of one number.

Training scripts often save `best_loss` as such. The bytes of a tensor lie outside the pickle; they
are asked for only when the tensor has exactly one element.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from .pickle_values import Thing, Value

Storage = Callable[[str, int, int], bytes | None]  # key, offset and length -> bytes

_STORAGES = {
    "torch FloatStorage": "<f",
    "torch DoubleStorage": "<d",
    "torch HalfStorage": "<e",
    "torch LongStorage": "<q",
    "torch IntStorage": "<i",
}
_BFLOAT16 = "torch BFloat16Storage"
_DTYPES = {"f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i"}
_TENSOR_MAKERS = ("torch._utils _rebuild_", "torch._tensor _rebuild_")
_ARRAY_MAKERS = (
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",
    "numpy._core.numeric _frombuffer",
)
_SCALAR_MAKERS = ("numpy.core.multiarray scalar", "numpy._core.multiarray scalar")


def no_storage(key: str, offset: int, length: int) -> bytes | None:
    """For pickles whose tensors cannot be reached."""
    return None


def is_tensor(value: Value) -> bool:
    """Whether a value is a tensor or an array."""
    return isinstance(value, Thing) and value.made_by.startswith(_TENSOR_MAKERS + _ARRAY_MAKERS)


def number_in(value: Value, storage: Storage) -> float | None:
    """The number that a numpy scalar or a tensor of one element is; else None."""
    if not isinstance(value, Thing) or not isinstance(value.arguments, tuple):
        return None
    try:
        if value.made_by in _SCALAR_MAKERS:
            return _numpy_scalar(*value.arguments)
        if value.made_by == "torch._utils _rebuild_tensor_v2":
            return _tensor_scalar(value.arguments, storage)
    except (TypeError, ValueError, struct.error):
        return None
    return None


def _numpy_scalar(dtype: Value, raw: Value) -> float | None:
    if not isinstance(dtype, Thing) or not isinstance(dtype.arguments, tuple):
        return None
    name = dtype.arguments[0] if dtype.arguments else None
    code = _DTYPES.get(name) if isinstance(name, str) else None
    data = _bytes_of(raw)
    if code is None or data is None:
        return None
    state = dtype.state
    big = isinstance(state, tuple) and len(state) > 1 and state[1] == ">"
    [number] = struct.unpack((">" if big else "<") + code, data)
    return float(number)


def _bytes_of(raw: Value) -> bytes | None:
    """Bytes; up to protocol 2 they are written as text that would be encoded again."""
    if isinstance(raw, Thing) and raw.made_by == "_codecs encode":
        text = raw.arguments[0] if isinstance(raw.arguments, tuple) and raw.arguments else None
        return text.encode("latin1") if isinstance(text, str) and len(text) <= 16 else None
    return raw if isinstance(raw, bytes) else None


def _tensor_scalar(arguments: tuple[Value, ...], storage: Storage) -> float | None:
    where, offset, shape = arguments[:3]
    if shape not in ((), (1,)) or not isinstance(where, Thing):
        return None
    identity = where.arguments
    if not isinstance(identity, tuple) or len(identity) < 3 or not isinstance(offset, int):
        return None
    _, kind, key = identity[:3]
    if not isinstance(kind, Thing) or not isinstance(key, str):
        return None
    if kind.made_by == _BFLOAT16:
        raw = storage(key, offset * 2, 2)
        return None if raw is None else float(struct.unpack("<f", b"\0\0" + raw)[0])
    form = _STORAGES.get(kind.made_by)
    if form is None:
        return None
    size = struct.calcsize(form)
    raw = storage(key, offset * size, size)
    return None if raw is None else float(struct.unpack(form, raw)[0])
