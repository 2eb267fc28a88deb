"""Read any torch or pickle file by what it is, not by what it is called."""

from __future__ import annotations

from ..tree import Folder
from .torch_content import TorchContent
from .torch_legacy import read_plain_pickle, read_torch_legacy
from .torch_zip import read_torch_zip


def read_torch_file(folder: Folder, name: str) -> TorchContent | None:
    """What a `.pt`, `.pth`, `.ckpt`, `.bin` or `.pkl` holds; None where nothing can be said."""
    start = folder.read(name, 2)
    if start == b"PK":
        return read_torch_zip(folder, name)
    return read_torch_legacy(folder, name) or read_plain_pickle(folder, name)
