"""Torch zips and safetensors for the sample run, with a hole where the tensors would be.

A hole is a stretch that is never written: it has a size but no blocks on disk, and reads as zeros.
Everything around it (headers, directories, offsets, checksums) is what the real programs write, so
any reader of these formats accepts the files.
"""

import functools
import json
import math
import pickle
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 1024
LAYERS = 21
POSITIONS = 2048
VOCABULARY = 32768
BYTES_PER_NUMBER = 4


@dataclass(frozen=True, slots=True)
class SparseFile:
    """What stands where in a file; the rest of `size` is a hole."""

    pieces: tuple[tuple[int, bytes], ...]
    size: int


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a zip: its bytes, or `zeros` of them that are never written."""

    name: str
    data: bytes = b""
    zeros: int = 0

    @property
    def size(self) -> int:
        return len(self.data) or self.zeros

    @property
    def crc(self) -> int:
        return zlib.crc32(self.data) if self.data else crc32_of_zeros(self.zeros)


def _times(a: int, b: int) -> int:
    """Multiply modulo the CRC-32 polynomial over GF(2); the highest bit stands for x^0."""
    product = 0
    for bit in range(31, -1, -1):
        if a >> bit & 1:
            product ^= b
        b = b >> 1 ^ (0xEDB88320 if b & 1 else 0)
    return product


@functools.cache
def crc32_of_zeros(count: int) -> int:
    """The CRC-32 of `count` zero bytes in O(log count): each one multiplies the register by x^8."""
    register, power = 0xFFFFFFFF, 1 << (31 - 8)
    while count:
        if count & 1:
            register = _times(power, register)
        power = _times(power, power)
        count >>= 1
    return register ^ 0xFFFFFFFF


def stored_zip(members: Iterable[Member]) -> SparseFile:
    """Lay members out uncompressed, as torch does. Without zip64: all must end below 4 GiB."""
    pieces: list[tuple[int, bytes]] = []
    directory = b""
    count = offset = 0
    for member in members:
        name = member.name.encode()
        # version 2.0, no flags, stored, dated 1980-01-01: torch keeps no time here either
        sizes = (member.crc, member.size, member.size, len(name), 0)
        common = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 0x21, *sizes)
        pieces.append((offset, b"PK\3\4" + common + name + member.data))
        entry = struct.pack("<HHHII", 0, 0, 0, 0, offset)
        directory += b"PK\1\2" + struct.pack("<H", 20) + common + entry + name
        offset += 30 + len(name) + member.size
        count += 1
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), offset, 0)
    pieces.append((offset, directory + b"PK\5\6" + end))
    return SparseFile(tuple(pieces), offset + len(directory) + 22)


def torch_file(stem: str, pickled: bytes, *, tensor_bytes: int = 0) -> SparseFile:
    """A torch archive: the pickled object, and one storage that is a hole."""
    members = [Member(f"{stem}/data.pkl", pickled), Member(f"{stem}/byteorder", b"little")]
    if tensor_bytes:
        members.append(Member(f"{stem}/data/0", zeros=tensor_bytes))
    return stored_zip([*members, Member(f"{stem}/version", b"3\n")])


def pickled(value: dict[str, object]) -> bytes:
    return pickle.dumps(value, protocol=2)


def pickled_instance(module: str, name: str, attributes: dict[str, object]) -> bytes:
    """An object whose class need not be importable here: made bare, then given its attributes."""
    state = pickled(attributes)[2:-1]  # without the protocol mark and the final stop
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b")\x81" + state + b"b."


def tensor_shapes() -> dict[str, tuple[int, ...]]:
    """A GPT-2-like model of 300 million parameters, under the names its real class gives them."""
    block = {
        "attn.c_attn.bias": (3 * WIDTH,),
        "attn.c_attn.weight": (WIDTH, 3 * WIDTH),
        "attn.c_proj.bias": (WIDTH,),
        "attn.c_proj.weight": (WIDTH, WIDTH),
        "ln_1.bias": (WIDTH,),
        "ln_1.weight": (WIDTH,),
        "ln_2.bias": (WIDTH,),
        "ln_2.weight": (WIDTH,),
        "mlp.c_fc.bias": (4 * WIDTH,),
        "mlp.c_fc.weight": (WIDTH, 4 * WIDTH),
        "mlp.c_proj.bias": (WIDTH,),
        "mlp.c_proj.weight": (4 * WIDTH, WIDTH),
    }
    shapes: dict[str, tuple[int, ...]] = {
        f"transformer.h.{layer}.{name}": shape
        for layer in range(LAYERS)
        for name, shape in block.items()
    }
    shapes["transformer.ln_f.bias"] = shapes["transformer.ln_f.weight"] = (WIDTH,)
    shapes["transformer.wpe.weight"] = (POSITIONS, WIDTH)
    shapes["transformer.wte.weight"] = (VOCABULARY, WIDTH)
    return dict(sorted(shapes.items()))


def byte_count(shape: tuple[int, ...]) -> int:
    return BYTES_PER_NUMBER * math.prod(shape)


def safetensors_file(shapes: dict[str, tuple[int, ...]]) -> SparseFile:
    """A header that promises every tensor, and a hole of exactly that length."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, shape in shapes.items():
        end = offset + byte_count(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format aligns the data to eight bytes
    return SparseFile(((0, struct.pack("<Q", len(text)) + text),), 8 + len(text) + offset)
