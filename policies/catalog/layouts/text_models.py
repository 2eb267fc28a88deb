"""spaCy's `model-best/` and `model-last/`, and Gensim's models in several files.

spaCy removes `model-best` before it writes it again, so it may be missing or partial. Gensim
stores large arrays beside the model, under its name.
"""

from __future__ import annotations

from ...patterns import pattern
from ..content import with_trouble
from ..model import Kind, Standing
from ..numbered_names import families
from ..sets import as_sighting
from ..sighting import FinalModel, Sighting, Sightings
from ..tree import Folder

_SPACY = {"model-best": Standing.BEST, "model-last": Standing.RESUME}
_SPACY_FILES = ("meta.json", "config.cfg")
_ARRAY = pattern(
    r"(?P<model>.+?)\.((wv|trainables|docvecs|dv|vectors)\..+\.npy|(wv\.)?(vectors\w*|syn1(neg)?|syn0\w*)\.npy"
    r"|syn1neg\.npy|expElogbeta\.npy|state|id2word)"
)


class SpacyLayout:
    """Recognises the two directories that `spacy train` keeps."""

    name = "spacy"

    def recognise(self, folder: Folder) -> Sightings:
        found = []
        for name, standing in _SPACY.items():
            inside = folder.child(name)
            if inside is not None and any(file in inside.kinds for file in _SPACY_FILES):
                absent = [file for file in _SPACY_FILES if file not in inside.kinds]
                one = Sighting(name, name, (name,), standing=standing)
                found.append(with_trouble(one, f"no {absent[0]} in it" if absent else ""))
        return Sightings(tuple(found))


class GensimLayout:
    """Recognises a model by the arrays that carry its name; numbered ones are a series."""

    name = "gensim"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(".npy", ".state", ".id2word"):
            return Sightings()
        arrays: dict[str, list[str]] = {}
        for name in folder.names(Kind.FILE):
            match = _ARRAY.fullmatch(name)
            if match and folder.kinds.get(match["model"]) is Kind.FILE:
                arrays.setdefault(match["model"], []).append(name)
        read = {one.name: one for family in families(arrays).values() for one in family}
        found, finals = [], []
        for model, names in arrays.items():
            members = (model, *names)
            if model in read:
                one = as_sighting(read[model], "epoch")
                found.append(Sighting(model, one.family, members, one.step, one.epoch))
            else:
                finals.append(FinalModel(members, "a model saved in several files"))
        return Sightings(tuple(found), tuple(finals))
