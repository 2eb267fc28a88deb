"""NeMo: `name--val_loss=1.23-step=100-consumed_samples=800[-last][.ckpt]`, file or directory.

NeMo 1 repeats the file in a folder per rank; an `-EMA.ckpt` twin belongs to its checkpoint. A
marker file `…-unfinished` beside it tells of a save that has not ended. `-last` is resumed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...patterns import pattern
from ..content import Siblings, missing_common, with_trouble
from ..key_values import KeyValues, read_key_values
from ..model import Kind, Standing
from ..sets import judged
from ..sighting import Sighting, Sightings
from ..tree import Folder

_MARK = pattern(r"(?P<stem>.+?--.+?)(?P<last>-last)?(?P<rest>(-EMA)?\.ckpt|)")
_UNFINISHED = "-unfinished"
_RANK = pattern(r"mp_rank_[0-9][0-9]|tp_rank_[0-9][0-9]_pp_rank_[0-9][0-9][0-9]")
_NO_METRICS = ("consumed_samples",)


class NemoLayout:
    """Recognises the checkpoints folder of NeMo 1 and 2."""

    name = "nemo"

    def recognise(self, folder: Folder) -> Sightings:
        members: dict[str, list[str]] = {}
        for name in _candidates(folder):
            key = _unit_of(name)
            if key is not None:
                members.setdefault(key, []).append(name)
        ranks = Counter(frozenset(map(_rank_of, names)) for names in members.values())
        # A marker can stand alone for a moment; it is no checkpoint then.
        found = [
            _sighting(folder, key, names, ranks)
            for key, names in members.items()
            if any(not name.endswith(_UNFINISHED) for name in names)
        ]
        return Sightings(tuple(found))


def _candidates(folder: Folder) -> Iterator[str]:
    for name, kind in folder.kinds.items():
        if "--" in name and kind in (Kind.FILE, Kind.DIRECTORY):
            yield name
        elif kind is Kind.DIRECTORY and _RANK.fullmatch(name):
            child = folder.child(name)
            yield from (
                (f"{name}/{inner}" for inner in child.kinds if "--" in inner) if child else ()
            )


def _read(key: str) -> tuple[KeyValues, bool] | None:
    match = _MARK.fullmatch(key)
    read = read_key_values(match["stem"]) if match else None
    return (read, bool(match["last"])) if match and read and read.prefix.endswith("--") else None


def _unit_of(name: str) -> str | None:
    """The name without rank folder, EMA mark, extension and marker; None for other names."""
    own = name.rpartition("/")[2].removesuffix(_UNFINISHED)
    match = _MARK.fullmatch(own)
    if match is None or _read(own) is None:
        return None
    return match["stem"] + (match["last"] or "")


def _sighting(folder: Folder, key: str, names: list[str], ranks: Siblings) -> Sighting:
    read = _read(key)
    if read is None:
        raise AssertionError(key)
    values, last = read
    suffix = ".ckpt" if any(name.endswith(".ckpt") for name in names) else ""
    one = Sighting(
        name=key + suffix,
        family=values.family + suffix,
        members=tuple(sorted(names, key=lambda name: (name.endswith(_UNFINISHED), name))),
        step=values.step,
        epoch=values.epoch,
        metrics={k: v for k, v in values.values.items() if k not in _NO_METRICS},
        standing=Standing.RESUME if last else Standing.NUMBERED,
    )
    if any(name.endswith(_UNFINISHED) for name in names):
        return with_trouble(one, f"the marker {key}{_UNFINISHED} stands beside it")
    return judged(folder, with_trouble(one, missing_common(map(_rank_of, names), ranks)))


def _rank_of(name: str) -> str:
    return name.rpartition("/")[0]
