"""Names as hostile as a disk allows: newlines, bytes that are no UTF-8, 255 bytes, escapes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.scan_json import scan_document

from .planting import plant

PREFIXES = {
    "newline": b"two\nlines",
    "invalid UTF-8": b"caf\xe9\xff",
    "right to left": "\u202egnp\u05d0".encode(),
    "terminal escape": b"\x1b[31mred\x1b]0;title\x07",
    "spaces and quotes": b" '\"$(touch x) ",
    "looks like an option": b"--rf",
    "other digits": "\u0663\u00b2\u2460".encode(),
}


@pytest.mark.parametrize("kind", PREFIXES)
def test_strange_prefixes_are_a_model_of_their_own(tmp_path: Path, kind: str):
    for number in (9, 10):
        name = PREFIXES[kind] + b"_%d.pt" % number
        plant(tmp_path, os.fsdecode(name), f"plain_{number}.pt")
    catalog = scan(str(tmp_path))
    assert [one.number for one in catalog.checkpoints] == [9, 10, 9, 10]
    assert len(catalog.series) == 2
    assert {os.fsencode(one.id) for one in catalog.checkpoints} >= {
        PREFIXES[kind] + b"_9.pt", PREFIXES[kind] + b"_10.pt",
    }  # fmt: skip
    json.dumps(scan_document(catalog))


@pytest.mark.parametrize("kind", PREFIXES)
def test_strange_near_misses_stay_unrecognised(tmp_path: Path, kind: str):
    for name in (b"checkpoint-5", b"step_5", b"iter_0000005", b"global_step5", b"5"):
        plant(tmp_path, os.fsdecode(name + PREFIXES[kind]) + "/model.safetensors")
    assert scan(str(tmp_path)).checkpoints == ()


def test_names_as_long_as_they_get(tmp_path: Path):
    for number in (1, 2):
        plant(tmp_path, f"{'a' * 247}_{number:03d}.pt", f"checkpoint-{number}/{'b' * 251}.bin")
    catalog = scan(str(tmp_path))
    assert len(catalog.checkpoints) == 4


def test_numbers_longer_than_any_step(tmp_path: Path):
    plant(tmp_path, f"w_{'1' * 200}.pt", f"w_{'2' * 200}.pt", f"epoch={'3' * 200}.ckpt")
    assert scan(str(tmp_path)).checkpoints == ()


@pytest.mark.parametrize("digits", ["\u0661", "\u00b2", "\u2460", "\uff11"])
def test_digits_of_other_scripts_are_letters(tmp_path: Path, digits: str):
    plant(tmp_path, f"epoch={digits}.ckpt", f"epoch_{digits}.pth", f"ckpt-{digits}.index")
    plant(
        tmp_path, f"checkpoint-{digits}/model.safetensors", f"G_{digits}.pth", f"{digits}.pdparams"
    )
    assert scan(str(tmp_path)).checkpoints == ()


def test_pipes_and_links_are_never_opened(tmp_path: Path):
    plant(tmp_path, "w_1.pt", "w_2.pt")
    os.mkfifo(tmp_path / "w_3.pt")
    os.mkfifo(tmp_path / "latest")
    (tmp_path / "w_4.pt").symlink_to("/dev/zero")
    catalog = scan(str(tmp_path))
    assert [one.number for one in catalog.checkpoints] == [1, 2]
    assert {"w_3.pt", "w_4.pt", "latest"} <= set(catalog.unrecognised)
