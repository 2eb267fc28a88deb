"""Un-numbered files that a framework writes over: what it resumes from, and its best so far.

nanoGPT's `ckpt.pt` is both; `checkpoint.pth.tar` and `model_best.pth.tar` are those of PyTorch's
imagenet example; YOLO keeps `last.pt` and `best.pt` beside `epochE.pt`. Names with a number are
left to others, and a directory counts only as a model by itself.
"""

from __future__ import annotations

from ...patterns import pattern
from ..evidence import is_weight_name
from ..model import Kind, Standing
from ..run_signs import looks_like_run
from ..sets import judged, single_files
from ..sighting import FinalModel, Sighting, Sightings
from ..tree import Folder
from ..words import FOREIGN_WORDS, words_of

_SUFFIX = r"\.(pt|pth|pth\.tar|ckpt|safetensors|h5|hdf5|keras|pdparams|msgpack|onnx|nemo)"
_END = rf"({_SUFFIX})?"
_MORE = r"([-_.][A-Za-z]+)*"
_RESUME = pattern(rf"([A-Za-z].*[-_.])?(last|latest){_MORE}{_END}|(checkpoint|ckpt){_SUFFIX}")
_BEST = pattern(rf"([A-Za-z].*[-_.])?best{_MORE}{_END}")
_FINAL = pattern(rf"([A-Za-z].*[-_.])?(final|merged){_MORE}{_END}")
_WORDS = ("last", "latest", "best", "final", "merged", "checkpoint", "ckpt")
_YOLO = pattern(r"epoch_?(?P<epoch>[0-9]{1,9})\.pt")


class YoloLayout:
    """Recognises the `weights` folder of YOLOv5 and ultralytics; their copies are named ones."""

    name = "yolo"

    def recognise(self, folder: Folder) -> Sightings:
        if folder.name != "weights" and not {"last.pt", "best.pt"} <= folder.kinds.keys():
            return Sightings()
        return Sightings(tuple(single_files(folder, _YOLO)))


class NamedCopiesLayout:
    """Recognises files, and directories of a model, called last, latest, best, final, merged."""

    name = "named-copies"

    def recognise(self, folder: Folder) -> Sightings:
        found, finals = [], []
        for name, kind in folder.kinds.items():
            if not _is_model(folder, name, kind):
                continue
            if _FINAL.fullmatch(name):
                finals.append(FinalModel((name,), "the model that training ended with"))
            elif _BEST.fullmatch(name):
                found.append(_copy(folder, name, Standing.BEST))
            elif _RESUME.fullmatch(name):
                found.append(_copy(folder, name, Standing.RESUME))
        return Sightings(tuple(found), tuple(finals))


def _copy(folder: Folder, name: str, standing: Standing) -> Sighting:
    return judged(folder, Sighting(name, "", (name,), standing=standing))


def _is_model(folder: Folder, name: str, kind: Kind) -> bool:
    """A weights file, or a directory with weights that is neither a run nor several of them."""
    if kind is Kind.FILE and not is_weight_name(name):
        return False
    if not any(word in name for word in _WORDS) or not FOREIGN_WORDS.isdisjoint(words_of(name)):
        return False
    if kind is Kind.FILE:
        return True
    child = folder.child(name)
    return child is not None and _is_one_model(child)


def _is_one_model(inside: Folder) -> bool:
    return not looks_like_run(inside) and any(map(is_weight_name, inside.names(Kind.FILE)))
