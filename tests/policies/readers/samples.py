"""Valid files of every format, made with the standard library: where tests and the fuzzer start."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

FILES = Path(__file__).parent / "files"
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class Arguments:
    """Stands for the instance in training_args.bin; only its state is of interest."""

    def __init__(self, **state: object) -> None:
        self.__dict__.update(state)


class Tensor:
    """Pickled as torch pickles one, less its storage, up to protocol 3."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return rebuild_tensor, (None, 0, (3, 4), (4, 1), False, None)


def rebuild_tensor(*arguments: object) -> None:
    """Stands for torch's own function until its name is put in."""


def pickled(document: object, protocol: int = 2) -> bytes:
    """As torch would, which need not be there."""
    stand_in = f"c{__name__}\nrebuild_tensor\n"
    torch = b"ctorch._utils\n_rebuild_tensor_v2\n"
    return pickle.dumps(document, protocol).replace(stand_in.encode(), torch)


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def torch_zip(document: object, protocol: int = 2, stem: str = "archive") -> bytes:
    """The layout of torch.save, less the tensors."""
    data = pickled(document, protocol)
    return zipped({f"{stem}/data.pkl": data, f"{stem}/version": b"3\n"})


def zip64(name: str, data: bytes) -> bytes:
    """One stored member, all of whose numbers stand in the fields for large files."""
    full = 2**32 - 1
    crc, length = zlib.crc32(data), len(data)
    local = struct.pack(
        "<4s5H3I2H", b"PK\x03\x04", 45, 0, 0, 0, 0, crc, length, length, len(name), 0
    )
    local += name.encode() + data
    extra = struct.pack("<2H3Q", 1, 24, length, length, 0)
    fields = (45, 45, 0, 0, 0, 0, crc, full, full, len(name), len(extra), 0, 0, 0, 0, full)
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields) + name.encode() + extra
    at = len(local) + len(entry)
    last = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), len(local))
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, full, full, 0)
    return local + entry + last + locator + end


def torch_legacy(document: object) -> bytes:
    facts = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    return b"".join(pickled(part) for part in (LEGACY_MAGIC, 1001, facts, document, []))


