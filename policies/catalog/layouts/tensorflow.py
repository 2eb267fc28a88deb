"""TensorFlow sets `ckpt-N.index` + `ckpt-N.data-00000-of-00001`, and Keras `cp-0001.*` files.

A set is whole when its index and every data shard are there. The index leaves first and would
come back last, so that a half-moved set never looks complete. The text file `checkpoint` names
the one that is resumed.
"""

from __future__ import annotations

import re

from ...patterns import pattern
from ..evidence import trouble_with
from ..model import Kind, State
from ..sighting import Sighting, Sightings, Tag
from ..tree import Folder
from ..words import GROWN_WORDS, OTHER_MODEL_WORDS, left_word, unit_of

_PART = pattern(
    r"(?P<stem>.+)\.(?P<part>index|meta|data-(?P<shard>[0-9]{5})-of-(?P<total>[0-9]{5}))"
)
_STEM = pattern(r"(?P<before>.*?)(?P<n>[0-9]+)(?P<after>(\.weights)?(\.ckpt)?)")
_KERAS_FILE = pattern(r"cp-(?P<n>[0-9]+)\.(?P<suffix>keras|weights\.h5|h5|ckpt)")
_POINTER = pattern(rb'^model_checkpoint_path:\s*"((?:[^"\\]|\\.)*)"', re.MULTILINE)
_EPOCH_PREFIX = pattern(r"cp[-_.]|.*epoch[-_.=]?", re.IGNORECASE)
POINTER_FILE = "checkpoint"


class TensorFlowLayout:
    """Recognises checkpoint sets of tf.train and files of Keras' ModelCheckpoint tutorial names."""

    name = "tensorflow"

    def recognise(self, folder: Folder) -> Sightings:
        parts: dict[str, list[str]] = {}
        singles: list[Sighting] = []
        for name in folder.names(Kind.FILE):
            if match := _PART.fullmatch(name):
                parts.setdefault(match["stem"], []).append(name)
            elif match := _KERAS_FILE.fullmatch(name):
                singles.append(_keras_file(folder, name, match))
        sets = [found for stem, names in parts.items() if (found := _set(folder, stem, names))]
        tags = _pointer(folder) if sets else ()
        return Sightings(tuple(sets + singles), tags=tags, claimed=tuple(tag.path for tag in tags))


def _keras_file(folder: Folder, name: str, match: re.Match[str]) -> Sighting:
    trouble = trouble_with(folder, name)
    return Sighting(
        name=name,
        family=f"cp-*.{match['suffix']}",
        members=(name,),
        epoch=float(match["n"]),
        state=State.INCOMPLETE if trouble else State.COMPLETE,
        evidence=trouble,
    )


def _set(folder: Folder, stem: str, names: list[str]) -> Sighting | None:
    match = _STEM.fullmatch(stem)
    if not match or not _counts(match["before"]):
        return None
    number = int(match["n"])
    by_epoch = _EPOCH_PREFIX.fullmatch(match["before"]) is not None
    trouble = _set_trouble(folder, stem, names)
    return Sighting(
        name=stem,
        family=f"{match['before']}*{match['after']}",
        members=tuple(sorted(names, key=_leaving_order)),
        step=None if by_epoch else number,
        epoch=float(number) if by_epoch else None,
        state=State.INCOMPLETE if trouble else State.COMPLETE,
        evidence=trouble,
    )


def _counts(before: str) -> bool:
    """Savers write the number behind "-"; `vgg_16.ckpt` and `resnet_v2_50.ckpt` are sizes."""
    left, _ = left_word(before)
    if left in OTHER_MODEL_WORDS:
        return False
    return not before or before.endswith("-") or left in GROWN_WORDS or unit_of(left, "") != ""


def _leaving_order(name: str) -> tuple[int, str]:
    return (0 if name.endswith(".index") else 1 if name.endswith(".meta") else 2, name)


def _set_trouble(folder: Folder, stem: str, names: list[str]) -> str:
    if f"{stem}.index" not in names:
        return f"no {stem}.index"
    shards = [match for name in names if (match := _PART.fullmatch(name)) and match["total"]]
    total = max((int(match["total"]) for match in shards), default=0)
    if not shards or len(shards) < total:
        return f"{len(shards)} of {total or 1} data shards"
    for name in names:
        status = folder.stat(name)
        if status is None or status.size == 0:
            return f"{name} is empty"
    return ""


def _pointer(folder: Folder) -> tuple[Tag, ...]:
    if folder.kinds.get(POINTER_FILE) is not Kind.FILE:
        return ()
    match = _POINTER.search(folder.read(POINTER_FILE, 65536) or b"")
    if not match:
        return ()
    target = match[1].decode("utf-8", "surrogateescape").replace('\\"', '"')
    return (Tag(POINTER_FILE, target, "resume"),)
