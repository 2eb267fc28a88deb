"""Torch files and pickles: scalars, kinds and limits, of files made by pickle itself."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

import pytest
from keepstep.policies.catalog.readers.pickle_values import Thing
from keepstep.policies.catalog.readers.pickle_walk import last_number, walk
from keepstep.policies.catalog.readers.torch_content import Content, progress_of
from keepstep.policies.catalog.readers.torch_file import read_torch_file
from keepstep.policies.catalog.readers.torch_zip import MAX_PICKLE, read_torch_zip
from keepstep.policies.catalog.readers.training_args import BestChoice, read_best_choice

from .memory_tree import folder_of
from .samples import CHECKPOINT, Arguments, torch_legacy, torch_zip, zip64, zipped


def _read(data: bytes, name: str = "x.pt"):
    return read_torch_file(folder_of({name: data}), name)


@pytest.mark.parametrize("protocol", range(6))
def test_scalars_of_every_protocol(protocol: int):
    content = _read(torch_zip(CHECKPOINT, protocol))
    assert content is not None
    assert content.scalars == {"epoch": 7, "global_step": 1200, "val_loss": 0.25}
    assert content.nested == {"meta": {"iter": 20}}
    assert content.keys == tuple(CHECKPOINT)
    assert content.kind is Content.FULL
    assert not content.unsure


@pytest.mark.parametrize("wrap", [torch_zip, torch_legacy, pickle.dumps])
def test_progress_of_every_container(wrap):
    content = _read(wrap(CHECKPOINT))
    assert content is not None
    progress = progress_of(content)
    assert (progress.step, progress.epoch, dict(progress.metrics)) == (1200, 7, {"val_loss": 0.25})


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"state_dict": {}, "epoch": 1}, Content.WEIGHTS),
        ({"model": {}, "optimizer": {}}, Content.FULL),
        ({"state": {}, "param_groups": []}, Content.OPTIMIZER),
        ({"losses": [1, 2]}, Content.OTHER),
        (Arguments(lr=0.1), Content.OBJECT),
        ([1, 2, 3], Content.OTHER),
    ],
)
def test_kinds(document: object, kind: Content):
    content = _read(torch_zip(document))
    assert content is not None
    assert content.kind is kind


def test_a_step_inside_an_optimizer_or_a_configuration_is_not_the_step():
    document = {"optimizer": {"state": {0: {"step": 5}}}, "config": {"step": 9, "epoch": 3}}
    content = _read(torch_zip(document))
    assert content is not None
    assert content.nested["config"] == {"step": 9, "epoch": 3}
    assert (progress_of(content).step, progress_of(content).epoch) == (None, None)


def test_keys_that_are_recalled_from_the_memo_are_keys():
    step = "".join(("st", "ep"))
    document = {"inner": {step: 1}, step: 2}  # the second use is a mere memo index
    data = pickle.dumps(document, 2)
    assert data.count(b"step") == 1
    content = _read(torch_zip(document))
    assert content is not None
    assert content.scalars == {"step": 2}


def test_training_arguments_say_what_is_best():
    folder = folder_of(
        {
            "a": torch_zip(Arguments(metric_for_best_model="f1", greater_is_better=True)),
            "b": torch_zip(Arguments(metric_for_best_model="eval_loss", greater_is_better=False)),
            "c": torch_zip(Arguments(metric_for_best_model=None, greater_is_better=None)),
            "d": torch_zip({"metric_for_best_model": "f1"}),
        }
    )
    assert read_best_choice(folder, "a") == BestChoice("eval_f1", "max")
    assert read_best_choice(folder, "b") == BestChoice("eval_loss", "min")
    assert read_best_choice(folder, "c") is None
    assert read_best_choice(folder, "d") is None


def test_a_pickle_too_long_to_walk_is_guessed_at_and_says_so():
    document = {**{f"w{n}": n for n in range(1000)}, "epoch": 12, "global_step": 70_000}
    content = read_torch_zip(folder_of({"x.pt": torch_zip(document)}), "x.pt", max_opcodes=500)
    assert content is not None
    assert content.unsure
    assert content.scalars == {"epoch": 12.0, "global_step": 70_000.0}


@pytest.mark.parametrize("value", [0, 255, 256, 65_535, 65_536, -1, 0.125])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_the_guess_knows_every_form_of_a_number(value: float, protocol: int):
    assert last_number(pickle.dumps({"epoch": 0, "a": 1}, protocol), "epoch") == 0
    assert last_number(pickle.dumps({"epoch": value}, protocol), "epoch") == value


def test_what_is_cut_short_compressed_or_out_of_bounds_is_refused():
    data = torch_zip(CHECKPOINT)
    assert _read(data[:-1]) is None
    assert _read(data[: len(data) // 2]) is None
    deflated = zipped({"archive/data.pkl": pickle.dumps(CHECKPOINT)}, zipfile.ZIP_DEFLATED)
    assert _read(deflated) is None
    assert _read(zipped({"archive/data.pkl": b"\x80\x02" + b"N0" * (MAX_PICKLE // 2)})) is None
    legacy = torch_legacy(CHECKPOINT)
    assert _read(legacy[:60]) is None


def test_shards_of_distributed_checkpoints_are_no_torch_files():
    two = torch_zip({"epoch": 1}) + torch_zip({"epoch": 2})
    assert _read(two) is None, "a reader of zips would see the last one"
    assert _read(torch_zip({"epoch": 1}), "__0_0.distcp") is None


def test_a_file_of_which_every_number_is_in_zip64_fields_is_read():
    content = _read(zip64("archive/data.pkl", pickle.dumps({"epoch": 3}, 2)))
    assert content is not None
    assert content.scalars == {"epoch": 3}


def test_a_zip64_file_is_read():
    data = torch_zip({"epoch": 3})
    [end] = [at for at in range(len(data)) if data.startswith(b"PK\x05\x06", at)]
    count, length, offset = struct.unpack_from("<H2I", data, end + 10)
    wide = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, length, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    short = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    content = _read(data[:end] + wide + locator + short)
    assert content is not None
    assert content.scalars == {"epoch": 3}
    assert _read(data[:end] + locator + short) is None


def test_a_zip_with_a_comment_is_read():
    buffer = io.BytesIO(torch_zip({"epoch": 3}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"made by hand"
    assert _read(buffer.getvalue()) is not None


def test_the_walk_ends_behind_its_pickle():
    source = io.BytesIO(pickle.dumps(1) + pickle.dumps("two"))
    assert [walk(source).value, walk(source).value] == [1, "two"]


def test_objects_keep_the_name_of_their_maker_only():
    walked = walk(io.BytesIO(pickle.dumps(Arguments(a=1), 2)))
    assert isinstance(walked.value, Thing)
    assert walked.value.made_by.endswith(" Arguments")
    assert walked.value.state == {"a": 1}
