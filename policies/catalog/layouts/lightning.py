"""Lightning: `epoch=3-step=40.ckpt`, also with a prefix, metrics and a `-vK` collision suffix.

`last.ckpt` is what a run resumes from: a symlink (then it is a pointer) or a copy, which has no
number and is protected. Epochs count from 0, as in the name.
"""

from __future__ import annotations

import re

from ..evidence import trouble_with
from ..model import Kind, Standing, State
from ..sighting import Sighting, Sightings
from ..tree import Folder

_SUFFIX = ".ckpt"
_VERSION = re.compile(r"-v\d+$")
_NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf)"
_PAIR = re.compile(rf"(?P<key>[A-Za-z_][\w.@]*)=(?P<value>{_NUMBER})")
_NAME = re.compile(
    rf"(?P<prefix>[^=]*-)?(?P<pairs>[A-Za-z_][\w.@]*={_NUMBER}(?:-[A-Za-z_][\w.@]*={_NUMBER})*)"
)
_LAST = re.compile(r"last(-v\d+)?\.ckpt")


class LightningLayout:
    """Recognises what Lightning's ModelCheckpoint writes by default and by `filename`."""

    name = "lightning"

    def recognise(self, folder: Folder) -> Sightings:
        names = [
            name
            for name, kind in folder.kinds.items()
            if name.endswith(_SUFFIX) and kind in (Kind.FILE, Kind.DIRECTORY)
        ]
        numbered = [found for name in names if (found := _numbered(folder, name))]
        if not numbered:
            return Sightings()
        copies = tuple(
            _resume_copy(folder, name, numbered[0].family)
            for name in names
            if _LAST.fullmatch(name)
        )
        return Sightings(tuple(numbered) + copies)


def _numbered(folder: Folder, name: str) -> Sighting | None:
    stem = _VERSION.sub("", name[: -len(_SUFFIX)])
    match = _NAME.fullmatch(stem)
    if not match:
        return None
    values = {pair["key"]: pair["value"] for pair in _PAIR.finditer(match["pairs"])}
    epoch, step = values.pop("epoch", None), values.pop("step", None)
    if not _is_count(epoch) and not _is_count(step):
        return None
    trouble = _trouble(folder, name)
    return Sighting(
        name=name,
        family=_PAIR.sub(r"\g<key>=*", stem) + _SUFFIX,
        members=(name,),
        step=int(step) if _is_count(step) and step else None,
        epoch=float(epoch) if _is_count(epoch) and epoch else None,
        metrics={key: float(value) for key, value in values.items()},
        state=State.INCOMPLETE if trouble else State.COMPLETE,
        evidence=trouble,
    )


def _is_count(text: str | None) -> bool:
    return text is not None and text.isdecimal()


def _resume_copy(folder: Folder, name: str, family: str) -> Sighting:
    trouble = _trouble(folder, name)
    return Sighting(
        name=name,
        family=family,
        members=(name,),
        state=State.INCOMPLETE if trouble else State.COMPLETE,
        evidence=trouble,
        standing=Standing.RESUME,
    )


def _trouble(folder: Folder, name: str) -> str:
    """A sharded checkpoint is a directory; of a file the container is checked."""
    if folder.kinds[name] is Kind.FILE:
        return trouble_with(folder, name)
    child = folder.child(name)
    return "" if child is not None and child.kinds else f"{name} is empty or cannot be listed"
