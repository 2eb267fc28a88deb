"""Paddle: `5.pdparams` with `.pdopt`, `.pdmodel`, `.pdema` … of the same stem are one checkpoint.

A bare number counts epochs; `iter` and `step` in the stem say otherwise. `final`, `model_final`
and `best_model` sets have no number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ...patterns import pattern
from ..content import missing_common, with_trouble
from ..model import Kind, Standing
from ..numbered_names import families
from ..sets import as_sighting, gather, judged
from ..sighting import FinalModel, Sighting, Sightings
from ..tree import Folder

_NAME = pattern(
    r".+?(?P<ending>\.pdparams|\.pdopt|\.pdmodel|\.pdiparams|\.pdiparams\.info|\.pdema|\.pdstates|\.pdscaler)"
)
_WEIGHTS = (".pdparams", ".pdiparams")
_FINAL = pattern(r"(model_)?final|inference|model")
_BEST = pattern(r"best(_.+)?|best_model")
_RESUME = pattern(r"latest|last")


class PaddleLayout:
    """Recognises sets of Paddle's files, by stem."""

    name = "paddle"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(*_WEIGHTS, ".pdopt"):
            return Sightings()
        sets = {stem: one.names for stem, one in gather(folder.names(Kind.FILE), _NAME).items()}
        read = {one.name: one for family in families(sets).values() for one in family}
        siblings = Counter(frozenset(sets[name]) for name in sets if name in read)
        found, finals = [], []
        for stem, names in sets.items():
            members = tuple(sorted(names.values(), key=lambda name: not name.endswith(_WEIGHTS)))
            if stem in read:
                one = replace(as_sighting(read[stem], "epoch"), members=members)
                trouble = _missing(names) or missing_common(names, siblings)
                found.append(judged(folder, with_trouble(one, trouble)))
            elif _FINAL.fullmatch(stem):
                finals.append(FinalModel(members, "the model that training ended with"))
            elif _BEST.fullmatch(stem) or _RESUME.fullmatch(stem):
                standing = Standing.BEST if _BEST.fullmatch(stem) else Standing.RESUME
                copy = Sighting(stem, "", members, standing=standing)
                found.append(judged(folder, with_trouble(copy, _missing(names))))
        return Sightings(tuple(found), tuple(finals))


def _missing(names: dict[str, str]) -> str:
    return "" if any(part in names for part in _WEIGHTS) else "no weights in the set"
