"""The part of a checkpoint that only resuming needs, as far as it lies in files of its own.

Optimizer, scheduler, random generators, scaler, and the partitions of ZeRO where whole weights
stand beside them. Found while a checkpoint is sized, by roles; only torch files whose names say
nothing are opened (`roles_inside.py`), and none is unpickled.

Without its optimizer a checkpoint must not look as if it could be resumed. What frameworks do
with one was tried with transformers and accelerate, and read in the sources of the others:

* transformers resumes from the folder with the greatest number. Without `optimizer.pt` it goes on
  with a fresh optimizer and a schedule that starts anew, and says nothing. Without
  `trainer_state.json` it fails at once, naming that file. So that file is set aside, under a name
  that says why (`trainer_state.json.slimmed`), before anything else leaves: its metrics stay, and
  no moment lies in between at which a resume would go wrong silently.
* accelerate's `load_state` fails, naming `optimizer.bin`; without the random states it would only
  warn. So the optimizer leaves first and comes back last.
* transformers with DeepSpeed fails ("can't find a valid checkpoint") once `global_step*` has left.
  DeepSpeed itself fails too, naming the partition (tried with 0.19 and ZeRO-1 and 2); its weights
  load without, in the half precision that they were trained in: the copy of them in full
  precision is the optimizer's.
* Stable-Baselines3 has its optimizer in the zip, but the replay buffer beside it: loading that
  fails, naming it, and the model loads and predicts without.
* Megatron fails without `distrib_optim.pt`, naming it, unless told `--no-load-optim`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from ..patterns import pattern
from .listing import Extent, Names, Stat, Sums, files_in
from .model import Kind, Measure, ResumeState, Role, SharedInode
from .roles import (
    LARGE_ROLES,
    PARTITIONS,
    RESUME_ROLES,
    WEIGHT_ROLES,
    holds_the_optimizer,
    leaves_whole,
    role_of,
)
from .roles_inside import FOR_RESUMING, ROLE_OF, Inside

SET_ASIDE = ".slimmed"  # what follows the name of a file that is set aside, not moved away
MARKER = "trainer_state.json"  # without it the Trainer does not resume
# Means nothing without the partitions: their tag, and the script that puts them together.
WITH_PARTITIONS = ("latest", "zero_to_fp32.py")
_ZERO_3 = pattern(r"(bf16_)?zero_pp_rank_[0-9]+_mp_rank_[0-9]+_model_states\.pt")
_LEAST_WEIGHTS = 20  # of so many bytes of optimizer at least one of weights; AdamW needs 2 to 6
_SMALL = 1_000_000  # bytes; below it the headers of files count for more than what is in them
_ORDER = {Role.OPTIMIZER: 0, Role.SCHEDULER: 1, Role.SCALER: 2, Role.RNG: 3, Role.REPLAY: 4}


@dataclass(frozen=True, slots=True)
class _Sign:
    """What the path of an entry below its checkpoint says; the same for all of a run."""

    role: Role
    weights: bool
    folder: str  # the one right inside the checkpoint that leaves as a whole; "" for none
    partitions: bool  # that folder holds those of ZeRO
    plain: bool  # nothing to take note of but its size


@lru_cache(maxsize=8192)
def _sign_of(inside: str) -> _Sign:
    above, _, name = inside.rpartition("/")
    role = role_of(name, above.rpartition("/")[2])
    top = inside.partition("/")[0]
    special = inside == MARKER or inside in WITH_PARTITIONS or bool(_ZERO_3.fullmatch(name))
    return _Sign(
        role=role,
        weights=role in WEIGHT_ROLES,
        folder=top if leaves_whole(top) else "",
        partitions=bool(PARTITIONS.fullmatch(top)),
        plain=role not in RESUME_ROLES and not special,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """What names alone tell; one object for all directories that hold the same."""

    files: tuple[tuple[str, Role], ...]
    optimizer: bool  # one of these is


@dataclass(slots=True)
class _Held:
    """Running sums of what could leave: each inode once, like those of a whole checkpoint."""

    disk: int = 0
    apparent: int = 0
    files: int = 0
    shared: dict[tuple[int, int], tuple[Stat, int]] = field(default_factory=dict)

    def add(self, found: Stat) -> None:
        if found.kind is Kind.DIRECTORY:
            self.disk += found.disk
            return
        self.files += 1
        if found.links > 1:
            key = (found.device, found.inode)
            seen = self.shared[key][1] if key in self.shared else 0
            self.shared[key] = (found, seen + 1)
            if seen:
                return
        self.disk += found.disk
        self.apparent += found.size

    def add_files(self, extent: Extent) -> None:
        """Files with one name each."""
        self.disk += extent[0]
        self.apparent += extent[1]
        self.files += extent[2]

    def joined(self, other: _Held) -> _Held:
        """Both together."""
        both = _Held(self.disk, self.apparent, self.files, dict(self.shared))
        both.add_files((other.disk, other.apparent, other.files))
        for key, (found, seen) in other.shared.items():
            if key in both.shared:
                seen += both.shared[key][1]
                both.disk -= found.disk
                both.apparent -= found.size
            both.shared[key] = (found, seen)
        return both

    def measure(self) -> Measure:
        shared = tuple(
            SharedInode(one.device, one.inode, one.links, seen, one.disk)
            for one, seen in self.shared.values()
        )
        return Measure(self.disk, self.apparent, self.files, 0, "", shared=shared)


@dataclass(slots=True)
class ResumeSearch:
    """Learns of every entry of one checkpoint while it is sized, one by one or many at a time."""

    folder: str  # that the whole checkpoint is, "" where it is anything else
    _files: list[tuple[str, Kind, Role]] = field(default_factory=list)
    _found: list[tuple[str, _Found]] = field(default_factory=list)  # and by directory
    _folders: dict[str, None] = field(default_factory=dict)  # that leave whole, in order
    _held: _Held = field(default_factory=_Held)  # of the files, and of all that is in the folders
    _partitions: bool = False
    _weights: int = 0  # bytes outside of these folders
    _optimizer: int = 0
    _zero_3: bool = False
    _mixed: str = ""  # a file that holds weights and optimizer together
    _marker: str = ""
    _beside: list[tuple[str, Kind]] = field(default_factory=list)
    _held_beside: _Held = field(default_factory=_Held)

    def look(self, path: str, inside: str, found: Stat) -> Role:
        """Take note of an entry and say its role; `inside` is its path below the member."""
        sign = _sign_of(inside or path.rpartition("/")[2])
        if sign.folder and inside and (found.kind is Kind.DIRECTORY or "/" in inside):
            return self._in_folder(path[: len(path) - len(inside)] + sign.folder, sign, found)
        if found.kind is Kind.DIRECTORY:
            return Role.OTHER
        if sign.plain:
            if sign.weights and found.kind is Kind.FILE:
                self._weights += found.size
        elif sign.role in RESUME_ROLES:
            self._files.append((self._name(path), found.kind, sign.role))
            self._held.add(found)
            self._optimizer += found.size if sign.role is Role.OPTIMIZER else 0
        elif sign.weights:
            self._weights += found.size
            self._zero_3 = True
        elif inside == MARKER:
            self._marker = path
        else:
            self._beside.append((self._name(path), found.kind))
            self._held_beside.add(found)
        return sign.role

    def _in_folder(self, folder: str, sign: _Sign, found: Stat) -> Role:
        self._folders[folder] = None
        self._held.add(found)
        self._partitions = self._partitions or sign.partitions
        role = sign.role if sign.partitions else Role.OPTIMIZER
        self._optimizer += found.size if role is Role.OPTIMIZER else 0
        return role

    def take(self, path: str, inside: str, names: Names, sums: Sums) -> Iterable[tuple[Role, int]]:
        """The same for all files of a directory, each with one name; their bytes by role.

        The directory itself, where it is not the member, was looked at before.
        """
        top, _, _ = inside.partition("/")
        roles = sums.roles
        of_folder = bool(top) and leaves_whole(top)
        of_optimizer = holds_the_optimizer(inside.rpartition("/")[2]) or (
            of_folder and not PARTITIONS.fullmatch(top)
        )
        if of_optimizer:
            roles = ((Role.OPTIMIZER, sums.apparent),) if sums.files else ()
        self._optimizer += sum(held for role, held in roles if role is Role.OPTIMIZER)
        if of_folder:
            self._held.add_files((sums.disk, sums.apparent, sums.files))
        elif of_optimizer:
            self._held.add_files((sums.disk, sums.apparent, sums.files))
            self._add_found(path, names.tell(_all_for_resuming))
        else:
            self._held.add_files(sums.resume)
            self._add_found(path, names.tell(_for_resuming))
            self._weights += sum(held for role, held in roles if role in WEIGHT_ROLES)
            self._zero_3 = self._zero_3 or names.tell(_is_zero_3)
            if not inside:
                self._take_signs(path, names, sums)
        return roles

    def correct(self, path: str, found: Stat, inside: Inside) -> Role:
        """What was taken for weights by its name is this; its role."""
        role = ROLE_OF[inside]
        if inside is Inside.MIXED:
            self._mixed = path
        elif role is not Role.WEIGHTS:
            self._weights -= found.size
        if inside in FOR_RESUMING:
            self._files.append((self._name(path), found.kind, role))
            self._held.add(found)
            self._optimizer += found.size if role is Role.OPTIMIZER else 0
        return role

    def _add_found(self, path: str, found: _Found) -> None:
        if found.files:
            start = self._name(path)
            self._found.append((f"{start}/" if start else "", found))

    def _name(self, path: str) -> str:
        """Below the folder, so that equal checkpoints have equal names."""
        return path[len(self.folder) + 1 :] if self.folder else path

    def _take_signs(self, path: str, names: Names, sums: Sums) -> None:
        """What means something right inside the member only."""
        if names.kinds.get(MARKER) is Kind.FILE:
            self._marker = f"{path}/{MARKER}"
        for name in WITH_PARTITIONS:
            if names.kinds.get(name) is Kind.FILE:
                self._beside.append((self._name(f"{path}/{name}"), Kind.FILE))
        self._held_beside.add_files(sums.beside)

    def result(self) -> ResumeState | None:
        """What could leave; None where nothing is the optimizer's."""
        if not self._folders and not self._has_optimizer():
            return self._nothing_apart() if self._mixed else None
        names, held = _in_order(tuple(self._files), tuple(self._found)), self._held
        if self._folders:
            names = (*((self._name(path), Kind.DIRECTORY) for path in self._folders), *names)
        if self._partitions:
            names = (*names, *self._beside)
            held = held.joined(self._held_beside)
        return ResumeState(
            folder=self.folder,
            names=names,
            aside=(self._marker,) if self._marker else (),
            measure=held.measure(),
            why_whole=self._why_whole(),
        )

    def _nothing_apart(self) -> ResumeState:
        why = (
            f"{self._name(self._mixed)} holds the optimizer together with the weights, "
            "and slimming rewrites no file"
        )
        return ResumeState(self.folder, (), (), Measure(0, 0, 0, 0, ""), why)

    def _has_optimizer(self) -> bool:
        if any(found.optimizer for _, found in self._found):
            return True
        return any(role in LARGE_ROLES for _, _, role in self._files)

    def _why_whole(self) -> str:
        if self._zero_3:
            return "with ZeRO-3 the weights lie in the partitions that resuming needs"
        if not self._weights and self._partitions:
            return (
                "its weights lie only in ZeRO's partitions; zero_to_fp32.py puts them together, "
                "and then it can be slimmed"
            )
        if not self._weights:
            return "no weights would be left"
        if self._weights * _LEAST_WEIGHTS < self._optimizer - _SMALL:
            return "its weights are too small for its optimizer: perhaps only placeholders"
        return ""


