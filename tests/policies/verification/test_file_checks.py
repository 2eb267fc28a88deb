"""Damage to each format, byte by byte where that is quick: what is told, and what is not."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.tree import Folder
from keepstep.policies.verification.file_checks import file_trouble

from .bundles import bundle


def _trouble(folder: Path, name: str, *, contents: bool = True) -> str:
    return file_trouble(Folder(LocalTree(str(folder)), ""), name, contents=contents)


def _torch_zip(sums: bool = True, compression: int = zipfile.ZIP_STORED) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", compression) as archive:
        for name in ("data.pkl", "version", "data/0"):
            archive.writestr(f"archive/{name}", name.encode() * 50)
    data = raw.getvalue()
    if sums:
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for one in archive.infolist():  # as torch writes them when told to compute none
            data = data.replace(struct.pack("<I", one.CRC), b"\1\2\3\4")
    return data


def _safetensors(**changes: object) -> bytes:
    entries: dict[str, object] = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "F16", "shape": [4], "data_offsets": [24, 32]},
    }
    header = json.dumps({**entries, **changes}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(32)


def _npy() -> bytes:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(8)


WHOLE = {
    "torch zip": ("optimizer.pt", _torch_zip()),
    "torch zip without sums": ("optimizer.pt", _torch_zip(sums=False)),
    "deflated zip": ("model.keras", _torch_zip(compression=zipfile.ZIP_DEFLATED)),
    "safetensors": ("model.safetensors", _safetensors()),
    "safetensors of no tensors": ("model.safetensors", struct.pack("<Q", 2) + b"{}"),
    "safetensors with a new type": (
        "model.safetensors",
        _safetensors(b={"dtype": "F2", "shape": [9], "data_offsets": [24, 32]}),
    ),
    "another format under the name": ("model.safetensors", b"\x00" * 64),
    "json": ("config.json", b'{"a": 1}'),
    "empty text": ("notes.txt", b""),
    "pickle": ("state.pkl", pickle.dumps({"step": list(range(50))})),
    "npy": ("weights.npy", _npy()),
    "anything else": ("model.gguf", b"GGUF" + bytes(60)),
    "an index of another kind": ("lines.index", b"x" * 100),
}


@pytest.mark.parametrize("case", WHOLE)
@pytest.mark.parametrize("contents", [True, False], ids=["contents", "structure"])
def test_what_is_whole(tmp_path: Path, case: str, contents: bool):
    name, data = WHOLE[case]
    (tmp_path / name).write_bytes(data)
    assert _trouble(tmp_path, name, contents=contents) == ""


DAMAGED = {
    "a flipped byte in a zip": (
        "optimizer.pt",
        _torch_zip().replace(b"data/0" * 50, b"data/1" + b"data/0" * 49),
        "optimizer.pt: archive/data/0 in it is damaged",
    ),
    "a flipped byte in a deflated zip": (
        "model.keras",
        _torch_zip(compression=zipfile.ZIP_DEFLATED)[:60] + b"\xff\xff" + bytes(200),
        "model.keras is cut short",
    ),
    "a zip cut short": ("optimizer.pt", _torch_zip()[:-30], "optimizer.pt is cut short"),
    "safetensors cut short": ("m.safetensors", _safetensors()[:-1], "m.safetensors holds"),
    "safetensors too long": ("m.safetensors", _safetensors() + b"\0", "it holds"),
    "a hole between tensors": (
        "m.safetensors",
        _safetensors(a={"dtype": "F32", "shape": [5], "data_offsets": [0, 20]}),
        "tensors overlap or leave a gap",
    ),
    "a shape that does not fit": (
        "m.safetensors",
        _safetensors(a={"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 24]}),
        "the header is wrong about a",
    ),
    "offsets that are no numbers": (
        "m.safetensors",
        _safetensors(a={"dtype": "F32", "shape": [], "data_offsets": ["0", 24]}),
        "the header is wrong about a",
    ),
    "json cut short": ("trainer_state.json", b'{"log_history": [', "it is no JSON"),
    "a pickle cut short": ("state.pkl", pickle.dumps([1.5] * 99)[:-5], "ends within a pickle"),
    "a pickle that claims to be huge": (
        "state.pkl",
        b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + bytes(50),
        "ends within a pickle",
    ),
    "an npy cut short": ("weights.npy", _npy()[:40], "its header is cut short"),
    "empty weights": ("model.bin", b"", "model.bin is empty"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_is_damaged(tmp_path: Path, case: str):
    name, data, words = DAMAGED[case]
    (tmp_path / name).write_bytes(data)
    assert words in _trouble(tmp_path, name)


def test_a_sum_is_contents_not_structure(tmp_path: Path):
    name, data, _ = DAMAGED["a flipped byte in a zip"]
    (tmp_path / name).write_bytes(data)
    assert _trouble(tmp_path, name, contents=False) == ""


def test_a_shard_that_the_index_names(tmp_path: Path):
    index = "model.safetensors.index.json"
    places = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (tmp_path / index).write_text(json.dumps({"weight_map": places}))
    (tmp_path / places["a"]).touch()
    assert "names model-00002-of-00002.safetensors, which is not there" in _trouble(tmp_path, index)
    (tmp_path / places["b"]).touch()
    assert _trouble(tmp_path, index) == ""


def test_a_tensor_bundle(tmp_path: Path):
    tensors = {"a": (0, 0, 100), "b": (1, 0, 40), "c": (0, 100, 28)}
    (tmp_path / "ckpt-5.index").write_bytes(bundle(tensors, shards=2))
    first, second = (tmp_path / f"ckpt-5.data-0000{n}-of-00002" for n in (0, 1))
    first.write_bytes(bytes(128))
    assert "data-00001-of-00002 is not there" in _trouble(tmp_path, "ckpt-5.index")
    second.write_bytes(bytes(40))
    assert _trouble(tmp_path, "ckpt-5.index") == ""
    first.write_bytes(bytes(127))
    assert "data-00000-of-00002 holds 127 of 128 bytes" in _trouble(tmp_path, "ckpt-5.index")


@pytest.mark.parametrize("name", ["ckpt-5.index", "m.safetensors", "m.pt", "a.json", "w.npy"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_ends_in_an_error(tmp_path: Path, name: str, data: st.DataObject):
    """Whatever is flipped or cut off, the answer is a sentence or none."""
    good = {
        "ckpt-5.index": bundle({"a": (0, 0, 100)}, shards=1),
        "m.safetensors": _safetensors(),
        "m.pt": _torch_zip(),
        "a.json": b'{"weight_map": {"a": "b"}}',
        "w.npy": _npy(),
    }[name]
    (tmp_path / "ckpt-5.data-00000-of-00001").write_bytes(bytes(100))
    broken = bytearray(good[: data.draw(st.integers(1, len(good)))])
    for _ in range(data.draw(st.integers(0, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(broken)
    assert isinstance(_trouble(tmp_path, name), str)
    if len(broken) < len(good) and name in ("m.safetensors", "m.pt"):
        trouble = _trouble(tmp_path, name)
        head = bytes(broken[:9]) == good[:9]
        assert trouble or not head
