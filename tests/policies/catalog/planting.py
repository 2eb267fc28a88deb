"""Trees of names for tests of layouts: files with honest first bytes, and what a scan sees."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from keepstep.policies import scan
from keepstep.policies.catalog.model import Catalog, Checkpoint

from ..trees import safetensors, torch_zip

_TORCH = (".pt", ".pth", ".ckpt", ".bin", ".pth.tar")
_ZIP = (".zip", ".keras", ".npz")


def plant(root: Path, *names: str) -> None:
    """Make each name; one that ends in "/" is an empty directory."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path)


def _write(path: Path) -> None:
    name = path.name
    if name.endswith(".safetensors"):
        safetensors(path)
    elif name.endswith(_TORCH) or ".pth." in name or ".pt." in name:
        plain = path.with_name("_")  # the name goes into the zip, which takes no odd bytes
        torch_zip(plain)
        plain.rename(path)
    elif name.endswith(_ZIP):
        path.write_bytes(_zip())
    elif name.endswith((".h5", ".hdf5")):
        path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 64)
    elif name.endswith(".json"):
        path.write_text("{}")
    else:
        path.write_bytes(b"\x80\x04 content")


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data", b"{}")
    return buffer.getvalue()


def tear(path: Path) -> None:
    """Leave the first half of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def by_id(root: Path) -> dict[str, Checkpoint]:
    """Every checkpoint of a scan."""
    return {one.id: one for one in scan(str(root)).checkpoints}


def series(catalog: Catalog) -> dict[str, int]:
    """How many checkpoints each series has."""
    return {one.id: one.checkpoints for one in catalog.series}


def finals(catalog: Catalog) -> set[str]:
    """Paths of final models."""
    return {one.path for one in catalog.artifacts if one.kind == "final-model"}


def members(one: Checkpoint) -> list[str]:
    """Member paths, in the order in which they leave."""
    return [member.path for member in one.members]


def pointers(catalog: Catalog) -> dict[str, tuple[str | None, str]]:
    """Where each pointer leads, and what is wrong with it."""
    return {one.path: (one.resolved, one.trouble) for one in catalog.pointers}
