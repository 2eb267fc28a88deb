"""Which families of numbered files belong together: weights, and what was saved with them.

An EMA twin, an optimizer, a JSON of the same number are no model of their own. They join the
weights whose name is theirs but for the word or the extension that says what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..patterns import pattern

_COMPANION_WORDS = frozenset(
    {"ema", "swa", "opt", "optim", "optimizer", "optimiser", "sched", "scheduler", "scaler", "rng",
     "trainer", "training", "config", "meta", "metadata", "metrics", "replay", "buffer",
     "vecnormalize", "args", "info", "state", "states"}
)  # fmt: skip
_STATE_WORDS = frozenset({"state", "states"})
_GENERIC_WORDS = frozenset(
    {"model", "models", "weights", "weight", "net", "network", "checkpoint", "ckpt", "params"}
)
COMPANION_SUFFIXES = (
    ".json", ".yaml", ".yml", ".txt", ".opt", ".optim", ".meta", ".index", ".pkl", ".npz",
    ".state", ".states", ".solverstate", ".csv", ".ema",
)  # fmt: skip
_SUFFIXES = pattern(r"(\.[A-Za-z]\w*)+\Z")
_TOKENS = pattern(r"\*|[0-9]+(?:\.[0-9]+)?|[A-Z]?[a-z]+|[A-Z]+")


def tokens_of(family: str) -> tuple[str, ...]:
    """The words and numbers of a family's name, without its extensions."""
    return tuple(token.lower() for token in _TOKENS.findall(_SUFFIXES.sub("", family)))


def is_companion(family: str) -> bool:
    """Whether the name says that this is not the weights themselves."""
    words = set(tokens_of(family))
    if family.endswith(COMPANION_SUFFIXES):
        return True
    said = words & _COMPANION_WORDS
    # The state of a model is the model.
    return bool(said) and not (said <= _STATE_WORDS and words & _GENERIC_WORDS)


def owners(families: Iterable[str], weights: Iterable[str]) -> Mapping[str, str]:
    """The family of weights that each other family belongs to, where that is clear."""
    named = list(weights)
    primaries = [family for family in named if not is_companion(family)] or named
    by_name = {_bare(family): family for family in reversed(primaries)}
    by_rest: dict[tuple[str, ...], list[str]] = {}
    for family in primaries:
        by_rest.setdefault(_bare(family, generic=True), []).append(family)
    found: dict[str, str] = {}
    for family in families:
        owner = by_name.get(_bare(family))
        if owner is None and is_companion(family):
            rest = by_rest.get(_bare(family, generic=True), [])
            owner = rest[0] if len(rest) == 1 else None
        if owner is not None and owner != family:
            found[family] = owner
    return found


def _bare(family: str, *, generic: bool = False) -> tuple[str, ...]:
    """The name without the words that tell companions, and the decay rate of an EMA."""
    tokens = tokens_of(family)
    dropped = _COMPANION_WORDS | (_GENERIC_WORDS if generic else frozenset())
    kept = [token for token in tokens if token not in dropped]
    if "ema" in tokens:
        kept = [token for token in kept if "." not in token]
    return tuple(kept)