@lru_cache(maxsize=256)
def _in_order(
    files: tuple[tuple[str, Kind, Role], ...], found: tuple[tuple[str, _Found], ...]
) -> tuple[tuple[str, Kind], ...]:
    """As they leave, once for all checkpoints of a run: it may have a file for each of its GPUs."""
    more = ((start + name, Kind.FILE, role) for start, one in found for name, role in one.files)
    ordered = sorted((*files, *more), key=lambda each: (_ORDER[each[2]], each[0]))
    return tuple((name, kind) for name, kind, _ in ordered)


def _for_resuming(kinds: dict[str, Kind]) -> _Found:
    """The files that only resuming needs, by their own names."""
    roles = ((name, role_of(name)) for name in files_in(kinds))
    files = tuple((name, role) for name, role in roles if role in RESUME_ROLES)
    return _Found(files, any(role in LARGE_ROLES for _, role in files))


def _all_for_resuming(kinds: dict[str, Kind]) -> _Found:
    """All files, of a folder that is the optimizer's."""
    files = tuple((name, Role.OPTIMIZER) for name in files_in(kinds))
    return _Found(files, bool(files))


def _is_zero_3(kinds: dict[str, Kind]) -> bool:
    return any(map(_ZERO_3.fullmatch, files_in(kinds)))
