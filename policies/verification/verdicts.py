"""Verdicts remembered beside the run, so that they bind every front end and are not paid twice.

A verdict counts only while the checkpoint is what was read. The file lies where the pins of the
series lie, its names relative to the directory that holds it; one that cannot be understood is
refused, never taken for empty: it may say that the newest is damaged.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import msgspec

from ..catalog.model import Catalog
from ..commit.state import ensure_state_directory, open_shared, replace_shared
from ..pins import PinPlaces
from ..places import STATE_DIRECTORY, VERDICTS_FILE, state_directory
from ..refusal import Refusal
from .verify import Outcome, Verdict

FORMAT = "keepstep/verdicts"
VERSION = 1
_LOCK_FILE = "verified.lock"


class _Document(msgspec.Struct):
    format: str
    version: int
    verdicts: list[Verdict]


def remembered(root: str, folders: Iterable[str]) -> dict[str, Verdict]:
    """Verdicts by id, of the state directory that serves the root and of those in `folders`.

    Folders are relative to the root. Raises Refusal for a file that cannot be understood.
    """
    serving = state_directory(root)
    states = [serving, *(os.path.join(root, folder, STATE_DIRECTORY) for folder in folders)]
    found: dict[str, Verdict] = {}
    for state in dict.fromkeys(map(os.path.normpath, states)):
        for name, verdict in _read(state).items():
            id_ = os.path.relpath(os.path.join(os.path.dirname(state), name), root)
            found[id_] = replace(verdict, id=id_)
    return found


def remember(catalog: Catalog, verdicts: Iterable[Verdict]) -> None:
    """Add verdicts on checkpoints of the catalog, each beside its series.

    Those of checkpoints that are gone are dropped.
    """
    places = PinPlaces(catalog)
    there: dict[str, set[str]] = {}
    for one in catalog.checkpoints:
        place = places.of(one.id)
        there.setdefault(place.state, set()).add(place.name)
    new: dict[str, dict[str, Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome is not Outcome.SKIPPED:
            place = places.of(verdict.id)
            new.setdefault(place.state, {})[place.name] = replace(verdict, id=place.name)
    for state, found in new.items():
        _add(state, found, there[state])


def _add(state: str, found: Mapping[str, Verdict], there: Collection[str]) -> None:
    path = os.path.join(state, VERDICTS_FILE)
    try:
        ensure_state_directory(os.path.dirname(state))
        lock = open_shared(os.path.join(state, _LOCK_FILE))
        try:
            _wait_for(lock)
            kept = {name: one for name, one in _before(state).items() if name in there}
            kept.update(found)
            document = _Document(FORMAT, VERSION, [kept[name] for name in sorted(kept)])
            replace_shared(path, msgspec.json.format(msgspec.json.encode(document), indent=1))
        finally:
            os.close(lock)
    except OSError as error:
        raise Refusal(f"{path}: cannot be written: {error.strerror or error}") from None


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        pass  # no locks here: a verdict lost to a race can be found again


def _before(state: str) -> Mapping[str, Verdict]:
    try:
        return _read(state)
    except Refusal:
        return {}


def _read(state: str) -> Mapping[str, Verdict]:
    path = os.path.join(state, VERDICTS_FILE)
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            document = msgspec.json.decode(file.read(), type=_Document)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise Refusal(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise Refusal(f"{path}: {error}; `keepstep verify` makes it anew once it is gone") from None
    if (document.format, document.version) != (FORMAT, VERSION):
        raise Refusal(f"{path}: is no {FORMAT} of version {VERSION}")
    return {verdict.id: verdict for verdict in document.verdicts}