def safetensors(metadata: Mapping[str, str] | None = None, size: int = 8) -> bytes:
    header: dict[str, object] = {"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    if metadata is not None:
        header["__metadata__"] = metadata
    return measured(json.dumps(header).encode(), size)


def measured(header: bytes, size: int = 8) -> bytes:
    """A header behind its length, and what the tensors would fill."""
    return struct.pack("<Q", len(header)) + header + b"\0" * size


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def record(data: bytes) -> bytes:
    """A TFRecord; the checksums are not looked at."""
    return struct.pack("<QI", len(data), 0) + data + b"\0" * 4


def simple_value(tag: str, value: float) -> bytes:
    return field(1, tag.encode()) + b"\x15" + struct.pack("<f", value)


def tensor_value(tag: str, value: float) -> bytes:
    """As TensorFlow 2 writes a scalar: a TensorProto of one float, beside plugin metadata."""
    tensor = b"\x08\x01" + field(2, b"") + field(4, struct.pack("<f", value))
    return field(1, tag.encode()) + field(8, tensor) + field(9, field(1, b"scalars"))


def event(step: int, *values: bytes) -> bytes:
    summary = b"".join(field(1, value) for value in values)
    counted = b"\x10" + _varint(step) if step else b""
    return record(b"\x09" + struct.pack("<d", 1.7e9) + counted + field(5, summary))


def event_file(points: Sequence[tuple[int, float]], tag: str = "eval/loss") -> bytes:
    head = record(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2"))
    return head + b"".join(event(step, simple_value(tag, value)) for step, value in points)


def npy(form: str, descr: str, shape: tuple[int, ...], numbers: Sequence[float]) -> bytes:
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    data = struct.pack(f"<{len(numbers)}{form}", *numbers)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data


def evaluations() -> bytes:
    return zipped(
        {
            "timesteps.npy": npy("q", "<i8", (2,), [64, 128]),
            "results.npy": npy("d", "<f8", (2, 2), [9.0, 11.0, 20.0, 21.0]),
            "ep_lengths.npy": npy("q", "<i8", (2, 2), [9, 11, 20, 21]),
        }
    )


def json_lines(rows: Sequence[Mapping[str, object]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


CHECKPOINT = {
    "epoch": 7,
    "global_step": 1200,
    "val_loss": 0.25,
    "state_dict": {"w": [1.0], "step": 9},
    "optimizer_states": [{"state": {0: {"step": 3}}}],
    "meta": {"iter": 20},
}
LIGHTNING_CSV = b"""epoch,step,train_loss,val_acc,val_loss
0,3,1.25,,
0,7,0.75,,
0,7,,0.5,0.625
1,11,0.5,,
1,15,,0.75,0.375
"""
KERAS_CSV = b"epoch,loss,val_loss\n0,0.5,0.75\n1,0.25,0.5\n"
YOLO5_CSV = (
    b"               epoch,      train/box_loss,     metrics/mAP_0.5,               x/lr0\n"
    b"                   0,             0.11111,                0.25,               0.001\n"
    b"                   1,             0.05555,                 0.5,               0.001\n"
)
ULTRALYTICS_CSV = b"""epoch,time,train/box_loss,metrics/mAP50(B),lr/pg0
1,10.5,1.5,0.25,0.001
2,20.5,1.25,0.5,0.001
"""
TIMM_CSV = b"epoch,train_loss,eval_loss,eval_top1,lr\n0,2.5,2.25,50.0,0.1\n1,2.0,1.75,60.0,0.1\n"
PROGRESS_CSV = b"""training_iteration,episode_reward_mean,time_total_s,checkpoint_dir_name
1,10.5,3.5,checkpoint_000000
2,12.5,7.5,checkpoint_000001
"""
MMENGINE_EPOCHS = json_lines(
    [
        {"lr": 0.1, "loss": 0.5, "epoch": 1, "iter": 10, "step": 10},
        {"coco/bbox_mAP": 0.25, "data_time": 0.1, "time": 0.2, "step": 1},
        {"lr": 0.1, "loss": 0.25, "epoch": 2, "iter": 20, "step": 20},
        {"coco/bbox_mAP": 0.5, "data_time": 0.1, "time": 0.2, "step": 2},
    ]
)
MMENGINE_ITERATIONS = json_lines(
    [
        {"lr": 0.1, "loss": 0.5, "iter": 10, "step": 10},
        {"mIoU": 25.0, "time": 0.2, "step": 0},
        {"lr": 0.1, "loss": 0.25, "iter": 20, "step": 20},
        {"mIoU": 50.0, "time": 0.2, "step": 0},
    ]
)
RAY = json_lines(
    [
        {"training_iteration": 1, "acc": 0.25, "checkpoint_dir_name": "checkpoint_000000"},
        {"training_iteration": 2, "acc": 0.5, "checkpoint_dir_name": None},
    ]
)
DETECTRON2 = json_lines(
    [
        {"iteration": 19, "total_loss": 1.5, "lr": 0.01},
        {"iteration": 4999, "total_loss": 0.5, "bbox/AP": 41.5, "lr": 0.01},
    ]
)
MLFLOW = b"1795248855451 0.5 0\n1795248855452 0.25 10\n1795248855453 0.125 20\n"
CKPT_YAML = b"# yamllint disable\nWER: 23.5\nend-of-epoch: true\nepoch: 3\nunixtime: 1700000000.5\n"
TRAINER_STATE = json.dumps(
    {
        "best_model_checkpoint": "/out/checkpoint-10",
        "epoch": 1.0,
        "global_step": 10,
        "log_history": [{"eval_loss": 0.5, "epoch": 1.0, "step": 10}],
    }
).encode()
TENSOR = Tensor()
WEIGHTS = {"layer.weight": TENSOR, "layer.bias": TENSOR}
STATE = {0: {"step": 5, "exp_avg": TENSOR}, 1: {"step": 5, "exp_avg": TENSOR}}
OPTIMIZER = {"state": STATE, "param_groups": [{"lr": 0.1, "params": [0, 1]}]}
SCHEDULER = {"last_epoch": 5, "_step_count": 6, "_last_lr": [0.1], "base_lrs": [0.1]}
SCALER = {
    "scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000,
    "_growth_tracker": 7,
}  # fmt: skip
RNG = {"python": (3, (1, 2), None), "numpy": ("MT19937", TENSOR, 1), "cpu": TENSOR}
