"""Read a torch zip (`.pt`, `.pth`, `.ckpt`, `.bin`): its data.pkl is walked, never unpickled.

The cost depends on the number of tensors, not on the bytes of the file.
"""

from __future__ import annotations

import io

from ..tree import Folder
from .pickle_scalars import Storage
from .pickle_values import Scalar
from .pickle_walk import MAX_OPCODES, Walked, last_number, walk
from .torch_content import Content, TorchContent, content_of
from .zip_directory import ZipDirectory, read_zip_directory

MAX_PICKLE = 16_000_000
_PICKLE = "/data.pkl"
_GUESSED = ("epoch", "global_step", "iter_num", "iter")
_MAX_STORAGE_READS = 32


def read_torch_zip(
    folder: Folder, name: str, max_opcodes: int = MAX_OPCODES
) -> TorchContent | None:
    """What the file holds; None for what is no torch zip, is cut short, or is out of bounds."""
    if name.endswith(".distcp"):  # a row of zips, one per tensor
        return None
    directory = read_zip_directory(folder, name)
    member = directory.find(_PICKLE) if directory else None
    data = directory.read(member, MAX_PICKLE) if directory and member else None
    if directory is None or member is None or not data:
        return None
    walked = walk(io.BytesIO(data), max_opcodes)
    if walked is None:
        return None
    if walked.complete:
        prefix = member.name.removesuffix(_PICKLE)
        return content_of(walked.value, _storage(directory, prefix))
    return _guess(walked, data)


def _guess(walked: Walked, data: bytes) -> TorchContent | None:
    """A pickle too long to be walked: the last numbers that follow known keys."""
    if not isinstance(walked.value, dict):
        return None
    scalars: dict[str, Scalar] = {
        key: value for key in _GUESSED if (value := last_number(data, key)) is not None
    }
    return TorchContent(Content.OTHER, scalars, unsure=True)


def _storage(directory: ZipDirectory, prefix: str) -> Storage:
    """Reads of single numbers from the members beside the pickle, few in number."""
    reads = 0

    def read(key: str, offset: int, length: int) -> bytes | None:
        nonlocal reads
        reads += 1
        if reads > _MAX_STORAGE_READS:
            return None
        wanted = f"{prefix}/data/{key}"
        member = next((one for one in directory.members() if one.name == wanted), None)
        return directory.read_part(member, offset, length) if member else None

    return read
