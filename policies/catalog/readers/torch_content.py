"""What a torch file holds, from the walked pickle: its kind, its scalars, how far training was.

Scalars are taken from the top dictionary (or the state of the top object) and, one level deeper,
from the few places where frameworks put them; `step` inside an optimizer is none of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from .numbers import count, number
from .pickle_scalars import Storage, is_tensor, number_in
from .pickle_values import Scalar, Thing, Value, is_scalar, items_of
from .records import Progress
from .torch_parts import Part, part_of


def _nothing() -> Mapping[str, Scalar]:
    return MappingProxyType({})


def _nothing_nested() -> Mapping[str, Mapping[str, Scalar]]:
    return MappingProxyType({})


class Content(StrEnum):
    """What the top object is."""

    FULL = "full"  # weights and what resuming needs, or some of that; see `part`
    WEIGHTS = "weights"
    OPTIMIZER = "optimizer"
    TENSOR = "tensor"  # a bare tensor or array: intermediate data
    OBJECT = "object"  # an instance with a state, such as training arguments
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TorchContent:
    """Scalars by name; `unsure` marks guesses from a pickle too long to be walked."""

    kind: Content
    scalars: Mapping[str, Scalar] = field(default_factory=_nothing)
    nested: Mapping[str, Mapping[str, Scalar]] = field(default_factory=_nothing_nested)
    keys: tuple[str, ...] = ()
    unsure: bool = False
    part: Part | None = None  # all of it is what only resuming needs, by its content
    holds_weights: bool = False  # for certain, by a usual key or as named tensors


_NESTED = ("meta", "conf", "config", "args", "metrics", "train_metrics")
_WEIGHTS = frozenset(
    (
        "state_dict", "model", "model_state_dict", "module", "weights", "params", "net", "ema",
        "generator", "weight",
    )
)  # fmt: skip
_RESUMING = ("optim", "lr_scheduler", "scheduler")
_STEPS = ("global_step", "iter_num", "num_updates", "step", "iter", "steps")
_EPOCHS = ("epoch", "current_epoch")
_NO_METRICS = ("lr", "learning_rate", "time", "timestamp", "seed", "version")
_MAX_KEYS = 10_000
_MAX_TEXT = 4096


def content_of(value: Value, storage: Storage) -> TorchContent:
    """Describe a walked top object."""
    items = items_of(value)
    if items is None:
        return TorchContent(Content.TENSOR if is_tensor(value) else Content.OTHER)
    kind = Content.OBJECT if isinstance(value, Thing) else _kind(items)
    nested = {
        name: MappingProxyType(_scalars(inner, storage))
        for name in _NESTED
        if (inner := items_of(items.get(name))) is not None
    }
    return TorchContent(
        kind,
        MappingProxyType(_scalars(items, storage)),
        MappingProxyType(nested),
        tuple(list(items)[:_MAX_KEYS]),
        part=(part := part_of(items) if isinstance(value, dict) else None),
        holds_weights=part is None and _holds_weights(items),
    )


def _kind(items: dict[str, Value]) -> Content:
    if items.keys() >= {"state", "param_groups"}:
        return Content.OPTIMIZER
    if any(name.lower().startswith(_RESUMING) for name in items):
        return Content.FULL
    return Content.WEIGHTS if _holds_weights(items) else Content.OTHER


def _holds_weights(items: dict[str, Value]) -> bool:
    return bool(_WEIGHTS & items.keys()) or any(is_tensor(value) for value in items.values())


def _scalars(items: dict[str, Value], storage: Storage) -> dict[str, Scalar]:
    """Plain scalars, and the numbers of the tensors of one element beside them."""
    found: dict[str, Scalar] = {}
    weights = any(name in _WEIGHTS for name in items)
    for name, value in items.items():
        if is_scalar(value):
            if not isinstance(value, str) or len(value) <= _MAX_TEXT:
                found[name] = value  # type: ignore[assignment]  # is_scalar
        # In a bare state dict such tensors are parameters; reading each would cost a seek.
        elif (weights or not is_tensor(value)) and len(found) < _MAX_KEYS:
            inner = number_in(value, storage)
            if inner is not None:
                found[name] = inner
    return found


def progress_of(content: TorchContent) -> Progress:
    """Step, epoch and metrics, where the names leave no doubt."""
    if content.kind in (Content.OBJECT, Content.OPTIMIZER, Content.TENSOR):
        return Progress()
    places = [content.scalars, content.nested.get("meta", {})]
    metrics: dict[str, float] = {}
    for place in (
        content.scalars,
        content.nested.get("train_metrics", {}),
        content.nested.get("metrics", {}),
    ):
        metrics.update(_metrics(place))
    return Progress(_first(places, _STEPS), _first(places, _EPOCHS), metrics)


def _first(places: list[Mapping[str, Scalar]], names: tuple[str, ...]) -> int | None:
    for place in places:
        for name in names:
            if (found := count(place.get(name))) is not None:
                return found
    return None


def _metrics(place: Mapping[str, Scalar]) -> dict[str, float]:
    """Only floats: whole numbers beside them are sizes and counts."""
    return {
        name: found
        for name, value in place.items()
        if isinstance(value, float)
        and name not in _STEPS + _EPOCHS + _NO_METRICS
        and (found := number(value)) is not None
    }
