"""Numbers that count no saves: the parts of one model are never taken for its checkpoints."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from pathlib import Path

import pytest
from keepstep.policies.catalog.scan import scan
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.counts import LastRule

from ..catalogs import NOW, policy
from .planting import plant, series


def numbered(names: str, numbers: range = range(4)) -> list[str]:
    return [names.format(number) for number in numbers]


PARTS = {
    "processes of one Orbax save": [
        "final/_CHECKPOINT_METADATA", "final/state/_METADATA", "final/state/manifest.ocdbt",
        *numbered("final/state/ocdbt.process_{}/manifest.ocdbt"),
    ],
    "processes of one array store": ["m/manifest.ocdbt", *numbered("m/ocdbt.process_{}/d/a")],
    "layers of a pytree": ["m/_METADATA", *numbered("m/layers_{}/.zarray"), "m/layers_0/0.0"],
    "resolutions of an image": ["x.zarr/.zgroup", *numbered("x.zarr/{}/.zarray")],
    "arrays of zarr 3": ["x.zarr/zarr.json", *numbered("x.zarr/{}/zarr.json")],
    "arrays without a group": numbered("store/{}/.zarray"),
    "groups of arrays": numbered("store/net_{}.zarr/zarr.json"),
    "modules of sentence-transformers": [
        "m/modules.json", "m/0_Transformer/model.safetensors", "m/1_Pooling/config.json",
        *numbered("m/{}_Dense/model.safetensors", range(2, 5)),
    ],
    "text encoders of diffusers": [
        "m/model_index.json", "m/unet/diffusion_pytorch_model.safetensors",
        "m/text_encoder/model.safetensors",
        *numbered("m/text_encoder_{}/model.safetensors", range(2, 4)),
    ],
    "several models of one accelerate state": [
        "m/model.safetensors", *numbered("m/model_{}.safetensors", range(1, 4)),
        "m/optimizer.bin", *numbered("m/optimizer_{}.bin", range(1, 4)), "m/random_states_0.pkl",
    ],
    "shards that an index lists": [
        "m/pytorch_model.bin.index.json", *numbered("m/pytorch_model-0000{}.bin", range(1, 5)),
    ],
    "layers of DeepSpeed's pipeline": numbered("m/layer_01-model_0{}-model_states.pt"),
    "parameters of DeepSpeed's universal checkpoint": numbered("m/zero/{}.weight/fp32.pt"),
    "optimizers alone": numbered("m/optim_{}.pt"),
    "embeddings": numbered("cache/embeddings_{}.safetensors"),
    "codebooks": numbered("m/quantizer_{}.pt"),
    "versions": ["zoo/v1-4-pruned.safetensors", "zoo/v1-5-pruned.safetensors"],
    "jobs of Slurm": numbered("runs/10012{}/model.pt"),
    "trials of a study": numbered("study/{}.pth"),
    "jobs of Hydra": ["out/multirun.yaml", *numbered("out/{}/model.pt")],
}  # fmt: skip


@pytest.mark.parametrize("below", [False, True], ids=["from above", "from inside"])
@pytest.mark.parametrize("case", PARTS)
def test_parts_of_one_model_are_no_checkpoints(tmp_path: Path, case: str, below: bool):
    plant(tmp_path, *PARTS[case])
    root = tmp_path / PARTS[case][0].partition("/")[0] if below else tmp_path
    catalog = scan(str(root))
    whole = {one.id for one in catalog.checkpoints}
    assert whole <= {"m"}  # the folder itself may be one
    assert catalog.unrecognised or catalog.artifacts or whole


def test_the_models_of_fsdp_are_kept(tmp_path: Path):
    for part in ("pytorch_model_fsdp_{}", "optimizer_{}"):
        for number in range(3):
            plant(tmp_path, *(f"{part.format(number)}/{n}" for n in (".metadata", "__0_0.distcp")))
    plan = make_plan(scan(str(tmp_path)), policy(LastRule(1)), now=NOW)
    assert plan.summary.delete == 0


@pytest.mark.parametrize("word", ["fold", "seed", "run", "client", "process", "layer"])
def test_models_of_orbax_that_a_word_tells_apart(tmp_path: Path, word: str):
    for number in range(3):
        plant(tmp_path, *(f"{word}_{number}/{name}" for name in ("_METADATA", "manifest.ocdbt")))
        plant(tmp_path, *(f"step_{number}/{name}" for name in ("_METADATA", "manifest.ocdbt")))
    assert series(scan(str(tmp_path))) == {"step_*": 3}


@pytest.mark.parametrize("shards", [False, True], ids=["its configuration", "its tokenizer"])
def test_shards_beside_a_model_of_hugging_face(tmp_path: Path, shards: bool):
    plant(tmp_path, *numbered("weights.0{}.safetensors"))
    assert series(scan(str(tmp_path))) == {"weights.*.safetensors": 4}
    if shards:
        plant(tmp_path, "tokenizer_config.json")
    else:
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    assert scan(str(tmp_path)).checkpoints == ()


def test_a_configuration_of_ones_own_says_nothing(tmp_path: Path):
    plant(tmp_path, "net_100.pt", "net_200.pt")
    (tmp_path / "config.json").write_text(json.dumps({"lr": 0.1, "model": {"width": 64}}))
    assert series(scan(str(tmp_path))) == {"net_*.pt": 2}


def test_numbered_models_beside_the_final_one(tmp_path: Path):
    plant(tmp_path, *numbered("model_{}00/model.safetensors", range(1, 4)), "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    assert series(scan(str(tmp_path))) == {"model_*": 3}


@pytest.mark.parametrize("name", ["x.pth.00{}", "x.ckpt.0{}", "x.zip.00{}", "x.safetensors.00{}"])
def test_the_pieces_of_a_split_file(tmp_path: Path, name: str):
    whole = tmp_path / "whole"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("data.pkl", bytes(range(256)) * 40)
    content = whole.read_bytes()
    if "safetensors" in name:
        header = b'{"a.weight":{"dtype":"U8","shape":[9000],"data_offsets":[0,9000]}}'
        content = struct.pack("<Q", len(header)) + header + bytes(range(1, 251)) * 36
    whole.unlink()
    for piece in range(4):
        at = piece * len(content) // 4
        (tmp_path / name.format(piece)).write_bytes(content[at : at + len(content) // 4])
    assert scan(str(tmp_path)).checkpoints == ()


def test_tensors_of_data_are_no_weights(tmp_path: Path):
    for number in range(3):
        for name, key in (("thing", "hidden_states"), ("net", "layer.weight")):
            header = json.dumps({key: {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}})
            start = struct.pack("<Q", len(header)) + header.encode()
            (tmp_path / f"{name}_{number}.safetensors").write_bytes(start + bytes(8))
    assert series(scan(str(tmp_path))) == {"net_*.safetensors": 3}


@pytest.mark.parametrize("spread", [0, 60], ids=["at once", "a minute apart"])
def test_a_plan_doubts_what_was_written_at_once(tmp_path: Path, spread: int):
    for number in range(5):
        plant(tmp_path, f"model_{number}.pth")
        os.utime(tmp_path / f"model_{number}.pth", (1e9 + spread * number,) * 2)
    plan = make_plan(scan(str(tmp_path)), policy(LastRule(2)), now=NOW)
    doubts = [one for one in plan.warnings if "not saves?" in one]
    assert len(doubts) == (0 if spread else 1)
    assert plan.summary.delete == 3
