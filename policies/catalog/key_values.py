"""Names written as `prefix-key=value-key=value`, as Lightning and NeMo write them."""

from __future__ import annotations

from collections.abc import Mapping

from ..late_dataclass import dataclass
from ..patterns import pattern

_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?|nan|inf)"
_KEY = r"[A-Za-z_][\w.@/ ]*"
_PAIR = pattern(rf"(?P<key>{_KEY})=(?P<value>{_NUMBER})")
_NAME = pattern(rf"(?P<prefix>[^=]*-)?(?P<pairs>{_KEY}={_NUMBER}(?:-{_KEY}={_NUMBER})*)")
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class KeyValues:
    """The counts in a name, what else it gives as numbers, and the name without them."""

    step: int | None
    epoch: float | None
    values: Mapping[str, float]
    family: str
    prefix: str


def read_key_values(stem: str) -> KeyValues | None:
    """What a name says, if it matches in full and counts epochs or steps."""
    match = _NAME.fullmatch(stem)
    if not match:
        return None
    values = {pair["key"]: pair["value"] for pair in _PAIR.finditer(match["pairs"])}
    epoch, step = values.pop("epoch", None), values.pop("step", None)
    if not _is_count(epoch) and not _is_count(step):
        return None
    prefix = match["prefix"] or ""
    return KeyValues(
        step=int(step) if step and _is_count(step) else None,
        epoch=float(epoch) if epoch and _is_count(epoch) else None,
        values={key: float(value) for key, value in values.items()},
        family=prefix + _PAIR.sub(r"\g<key>=*", match["pairs"]),
        prefix=prefix,
    )


def _is_count(text: str | None) -> bool:
    return text is not None and text.isdecimal() and len(text) <= _MAX_DIGITS
