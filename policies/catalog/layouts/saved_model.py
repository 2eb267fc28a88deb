"""TensorFlow SavedModel exports: a directory with `saved_model.pb`; never a step.

`export/1700000000/` is a version for serving, named by the second it was made. Directories whose
names count epochs are left to the general shapes: Keras wrote SavedModels as checkpoints once.
"""

from __future__ import annotations

from ..model import Kind
from ..numbered_names import families
from ..sighting import FinalModel, Sightings
from ..tree import Folder

_MARKERS = ("saved_model.pb", "saved_model.pbtxt")
_CONTENT = (*_MARKERS, "variables", "assets", "assets.extra", "fingerprint.pb", "keras_metadata.pb")


class SavedModelLayout:
    """Recognises exported models; they are final models, not checkpoints of a series."""

    name = "saved-model"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.path and _is_export(folder):
            names = tuple(name for name in _CONTENT if name in folder.kinds)
            return Sightings(finals=(FinalModel(names, "a model exported for use"),))
        exports = [
            name
            for name in folder.names(Kind.DIRECTORY)
            if (child := folder.child(name)) is not None and _is_export(child)
        ]
        series = {
            one.name
            for family in families(exports).values()
            for one in family
            if len(family) > 1 and not one.name.isdecimal()
        }
        finals = (FinalModel((name,), "a model exported for use") for name in exports)
        return Sightings(finals=tuple(final for final in finals if final.names[0] not in series))


def _is_export(folder: Folder) -> bool:
    return any(folder.kinds.get(name) is Kind.FILE for name in _MARKERS)
