"""Pins: kept beside the checkpoint, all or nothing, and never lost to a damaged file."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from keepstep.policies.catalog.model import Catalog, Checkpoint, Kind, Member, Pin
from keepstep.policies.catalog.scan import scan
from keepstep.policies.pins import pin, read_pins, unpin
from keepstep.policies.refusal import Refusal

from ..trees import hugging_face

AT = "2026-11-21T08:00:00Z"


def catalog_of(root: Path, *ids: str) -> Catalog:
    found = tuple(Checkpoint(id_, "s", "test", (Member(id_, Kind.DIRECTORY),)) for id_ in ids)
    for id_ in ids:
        (root / id_).mkdir(parents=True, exist_ok=True)
    return Catalog(str(root), checkpoints=found)


def test_the_file_is_as_documented(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, "checkpoint-13100", "checkpoint-200")
    pinned = pin(catalog, ["checkpoint-13100"], note="figure 4", by="amy", at=AT)
    assert pinned == (Pin("checkpoint-13100", "figure 4", "amy", AT),)
    assert json.loads((tmp_path / ".keepstep" / "pins.json").read_text()) == {
        "format": "keepstep/pin-file",
        "version": 1,
        "pins": [{"name": "checkpoint-13100", "note": "figure 4", "by": "amy", "at": AT}],
    }
    assert read_pins(str(tmp_path / ".keepstep")) == pinned
    assert "keepstep" in (tmp_path / ".keepstep" / "README").read_text()


def test_pins_bind_from_any_root_and_survive_a_move(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, "a/run7/checkpoint-100", "a/run7/checkpoint-200")
    pin(catalog, ["a/run7/checkpoint-100"])
    assert read_pins(str(tmp_path / "a" / "run7" / ".keepstep"))[0].id == "checkpoint-100"
    (tmp_path / "a" / "run7").rename(tmp_path / "moved")
    assert read_pins(str(tmp_path / "moved" / ".keepstep"))[0].id == "checkpoint-100"


def test_the_scan_sees_them(tmp_path: Path) -> None:
    for step in (100, 200):
        folder = tmp_path / "a" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"x")
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    pin(scan(str(tmp_path)), ["a/checkpoint-100"], note="mine")
    assert scan(str(tmp_path)).pins["a/checkpoint-100"].note == "mine"
    assert scan(str(tmp_path / "a")).pins["checkpoint-100"].note == "mine"


def test_nothing_of_ours_lies_in_a_folder_of_accelerate(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, "checkpoints/checkpoint_0", "checkpoints/checkpoint_1")
    pin(catalog, ["checkpoints/checkpoint_0"])
    assert sorted(os.listdir(tmp_path / "checkpoints")) == ["checkpoint_0", "checkpoint_1"]
    assert read_pins(str(tmp_path / ".keepstep"))[0].id == "checkpoints/checkpoint_0"
    inside = catalog_of(tmp_path / "checkpoints", "checkpoint_0", "checkpoint_1")
    pin(inside, ["checkpoint_1"])
    assert len(read_pins(str(tmp_path / ".keepstep"))) == 2
    assert unpin(inside, ["checkpoint_0", "checkpoint_1"]) == ("checkpoint_0", "checkpoint_1")


def test_pinning_again_changes_the_note_and_unpinning_is_quiet(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, "c-1", "c-2")
    assert unpin(catalog, ["c-1"]) == ()
    assert not (tmp_path / ".keepstep").exists()
    pin(catalog, ["c-1", "c-2"], note="one")
    pin(catalog, ["c-1"], note="two")
    assert [p.note for p in read_pins(str(tmp_path / ".keepstep"))] == ["two", "one"]
    assert unpin(catalog, ["c-1"]) == ("c-1",)
    assert [p.id for p in read_pins(str(tmp_path / ".keepstep"))] == ["c-2"]


def test_an_unknown_id_pins_nothing(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path, "c-1")
    with pytest.raises(
        Refusal, match=r"no checkpoint or artifact 'c-9' in .*; `keepstep scan .*` lists them"
    ):
        pin(catalog, ["c-1", "c-9"])
    assert not (tmp_path / ".keepstep").exists()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "no JSON"),
        ("\xff", "no JSON"),
        ("[]", "the document"),
        ("{}", "format"),
        ('{"format": "keepstep/pin-file", "version": 2, "pins": []}', "version"),
        ('{"format": "keepstep/pin-file", "version": 1}', "pins"),
        ('{"format": "keepstep/pin-file", "version": 1, "pins": [1]}', r"pins\[0\]"),
        ('{"format": "keepstep/pin-file", "version": 1, "pins": [{"note": "x"}]}', "name"),
        ('{"format": "keepstep/pin-file", "version": 1, "pins": [{"name": "x", "by": 3}]}', "by"),
    ],
)
def test_a_damaged_file_is_refused_and_kept(tmp_path: Path, text: str, field: str) -> None:
    catalog = catalog_of(tmp_path, "c-1")
    (tmp_path / ".keepstep").mkdir()
    path = tmp_path / ".keepstep" / "pins.json"
    path.write_bytes(text.encode("latin-1"))
    for action in (lambda: read_pins(str(path.parent)), lambda: pin(catalog, ["c-1"])):
        with pytest.raises(Refusal, match=field) as refusal:
            action()
        assert str(path) in str(refusal.value)
    assert path.read_bytes() == text.encode("latin-1")


def test_odd_names_survive(tmp_path: Path) -> None:
    odd = os.fsdecode(b"c-\xff 1\n")
    pin(catalog_of(tmp_path, odd), [odd], note="ä")
    assert read_pins(str(tmp_path / ".keepstep")) == (Pin(odd, "ä"),)


def test_people_who_pin_at_once_lose_nothing(tmp_path: Path) -> None:
    names = [f"c-{n}" for n in range(12)]
    catalog = catalog_of(tmp_path, *names)
    context: Any = multiprocessing.get_context("fork")
    children = [context.Process(target=pin, args=(catalog, [name])) for name in names]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert {p.id for p in read_pins(str(tmp_path / ".keepstep"))} == set(names)


def test_a_pin_whose_checkpoint_is_gone_can_be_taken_away(tmp_path: Path) -> None:
    hugging_face(tmp_path, [100, 200])
    pin(scan(str(tmp_path)), ["checkpoint-100"])
    shutil.rmtree(tmp_path / "checkpoint-100")
    assert unpin(scan(str(tmp_path)), ["checkpoint-100"]) == ("checkpoint-100",)
    assert scan(str(tmp_path)).pins == {}
