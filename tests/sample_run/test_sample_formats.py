"""Weights and torch archives of the sample run, read back with the standard library only."""

import json
import math
import pickletools
import struct
import zipfile
import zlib

import pytest
from keepstep.tui.sample.formats import crc32_of_zeros


def read_safetensors_header(path):
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return 8 + length, json.loads(file.read(length))


def test_the_weights_header_accounts_for_every_byte(run):
    path = run / "checkpoint-17000" / "model.safetensors"
    start, header = read_safetensors_header(path)
    assert start % 8 == 0
    assert header.pop("__metadata__") == {"format": "pt"}
    end = 0
    for tensor in header.values():
        assert tensor["data_offsets"] == [end, end + 4 * math.prod(tensor["shape"])]
        end = tensor["data_offsets"][1]
    assert path.stat().st_size == start + end
    assert header["transformer.h.0.attn.c_attn.weight"]["shape"] == [1024, 3072]


def test_the_newest_checkpoint_is_cut_short_in_its_weights(run):
    newest = run / "checkpoint-17100"
    assert {path.name for path in newest.iterdir()} == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
    }
    start, header = read_safetensors_header(newest / "model.safetensors")
    promised = start + max(tensor["data_offsets"][1] for tensor in list(header.values())[1:])
    assert start < (newest / "model.safetensors").stat().st_size < promised


@pytest.mark.parametrize("count", [0, 1, 7, 64, 5056, 1_000_003])
def test_the_checksum_of_a_hole_is_that_of_its_zeros(count):
    assert crc32_of_zeros(count) == zlib.crc32(bytes(count))


def test_the_checksum_of_a_large_hole_is_that_of_its_halves():
    block = bytes(1 << 20)
    crc = 0
    for _ in range(100):
        crc = zlib.crc32(block, crc)
    assert crc32_of_zeros(100 << 20) == crc


@pytest.mark.parametrize("step", [100, 12_345, 17_000])
def test_the_optimizer_is_a_torch_archive_with_one_huge_storage(run, step):
    path = run / f"checkpoint-{step}" / "optimizer.pt"
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        pickled = archive.read("optimizer/data.pkl")
        assert archive.read("optimizer/byteorder") == b"little"
        assert archive.read("optimizer/version") == b"3\n"
        with archive.open("optimizer/data/0") as storage:  # checks the local header too
            assert storage.read(4096) == bytes(4096)
    assert next(iter(members)) == "optimizer/data.pkl"
    assert all(info.compress_type == zipfile.ZIP_STORED for info in members.values())
    assert 2.39e9 < members["optimizer/data/0"].file_size < 2.41e9
    assert crc32_of_zeros(members["optimizer/data/0"].file_size) == members["optimizer/data/0"].CRC
    opcodes = [(opcode.name, argument) for opcode, argument, _ in pickletools.genops(pickled)]
    assert opcodes[0] == ("PROTO", 2)
    assert ("BINUNICODE", "param_groups") in opcodes
    assert ("BINFLOAT", float(step)) in opcodes
    assert not any(name in {"GLOBAL", "REDUCE"} for name, _ in opcodes)


@pytest.mark.parametrize("name", ["scheduler.pt", "rng_state.pth", "training_args.bin"])
def test_the_small_archives_are_intact(run, name):
    with zipfile.ZipFile(run / "checkpoint-12345" / name) as archive:
        assert archive.testzip() is None
        assert f"{name.split('.')[0]}/data.pkl" in archive.namelist()


def test_the_training_arguments_name_the_metric_of_the_best(run):
    with zipfile.ZipFile(run / "checkpoint-100" / "training_args.bin") as archive:
        pickled = archive.read("training_args/data.pkl")
    opcodes = [(opcode.name, argument) for opcode, argument, _ in pickletools.genops(pickled)]
    assert ("GLOBAL", "transformers.training_args TrainingArguments") in opcodes
    assert opcodes[-2][0] == "BUILD"
    place = opcodes.index(("BINUNICODE", "metric_for_best_model"))
    values = [argument for name, argument in opcodes[place + 1 :] if name == "BINUNICODE"]
    assert values[0] == "eval_loss"
