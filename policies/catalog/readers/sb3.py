"""Read Stable-Baselines3: steps from a model's zip, mean rewards from `evaluations.npz`.

The pickles that stand as text inside the zip's JSON are never looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from ...late_dataclass import dataclass
from ...patterns import pattern
from ..tree import Folder
from .contents import parsed_json
from .numbers import cell_count, count
from .records import Curve, Progress
from .zip_directory import ZipDirectory, read_zip_directory

MAX_DATA = 2_000_000
_MAGIC = b"\x93NUMPY"
_HEADER = pattern(
    rb"\{'descr': '(?P<type>[<>|][a-z]\d{1,2})', 'fortran_order': False, "
    rb"'shape': \((?P<shape>[\d, ]{0,60})\),? *\}\s*"
)
_FORMS = {
    "<i8": "<%dq",
    "<i4": "<%di",
    "<f8": "<%dd",
    "<f4": "<%df",
    ">i8": ">%dq",
    ">f8": ">%dd",
}


@dataclass(frozen=True, slots=True)
class _Table:
    """An array of one or two dimensions, by rows."""

    rows: int
    columns: int
    numbers: tuple[float, ...]

    def means(self) -> list[float]:
        """The mean of each row."""
        width = self.columns
        rows = (self.numbers[at : at + width] for at in range(0, len(self.numbers), width))
        return [sum(row) / width for row in rows]


def read_sb3_model(folder: Folder, name: str) -> Progress | None:
    """How many steps the environment had made when the model was saved."""
    directory = read_zip_directory(folder, name)
    if directory is None:
        return None
    member = next((one for one in directory.members() if one.name == "data"), None)
    document = parsed_json(directory.read(member, MAX_DATA)) if member else None
    step = count(document.get("num_timesteps")) if isinstance(document, dict) else None
    return None if step is None else Progress(step=step)


def read_evaluations(folder: Folder, name: str = "evaluations.npz") -> Mapping[str, Curve]:
    """Mean reward and mean length of the episodes of each evaluation, by step."""
    directory = read_zip_directory(folder, name)
    steps = _table(directory, "timesteps.npy") if directory else None
    if directory is None or steps is None or steps.columns != 1:
        return {}
    counts = [int(found) if 0 <= found < 2**62 else -1 for found in steps.numbers]
    curves: dict[str, Curve] = {}
    for metric, member in (("mean_reward", "results.npy"), ("mean_ep_length", "ep_lengths.npy")):
        table = _table(directory, member)
        if table is not None and table.rows == steps.rows:
            curves[metric] = Curve(counts, table.means())
    return curves


def _table(directory: ZipDirectory, name: str) -> _Table | None:
    member = next((one for one in directory.members() if one.name == name), None)
    raw = directory.read(member, MAX_DATA) if member else None
    if raw is None or len(raw) < 12 or not raw.startswith(_MAGIC):
        return None
    wide = raw[6] > 1
    [length] = struct.unpack_from("<I" if wide else "<H", raw, 8)
    start = (12 if wide else 10) + length
    header = _HEADER.fullmatch(raw[12 if wide else 10 : start])
    form = _FORMS.get(header["type"].decode()) if header else None
    if header is None or form is None:
        return None
    shape = [cell_count(part) for part in header["shape"].decode().split(",") if part.strip()]
    return _numbers(form, shape, raw[start:])


def _numbers(form: str, shape: list[int | None], data: bytes) -> _Table | None:
    rows, columns = (*shape, 1)[:2] if len(shape) in (1, 2) else (None, None)
    if not rows or not columns or rows * columns > len(data):
        return None
    total = rows * columns
    layout = struct.Struct(form % total)
    if layout.size != len(data):
        return None
    return _Table(rows, columns, tuple(map(float, layout.unpack(data))))
