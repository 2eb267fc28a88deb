"""Pins: a person's word that a checkpoint or an artifact must stay, kept on disk beside it.

The file lies in the `.keepstep` directory that serves the checkpoint's own directory (an
artifact's that of the nearest series above it, else its own directory), and its names are
relative to the directory which holds that; so pins bind every front end, whichever root it scans,
and move with the run. A file that cannot be understood is refused, never taken for an empty one.
Pins only ever keep; nothing here touches a checkpoint.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

from .catalog.model import Catalog, Pin
from .late_dataclass import dataclass
from .places import PINS_FILE, state_directory
from .refusal import Refusal

FORMAT = "keepstep/pin-file"
VERSION = 1
PINS_LOCK_FILE = "pins.lock"
_NEW_FILE = ".new"
_FIELDS = ("name", "note", "by", "at")


@dataclass(frozen=True, slots=True)
class PinPlace:
    """Where one pin is kept, and under which name."""

    state: str
    name: str


class PinPlaces:
    """Where the pins of one catalog are kept: beside the series that they belong to."""

    def __init__(self, catalog: Catalog) -> None:
        self._root = catalog.root
        folders = {series.id: series.directory for series in catalog.series}
        self._folders = {
            one.id: folders.get(one.series, os.path.dirname(one.id)) for one in catalog.checkpoints
        }
        above = set(folders.values())
        self._folders |= {one.path: _nearest(one.path, above) for one in catalog.artifacts}
        # A pin whose checkpoint is gone can still be taken away.
        self._folders |= {
            id_: os.path.dirname(id_) for id_ in catalog.pins if id_ not in self._folders
        }
        self._states: dict[str, str] = {}

    def __contains__(self, checkpoint_id: str) -> bool:
        return checkpoint_id in self._folders

    def of(self, checkpoint_id: str) -> PinPlace:
        """The state directory that serves the checkpoint's series, and its name there."""
        folder = os.path.join(self._root, self._folders[checkpoint_id]).rstrip("/")
        state = self._states.get(folder) or self._states.setdefault(folder, state_directory(folder))
        whole = os.path.join(self._root, checkpoint_id)
        return PinPlace(state, os.path.relpath(whole, os.path.dirname(state)))


def _nearest(path: str, directories: Collection[str]) -> str:
    """The innermost of these directories that the path lies below, else its own directory."""
    own = os.path.dirname(path)
    folder = own
    while folder and folder not in directories:
        folder = os.path.dirname(folder)
    return folder if folder in directories else own


def read_pins(state_dir: str) -> tuple[Pin, ...]:
    """The pins in one state directory, their ids relative to the directory which holds it."""
    path = os.path.join(state_dir, PINS_FILE)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(fd, "rb") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise Refusal(f"the pins file {path} cannot be read: {error.strerror}") from error
    try:
        document = json.loads(text)
    except ValueError as error:
        raise Refusal(f"the pins file {path} is no JSON: {error}") from error
    return tuple(_parsed(document, path))


def pinnable(catalog: Catalog) -> set[str]:
    """The ids of all checkpoints, and the paths of all artifacts."""
    return {one.id for one in catalog.checkpoints} | {one.path for one in catalog.artifacts}


def pin(
    catalog: Catalog, ids: Iterable[str], *, note: str = "", by: str = "", at: str = ""
) -> tuple[Pin, ...]:
    """Pin checkpoints and artifacts of the catalog; all of them or, with a Refusal, none."""
    wanted = list(dict.fromkeys(ids))
    places = _places(catalog, wanted, pinnable(catalog))
    with _locked(places.values()):
        files = {place.state: _by_name(place.state) for place in places.values()}
        for place in places.values():
            files[place.state][place.name] = Pin(place.name, note, by, at)
        _write_all(files)
    return tuple(Pin(id_, note, by, at) for id_ in wanted)


