"""mmengine (`epoch_E.pth`, `iter_N.pth`, `best_…`) and detectron2 (`model_0004999.pth`).

Both write the name of the newest into the text file `last_checkpoint`: mmengine as an absolute
path of the machine that trained, detectron2 as a bare name. detectron2 counts iterations from 0.
"""

from __future__ import annotations

from ...patterns import pattern
from ..model import Kind, Standing
from ..sets import judged, single_files
from ..sighting import FinalModel, Sighting, Sightings, Tag
from ..tags import read_tag
from ..tree import Folder

_RUNNER = pattern(r"epoch_(?P<epoch>[0-9]{1,9})\.pth|iter_(?P<step>[0-9]{1,18})\.pth")
_BEST = pattern(r"best_.+_(?:epoch_(?P<epoch>[0-9]{1,9})|iter_(?P<step>[0-9]{1,18}))\.pth")
_DETECTRON = pattern(r"model_(?P<step>[0-9]{7,18})\.pth")
_CAFFE2 = pattern(r"model_iter(?P<step>[0-9]{1,18})\.pkl")
_TAG_FILE = "last_checkpoint"
_FINALS = ("model_final.pth", "model_final.pkl")


class MMEngineLayout:
    """Recognises the work directory of mmengine, and of mmcv before it."""

    name = "mmengine"

    def recognise(self, folder: Folder) -> Sightings:
        found = single_files(folder, _RUNNER)
        best = single_files(folder, _BEST, standing=Standing.BEST)
        return _with_tag(folder, found + best, ())


class DetectronLayout:
    """Recognises the output directory of detectron2, and of Detectron before it."""

    name = "detectron2"

    def recognise(self, folder: Folder) -> Sightings:
        found = single_files(folder, _DETECTRON) + single_files(folder, _CAFFE2)
        if not found:
            return Sightings()
        if folder.kinds.get("model_best.pth") is Kind.FILE:
            best = Sighting("model_best.pth", "", ("model_best.pth",), standing=Standing.BEST)
            found.append(judged(folder, best))
        finals = tuple(
            FinalModel((name,), "the model that training ended with")
            for name in _FINALS
            if folder.kinds.get(name) is Kind.FILE
        )
        return _with_tag(folder, found, finals)


def _with_tag(folder: Folder, found: list[Sighting], finals: tuple[FinalModel, ...]) -> Sightings:
    target = read_tag(folder, _TAG_FILE) if found else None
    if target is None:
        return Sightings(tuple(found), finals)
    tag = Tag(_TAG_FILE, target, "resume")
    return Sightings(tuple(found), finals, (tag,), claimed=(_TAG_FILE,))
