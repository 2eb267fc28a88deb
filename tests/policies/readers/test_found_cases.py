"""Small files that would take hours, gigabytes or an exception from a reader less careful.

Found by fuzzing and by thinking like somebody who means harm; each has a limit of processor time.
"""

from __future__ import annotations

import io
import json
import pickle
import signal
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from keepstep.policies.catalog.evidence import trouble_with
from keepstep.policies.catalog.readers.csv_log import read_csv_log
from keepstep.policies.catalog.readers.event_file import read_event_file
from keepstep.policies.catalog.readers.json_lines import read_json_lines
from keepstep.policies.catalog.readers.mlflow import read_mlflow_metric
from keepstep.policies.catalog.readers.numbers import cell_count, count
from keepstep.policies.catalog.readers.pickle_scalars import number_in
from keepstep.policies.catalog.readers.pickle_walk import walk
from keepstep.policies.catalog.readers.torch_content import content_of
from keepstep.policies.catalog.readers.torch_zip import read_torch_zip
from keepstep.policies.catalog.readers.zip_directory import read_zip_directory
from keepstep.policies.catalog.trainer_state import read_trainer_state

from . import samples
from .memory_tree import folder_of

COLLIDING = 2**61 - 1  # all multiples of it have the hash 0


@contextmanager
def watched(seconds: float = 10.0, megabytes: int = 200) -> Iterator[None]:
    """Fail instead of hanging, and when more memory is taken at once than there should."""

    def stop(signum: int, frame: object) -> None:
        raise TimeoutError("the reader does not come to an end")

    before = signal.signal(signal.SIGVTALRM, stop)
    tracemalloc.start()
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * 1_000_000
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        tracemalloc.stop()


def _walk(data: bytes) -> object:
    walked = walk(io.BytesIO(data))
    return walked and content_of(walked.value, lambda key, offset, length: None)


def test_memo_indices_that_collide():
    puts = b"".join(b"p%d\n" % (COLLIDING * n) for n in range(30_000))
    with watched():
        _walk(b"N" + puts + b".")


def test_keys_that_collide():
    keys = b"".join(b"L%dL\nN" % (COLLIDING * n) for n in range(30_000))
    with watched():
        _walk(b"\x80\x02}(" + keys + b"u.")


@pytest.mark.parametrize("text", ["step", "global_step"])
def test_steps_that_collide(text: str):
    with watched():
        rows = [{text: COLLIDING * n, "loss": 1} for n in range(20_000)]
        state = json.dumps({"log_history": rows}).encode()
        read_trainer_state(folder_of({"trainer_state.json": state}))
        read_json_lines(folder_of({"x": samples.json_lines(rows)}), "x")
        lines = b"".join(b"%d,0.5\n" % (COLLIDING * n) for n in range(20_000))
        read_csv_log(folder_of({"x": text.encode() + b",loss\n" + lines}), "x")


@pytest.mark.parametrize("value", [10**400, -1, float("nan"), float("inf"), True, "7", None, 0.5])
def test_what_is_no_count(value: object):
    assert count(value) is None


def test_cells_that_are_no_count():
    assert [cell_count(text) for text in ("", "x", "nan", "inf", "-1", "1e30", "0.5")] == [None] * 7
    assert cell_count(" 7.0 ") == 7


def test_a_long_name_that_is_recalled_many_times():
    name = b"X" + struct.pack("<I", 500_000) + b"x" * 500_000
    with watched():
        _walk(b"\x80\x04" + name + b"q\x00" + b"h\x00\x93h\x00" * 2000 + b".")


def test_tuples_whose_text_would_be_exponential():
    nested = b"N" + b"2\x86" * 100  # each a pair of the one before
    data = b"\x80\x04" + nested + nested + b"\x93)R."
    with watched():
        _walk(data)
        _walk(b"\x80\x04cnumpy.core.multiarray\nscalar\n" + nested + nested + b"\x86R.")


def test_nesting_deeper_than_any_stack():
    for data in (b"}X\x01\x00\x00\x00a" * 100_000, b"(" * 250_000, b"N" + b"\x85" * 250_000 + b"."):
        with watched():
            _walk(b"\x80\x02" + data)
    with watched():
        read_json_lines(folder_of({"x": b'{"a":' * 150_000 + b"\n"}), "x")


def test_a_dictionary_that_holds_itself():
    data = b"\x80\x02}q\x00X\x04\x00\x00\x00metah\x00sX\x05\x00\x00\x00epochK\x03s."
    content = _walk(data)
    assert content.scalars == {"epoch": 3}
    assert content.nested["meta"] == {"epoch": 3}


def test_lengths_beyond_the_file():
    for data in (
        b"\x80\x04\x8e" + b"\xff" * 8 + b"x.",
        b"\x80\x02\x8b\xff\xff\xff\x7fx.",
        b"\x80\x02X\xff\xff\xff\xffx.",
        b"L" + b"9" * 10_000 + b"L\n.",
    ):
        assert walk(io.BytesIO(data)) is None or not walk(io.BytesIO(data)).complete


@pytest.mark.parametrize("end", [2**31, 2**62, 2**63, 2**64 - 1])
def test_offsets_beyond_what_the_system_can_seek(end: int):
    data = samples.torch_zip({"epoch": 1})
    at = data.rfind(b"PK\x05\x06")
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    assert read_zip_directory(folder_of({"x": data[:at] + locator + data[at:]}), "x") is None
    wide = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, end, end)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    assert read_zip_directory(folder_of({"x": data[:at] + wide + locator + data[at:]}), "x") is None


def test_a_huge_zip_directory_is_not_read():
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[0] * 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    count_, raw = 400_000, entry * 400_000
    end = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, count_ % 65536, count_ % 65536, len(raw), 4, 0
    )
    folder = folder_of({"x.pt": b"PK\x03\x04" + raw + end})
    with watched(megabytes=5):
        assert read_torch_zip(folder, "x.pt") is None


def test_a_tensor_scalar_whose_arguments_are_nonsense():
    walked = walk(io.BytesIO(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN\x85R."))
    assert number_in(walked.value, lambda key, offset, length: b"") is None


def test_millions_of_empty_things():
    with watched(seconds=30):
        read_mlflow_metric(folder_of({"x": b"\n" * 800_000}), "x")
        read_mlflow_metric(folder_of({"x": b"1 " * 500_000}), "x")
        read_json_lines(folder_of({"x": b"\n" * 800_000}), "x")
        read_csv_log(folder_of({"x": b"epoch,loss\n" + b"," * 2_000_000}), "x")
        read_csv_log(folder_of({"x": b"epoch,loss\n" + b"\n" * 800_000}), "x")
        read_event_file(folder_of({"x": b"\0" * 1_000_000}), "x")


def test_offsets_with_more_digits_than_python_converts():
    header = b'{"w":{"data_offsets":[0,' + b"9" * 5000 + b"]}}"
    data = struct.pack("<Q", len(header)) + header
    assert isinstance(trouble_with(folder_of({"x.safetensors": data}), "x.safetensors"), str)


def test_a_pickle_of_many_opcodes_ends_at_the_limit():
    document = {f"parameter.{n}": n for n in range(400_000)}
    with watched(seconds=30, megabytes=400):
        content = read_torch_zip(folder_of({"x.pt": samples.torch_zip(document)}), "x.pt")
    assert content is not None
    assert content.unsure
    assert pickle.loads(pickle.dumps(document, 2)) == document
