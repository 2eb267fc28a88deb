"""Whether files that nobody's layout knows are weights: by suffix, by words, by first bytes.

Some suffixes are those of weights; others (`.bin`, `.pkl`, `.npz`) hold data as often, and need a
word beside the number that says what it counts, or one that speaks of models.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..patterns import pattern
from .numbered_names import NumberedName
from .tree import Folder
from .words import FOREIGN_WORDS, GROWN_WORDS, MODEL_WORDS, SPLIT_WORDS, words_of

_WEIGHTS = (
    ".pt", ".pth", ".ckpt", ".safetensors", ".keras", ".pth.tar", ".pdparams", ".msgpack",
    ".cbm", ".caffemodel", ".params", ".weights", ".nemo", ".eqx", ".torch", ".chkpt",
    ".checkpoint", ".th",
)  # fmt: skip
# Exports differ in size and precision more often than in steps.
_EXPORTS = (".onnx", ".gguf", ".tflite", ".engine", ".mlmodel")
_PERHAPS = (
    ".bin", ".pkl", ".pickle", ".npz", ".zip", ".tar", ".tgz", ".tar.gz", ".t7", ".joblib", ".h5",
    ".hdf5", ".model", ".dat", ".mat",
)  # fmt: skip
# torch's zip, pickles of protocols 2 to 5, HDF5
_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"\x89HDF")


# Numbers that name the size of a model or of its input.
_SIZES = frozenset(
    {7, 13, 18, 30, 34, 50, 65, 70, 101, 121, 152, 161, 169, 201, 224, 256, 288, 299, 320, 336, 384,
     416, 448, 512, 640, 768, 1024, 1280, 2048}
)  # fmt: skip


_PICKLE = 1 << 15  # bytes; the pickle stands first in torch's zip
_MODEL_KEYS = pattern(rb"weight|bias|state|optim|model|epoch|step|layer|net")
_TENSOR = pattern(rb'"([^"]*)":\s*\{')
_DATA_KEYS = pattern(
    rb"(?i)embed|hidden|latent|feature|logits|activation|tokens|input_ids|labels?\b|images?\b|audio|mel\b"
)
_PARAMETERS = pattern(rb"weight|bias|kernel|lora")
_START_BYTES = 9  # safetensors gives the length of its header in 8
_STARTS_READ = 3
_LOCAL_HEADER = 30  # bytes before a zip entry's name
_CANDIDATES = (*_WEIGHTS, *_PERHAPS, *_EXPORTS, *"0123456789")


def may_be_weights(name: str) -> bool:
    """Whether a name is worth reading at all; most files of a run are not."""
    return name.endswith(_CANDIDATES) or "." not in name


def may_be_sizes(family: Sequence[NumberedName]) -> bool:
    """Whether every number of a family could as well be the size of a model."""
    return all(one.plain in _SIZES for one in family)


def names_a_model(one: NumberedName) -> bool:
    """Whether the word before a directory's number is none, or one that speaks of checkpoints."""
    if one.plain is None or not one.word:
        return True
    return one.word in MODEL_WORDS or one.word in GROWN_WORDS


def is_foreign(one: NumberedName) -> bool:
    """Whether the name speaks of data, spare copies, or a split that nothing counts."""
    words = words_of(one.name)
    if not FOREIGN_WORDS.isdisjoint(words):
        return True
    return one.plain is not None and one.word in SPLIT_WORDS


def are_weights(folder: Folder, family: Sequence[NumberedName]) -> bool:
    """Whether the files of a family hold weights, as far as names and first bytes tell."""
    first = family[0]
    if _suffix_before_number(first):
        return first.plain is None or not are_pieces(folder, [one.name for one in family])
    if first.name.endswith(_WEIGHTS):
        return first.plain is None or not _holds_data(folder, first.name)
    if first.name.endswith(_EXPORTS):
        return first.plain is None
    explained = first.plain is None or not MODEL_WORDS.isdisjoint(words_of(first.name))
    if explained and first.name.endswith(_PERHAPS):
        return True
    if not first.name.endswith(".tar") and "." in first.name and not first.family.endswith(".*"):
        return False  # what torch saves under the name of a tar archive never is one
    starts = (folder.read(one.name, 4) or b"" for one in family[:3])
    return all(start.startswith(_STARTS) for start in starts)


def are_pieces(folder: Folder, names: Sequence[str]) -> bool:
    """Whether one of these starts as weights do and the others do not, as when a file was split."""
    starts = [folder.read(name, _START_BYTES) or b"" for name in names[:_STARTS_READ]]
    known = sum(start.startswith(_STARTS) or start[8:9] == b"{" for start in starts)
    return len(starts) > 1 and known == 1


def _holds_data(folder: Folder, name: str) -> bool:
    """Tensors that no model has."""
    if name.endswith(".safetensors"):
        return _holds_data_by_name(folder, name)
    return _is_bare_tensor(folder, name)


def _holds_data_by_name(folder: Folder, name: str) -> bool:
    """A safetensors file whose tensors are all called embeddings, latents and the like."""
    header = (folder.read(name, _PICKLE) or b"")[8:]
    names = [key for key in _TENSOR.findall(header) if key != b"__metadata__"]
    return bool(names) and all(
        _DATA_KEYS.search(key) and not _PARAMETERS.search(key) for key in names
    )


def _is_bare_tensor(folder: Folder, name: str) -> bool:
    """A torch zip whose pickle, which is looked at and never run, names tensors but no weights."""
    start = folder.read(name, _PICKLE) or b""
    if not start.startswith(_STARTS[0]) or len(start) < _LOCAL_HEADER:
        return False
    lengths = int.from_bytes(start[26:28], "little") + int.from_bytes(start[28:30], "little")
    end = start.find(b"PK", _LOCAL_HEADER + lengths)
    pickle = start[_LOCAL_HEADER + lengths : end if end > 0 else len(start)]
    return b"_rebuild_" in pickle and not _MODEL_KEYS.search(pickle)


def _suffix_before_number(one: NumberedName) -> bool:
    """`x.pth.123`, `x.pt-500`: the number stands behind the suffix of weights."""
    stem = one.family.rpartition("*")[0].rstrip(".-_")
    return one.family.endswith("*") and stem.endswith(_WEIGHTS)