def unpin(catalog: Catalog, ids: Iterable[str]) -> tuple[str, ...]:
    """Take pins away, all or none; the ids that had one."""
    known = pinnable(catalog) | set(catalog.pins)
    places = _places(catalog, list(dict.fromkeys(ids)), known)
    places = {id_: place for id_, place in places.items() if os.path.isdir(place.state)}
    if not any(place.name in _by_name(place.state) for place in places.values()):
        return ()
    with _locked(places.values()):
        files = {place.state: _by_name(place.state) for place in places.values()}
        freed = [id_ for id_, place in places.items() if files[place.state].pop(place.name, None)]
        _write_all(files)
    return tuple(freed)


def _places(catalog: Catalog, ids: Iterable[str], known: set[str]) -> dict[str, PinPlace]:
    for id_ in ids:
        if id_ not in known:
            raise Refusal(
                f"no checkpoint or artifact '{id_}' in {catalog.root}; "
                f"`keepstep scan {catalog.root}` lists them"
            )
    places = PinPlaces(catalog)
    return {id_: places.of(id_) for id_ in ids}


def _by_name(state: str) -> dict[str, Pin]:
    return {pin.id: pin for pin in read_pins(state)}


def _parsed(document: object, path: str) -> Iterator[Pin]:
    if not isinstance(document, dict):
        raise _malformed(path, "the document", "an object")
    if document.get("format") != FORMAT:
        raise _malformed(path, "format", f'"{FORMAT}"')
    if document.get("version") != VERSION:
        raise _malformed(path, "version", str(VERSION))
    pins = document.get("pins")
    if not isinstance(pins, list):
        raise _malformed(path, "pins", "a list")
    for number, entry in enumerate(pins):
        where = f"pins[{number}]"
        if not isinstance(entry, dict):
            raise _malformed(path, where, "an object")
        for field in _FIELDS:
            if not isinstance(entry.get(field, ""), str):
                raise _malformed(path, f"{where}.{field}", "text")
        if not entry.get("name"):
            raise _malformed(path, f"{where}.name", "the name of a checkpoint")
        yield Pin(entry["name"], entry.get("note", ""), entry.get("by", ""), entry.get("at", ""))


def _malformed(path: str, field: str, expected: str) -> Refusal:
    return Refusal(f"the pins file {path} is damaged: {field} must be {expected}")


@contextmanager
def _locked(places: Iterable[PinPlace]) -> Iterator[None]:
    """Two people pinning at once wait for each other, so that neither pin is lost."""
    from .commit.state import ensure_state_directory, open_shared

    with ExitStack() as stack:
        for state in sorted({place.state for place in places}):  # one order: no deadlock
            path = os.path.join(state, PINS_LOCK_FILE)
            try:
                ensure_state_directory(os.path.dirname(state))
                fd = open_shared(path)
            except OSError as error:
                raise _cannot_write(state, error) from error
            stack.callback(os.close, fd)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
            except OSError:
                pass  # no locks here: a pin that may be lost to a race beats no pins at all
        yield


def _write_all(files: Mapping[str, Mapping[str, Pin]]) -> None:
    """Write every new file beside the old one, and only then put them in place."""
    written: list[str] = []
    try:
        for state, pins in files.items():
            written.append(state)
            _write_new(os.path.join(state, PINS_FILE + _NEW_FILE), pins)
        for state in files:
            path = os.path.join(state, PINS_FILE)
            os.rename(path + _NEW_FILE, path)
            _sync_directory(state)
    except OSError as error:
        for state in written:
            try:
                os.unlink(os.path.join(state, PINS_FILE + _NEW_FILE))
            except OSError:
                pass
        raise _cannot_write(written[-1], error) from error


def _write_new(path: str, pins: Mapping[str, Pin]) -> None:
    entries = [{"name": p.id, "note": p.note, "by": p.by, "at": p.at} for p in pins.values()]
    document = {"format": FORMAT, "version": VERSION, "pins": entries}
    flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o664), "w", encoding="ascii") as file:
        file.write(json.dumps(document, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise  # EINVAL and its kin: a filesystem that cannot sync directories
    finally:
        os.close(fd)


def _cannot_write(state: str, error: OSError) -> Refusal:
    return Refusal(
        f"cannot write pins in {state}: {error.strerror}; nothing was pinned or unpinned"
    )
