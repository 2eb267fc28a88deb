"""Checkpoints that are files or sets of sibling files, read from one pattern.

A pattern matches a name in full and names its groups: `step`, `epoch` or `counter` is the number,
`part` and `ending` are where the files of one set differ ("G" and "D", an extension). Names that
are equal but for these are one set, which lives and dies together.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace

from ..late_dataclass import dataclass
from .content import Siblings, missing_common, trouble_inside, with_trouble
from .evidence import trouble_with
from .model import Kind
from .numbered_names import NumberedName
from .roles import is_optimizer
from .sighting import Sighting
from .tree import Folder
from .weights_only import older_without

_NUMBERS = ("step", "epoch", "counter")
_PARTS = ("part", "ending")


@dataclass(slots=True)
class FileSet:
    """The names of one set, by part; `match` is that of the first."""

    match: re.Match[str]
    names: dict[str, str] = field(default_factory=dict)


def gather(names: Iterable[str], pattern: re.Pattern[str]) -> dict[str, FileSet]:
    """Sets by their stem: the name without its parts."""
    sets: dict[str, FileSet] = {}
    for name in names:
        match = pattern.fullmatch(name)
        if match is not None:
            groups = match.groupdict()
            part = "".join(groups.get(key) or "" for key in _PARTS)
            sets.setdefault(stem_of(match), FileSet(match)).names[part] = name
    return sets


def stem_of(match: re.Match[str]) -> str:
    """The name without its parts."""
    return _rewritten(match, dict.fromkeys(_PARTS, ""))


def family_of(match: re.Match[str]) -> str:
    """The name without its parts and with its numbers replaced by "*"."""
    return _rewritten(match, dict.fromkeys(_NUMBERS, "*") | dict.fromkeys(_PARTS, ""))


def _rewritten(match: re.Match[str], marks: dict[str, str]) -> str:
    groups = match.groupdict()
    spans = [(match.span(key), mark) for key, mark in marks.items() if groups.get(key)]
    text = match[0]
    for (start, end), mark in sorted(spans, reverse=True):
        text = text[:start] + mark + text[end:]
    return text


def numbered(match: re.Match[str], **facts: object) -> Sighting:
    """What the pattern says of one name, not yet judged."""
    groups = match.groupdict()
    step, epoch, counter = (groups.get(key) for key in _NUMBERS)
    known: dict[str, object] = {
        "name": match[0],
        "family": family_of(match),
        "members": (match[0],),
        "step": int(step) if step else None,
        "epoch": float(epoch) if epoch else None,
        "counter": int(counter) if counter else None,
    }
    return Sighting(**(known | facts))  # type: ignore[arg-type]


def as_sighting(one: NumberedName, plain: str = "step") -> Sighting:
    """A name of a family as a checkpoint; `plain` is what a number without a word counts."""
    step = one.plain if plain == "step" and one.plain is not None else one.step
    epoch = one.plain if plain == "epoch" and one.plain is not None else one.epoch
    return Sighting(
        name=one.name,
        family=one.family,
        members=(one.name,),
        step=step,
        epoch=None if epoch is None else float(epoch),
        metrics=one.metrics,
        counter=one.plain if plain == "counter" else None,
    )


def matching(
    folder: Folder, pattern: re.Pattern[str], kind: Kind = Kind.FILE
) -> list[re.Match[str]]:
    """Names of one kind that the pattern matches in full."""
    matches = (pattern.fullmatch(name) for name in folder.names(kind))
    return [match for match in matches if match is not None]


def single_files(folder: Folder, pattern: re.Pattern[str], **facts: object) -> list[Sighting]:
    """One checkpoint per file, judged by its container."""
    return [judged(folder, numbered(match, **facts)) for match in matching(folder, pattern)]


def file_sets(
    folder: Folder,
    pattern: re.Pattern[str],
    *,
    required: Sequence[str] = (),
    order: Callable[[str], object] = str,
    prefix: str = "",
) -> list[Sighting]:
    """One checkpoint per set, whose id is the stem after `prefix`.

    `required` parts must be there; others are missed where all siblings have them. Members leave
    in the `order` of their names.
    """
    sets = gather(folder.kinds, pattern)
    siblings: dict[str, Siblings] = {}
    for one in sets.values():
        siblings.setdefault(family_of(one.match), Counter())[frozenset(one.names)] += 1
    slimmed = _slimmed(sets, prefix)
    found = []
    for stem, one in sets.items():
        family = family_of(one.match)
        members = tuple(sorted(one.names.values(), key=lambda name: (order(name), name)))
        sighting = numbered(one.match, name=prefix + stem, family=prefix + family, members=members)
        absent = [part for part in required if part not in one.names]
        trouble = f"no {absent[0]} in the set" if absent else ""
        lean = prefix + stem in slimmed
        trouble = trouble or missing_common(one.names, siblings[family_of(one.match)], slimmed=lean)
        sighting = replace(sighting, weights_only=lean)
        found.append(with_trouble(sighting, trouble) if trouble else judged(folder, sighting))
    return found


def _slimmed(sets: Mapping[str, FileSet], prefix: str) -> frozenset[str]:
    """The sets that have lost their optimizer's file."""
    return older_without(
        (numbered(one.match, name=prefix + stem), any(map(is_optimizer, one.names.values())))
        for stem, one in sets.items()
    )


def judged(folder: Folder, one: Sighting) -> Sighting:
    """The sighting with the first trouble of any of its members."""
    for name in one.members:
        if folder.kind(name) is Kind.DIRECTORY:
            trouble = trouble_inside(folder.child(name))
        else:
            trouble = trouble_with(folder, name)
        if trouble:
            return with_trouble(one, trouble)
    return one
