"""Language models: accelerate, adapters, DeepSpeed, Megatron, NeMo, DCP, levanter, fairseq."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import Need, Reference, Standing, State

from ..trees import hugging_face, safetensors
from .planting import by_id, finals, members, plant, pointers, series, tear


def _accelerate(root: Path, *saves: int) -> None:
    for save in saves:
        place = f"checkpoints/checkpoint_{save}"
        plant(root, f"{place}/model.safetensors", f"{place}/optimizer.bin")
        plant(root, f"{place}/random_states_0.pkl")


def test_accelerate_counts_saves_not_steps(tmp_path: Path):
    _accelerate(tmp_path, 0, 9, 10)
    (tmp_path / "checkpoints/checkpoint_10/random_states_0.pkl").unlink()
    catalog = scan(str(tmp_path))
    assert [one.number for one in catalog.checkpoints] == [0, 9, 10]
    assert {(one.step, one.epoch) for one in catalog.checkpoints} == {(None, None)}
    assert [one.unit for one in catalog.series] == ["save"]
    assert catalog.checkpoints[2].evidence == "no random_states_0.pkl, which its siblings have"


def test_accelerate_found_when_its_folder_is_the_root(tmp_path: Path):
    _accelerate(tmp_path, 1, 2)
    assert list(by_id(tmp_path / "checkpoints")) == ["checkpoint_1", "checkpoint_2"]


def test_diffusers_steps_and_pipeline(tmp_path: Path):
    for step in (500, 1000):
        plant(tmp_path, f"checkpoint-{step}/unet/diffusion_pytorch_model.safetensors")
        plant(tmp_path, f"checkpoint-{step}/optimizer.bin")
    plant(tmp_path, "unet/diffusion_pytorch_model.safetensors", "vae/config.json", "notes/")
    index = {"_class_name": "P", "unet": ["diffusers", "U"], "vae": ["diffusers", "V"]}
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    tear(tmp_path / "checkpoint-1000/unet/diffusion_pytorch_model.safetensors")
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [500, 1000]
    assert catalog.checkpoints[1].state is State.INCOMPLETE
    assert finals(catalog) == {"model_index.json", "unet", "vae"}
    assert catalog.unrecognised == ()


def test_an_adapter_protects_the_local_base_it_stands_on(tmp_path: Path):
    hugging_face(tmp_path / "base", [100, 200])
    for name, base in (("local", "/scratch/amy/base/checkpoint-100"), ("hub", "org/model-7b")):
        safetensors_dir = tmp_path / name / "checkpoint-10"
        safetensors_dir.mkdir(parents=True)
        safetensors(safetensors_dir / "adapter_model.safetensors")
        config = {"base_model_name_or_path": base}
        (safetensors_dir / "adapter_config.json").write_text(json.dumps(config))
    plant(tmp_path, "local/adapter_model.safetensors", "local/merged/model.safetensors")
    catalog = scan(str(tmp_path))
    assert catalog.references == (
        Reference(
            "local/checkpoint-10/adapter_config.json",
            "base/checkpoint-100",
            Need.BASE,
            "local/checkpoint-10",
        ),
    )
    assert finals(catalog) == {"local/adapter_model.safetensors", "local/merged"}
    assert catalog.warnings == ()


def _deepspeed(root: Path, *tags: str, ranks: int = 2) -> None:
    for tag in tags:
        plant(root, f"{tag}/mp_rank_00_model_states.pt")
        for rank in range(ranks):
            plant(root, f"{tag}/zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")


def test_deepspeed_tags(tmp_path: Path):
    _deepspeed(tmp_path, "global_step90", "global_step100", "global_step110", "global_step120")
    (tmp_path / "latest").write_text("global_step110")
    (tmp_path / "global_step90/zero_pp_rank_1_mp_rank_00_optim_states.pt").unlink()
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [90, 100, 110, 120]
    states = [one.state.value for one in catalog.checkpoints]
    assert states == ["incomplete", "complete", "complete", "incomplete"]
    assert "latest" in catalog.checkpoints[3].evidence
    assert pointers(catalog) == {"latest": ("global_step110", "")}
    assert series(catalog) == {"global_step*": 4}
    assert catalog.unrecognised == ()


def test_deepspeed_tags_are_free_text(tmp_path: Path):
    _deepspeed(tmp_path, "epoch3", "epoch12", "best")
    plant(tmp_path, "global_step5-backup/notes.md")
    catalog = scan(str(tmp_path))
    found = {one.id: (one.epoch, one.standing) for one in catalog.checkpoints}
    assert found == {
        "epoch3": (3, Standing.NUMBERED), "epoch12": (12, Standing.NUMBERED),
        "best": (None, Standing.BEST),
    }  # fmt: skip
    assert series(catalog) == {"epoch*": 3}


def test_megatron_tracker(tmp_path: Path):
    for step in (1000, 2000, 3000):
        for rank in ("00", "01"):
            plant(tmp_path, f"iter_{step:07d}/mp_rank_{rank}/model_optim_rng.pt")
    (tmp_path / "latest_checkpointed_iteration.txt").write_text("2000\n")
    plant(tmp_path, "iter_4000.bak/mp_rank_00/model_optim_rng.pt")
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [1000, 2000, 3000]
    assert [one.state for one in catalog.checkpoints][2] is State.INCOMPLETE
    tracker = {"latest_checkpointed_iteration.txt": ("iter_0002000", "")}
    assert pointers(catalog) == tracker


def test_megatron_release_and_a_missing_rank(tmp_path: Path):
    for step in (1000, 2000, 3000):
        for rank in ("00", "01"):
            plant(tmp_path, f"iter_{step:07d}/mp_rank_{rank}/model_optim_rng.pt")
    (tmp_path / "iter_0001000/mp_rank_01/model_optim_rng.pt").unlink()
    (tmp_path / "iter_0001000/mp_rank_01").rmdir()
    plant(tmp_path, "release/mp_rank_00/model_optim_rng.pt")
    (tmp_path / "latest_checkpointed_iteration.txt").write_text("release")
    found = by_id(tmp_path)
    assert found["release"].standing is Standing.BASE
    assert found["release"].pointed_to_by == ("latest_checkpointed_iteration.txt",)
    assert found["iter_0001000"].evidence == "no mp_rank_01, which its siblings have"


NEMO = "gpt--val_loss=1.23-step={}-consumed_samples={}.0"


def test_nemo_1_files_twins_and_markers(tmp_path: Path):
    for step in (9, 10, 100):
        plant(tmp_path, f"{NEMO.format(step, step * 8)}.ckpt")
        plant(tmp_path, f"{NEMO.format(step, step * 8)}-EMA.ckpt")
    plant(tmp_path, f"{NEMO.format(100, 800)}-last.ckpt")
    (tmp_path / f"{NEMO.format(10, 80)}-unfinished").touch()
    catalog = scan(str(tmp_path))
    numbered = [one for one in catalog.checkpoints if one.standing is Standing.NUMBERED]
    assert [one.step for one in numbered] == [9, 10, 100]
    assert [len(one.members) for one in numbered] == [2, 3, 2]
    assert members(numbered[1])[-1].endswith("-unfinished")
    assert [one.state.value for one in numbered] == ["complete", "incomplete", "complete"]
    assert dict(numbered[0].metrics) == {"val_loss": 1.23}
    assert catalog.checkpoints[3].standing is Standing.RESUME
    assert series(catalog) == {"gpt--val_loss=*-step=*-consumed_samples=*.ckpt": 4}
    assert catalog.unrecognised == ()


def test_nemo_2_directories_and_rank_folders(tmp_path: Path):
    for step in (5, 6):
        plant(tmp_path, f"two/{NEMO.format(step, step)}/weights/.metadata")
        plant(tmp_path, f"two/{NEMO.format(step, step)}/weights/__0_0.distcp")
    (tmp_path / "two" / NEMO.format(6, 6) / "weights/.metadata").unlink()
    for rank in ("mp_rank_00", "mp_rank_01"):
        for step in (5, 6, 7):
            plant(tmp_path, f"one/{rank}/{NEMO.format(step, step)}.ckpt")
    (tmp_path / f"one/mp_rank_01/{NEMO.format(7, 7)}.ckpt").unlink()
    plant(tmp_path, "one/mp_rank_00/notes.md")
    catalog = scan(str(tmp_path))
    found = {one.id.partition("/")[0] + str(one.step): one for one in catalog.checkpoints}
    assert found["two6"].evidence.startswith("no .metadata")
    assert found["two5"].state is State.COMPLETE
    assert len(found["one5"].members) == 2
    assert found["one7"].state is State.INCOMPLETE
    assert series(catalog)[f"one/{'gpt--val_loss=*-step=*-consumed_samples=*.ckpt'}"] == 3
    assert catalog.unrecognised == ()
    assert {one.path for one in catalog.artifacts} == {"one/mp_rank_00/notes.md"}


def test_torchtitan_is_committed_by_a_hidden_file(tmp_path: Path):
    for step in (10, 20, 30):
        plant(tmp_path, f"checkpoint/step-{step}/__0_0.distcp", f"checkpoint/step-{step}/.metadata")
    (tmp_path / "checkpoint/step-20/.metadata").unlink()
    plant(tmp_path, "checkpoint/step-40/model-00001-of-00001.safetensors")
    plant(tmp_path, "checkpoint/step-40/model.safetensors.index.json")
    catalog = scan(str(tmp_path))
    assert [one.layout for one in catalog.checkpoints] == ["torchtitan"] * 4
    assert [one.step for one in catalog.checkpoints] == [10, 20, 30, 40]
    states = [one.state.value for one in catalog.checkpoints]
    assert states == ["complete", "incomplete", "complete", "complete"]


def test_any_directory_of_distributed_shards(tmp_path: Path):
    for name in ("ckpt_100", "ckpt_200", "export"):
        plant(tmp_path, f"{name}/__0_0.distcp", f"{name}/__1_0.distcp", f"{name}/.metadata")
    (tmp_path / "ckpt_200/.metadata").rename(tmp_path / "ckpt_200/.metadata.tmp")
    found = by_id(tmp_path)
    assert {name: one.step for name, one in found.items()} == {
        "ckpt_100": 100, "ckpt_200": 200, "export": None,
    }  # fmt: skip
    assert found["ckpt_200"].state is State.INCOMPLETE


def test_levanter_metadata_commits(tmp_path: Path):
    for step in (100, 200, 300):
        plant(tmp_path, f"run/step-{step}/model/zarr.json", f"run/step-{step}/optimizer/zarr.json")
        row = {"step": step, "timestamp": "2025-01-01T00:00:00", "is_temporary": False}
        (tmp_path / f"run/step-{step}/metadata.json").write_text(json.dumps(row))
    (tmp_path / "run/step-300/metadata.json").unlink()
    catalog = scan(str(tmp_path))
    assert [one.layout for one in catalog.checkpoints] == ["levanter"] * 3
    assert catalog.checkpoints[2].evidence == "no metadata.json, which is written last"


def test_torchtune_recipe_state_belongs_to_the_newest(tmp_path: Path):
    for epoch in (0, 1, 2):
        for shard in (1, 2):
            plant(tmp_path, f"epoch_{epoch}/model-0000{shard}-of-00002.safetensors")
    plant(tmp_path, "recipe_state/recipe_state.pt")
    (tmp_path / "epoch_2/model-00002-of-00002.safetensors").unlink()
    found = by_id(tmp_path)
    assert [one.epoch for one in found.values()] == [0, 1, 2]
    assert found["epoch_2"].evidence == "1 of 2 shards of model"
    assert members(found["epoch_1"]) == ["epoch_1", "recipe_state"]
    assert members(found["epoch_0"]) == ["epoch_0"]


def test_older_torchtune_numbers_shards_and_epochs(tmp_path: Path):
    for epoch in (0, 1):
        for shard in ("0001", "0002"):
            plant(tmp_path, f"hf_model_{shard}_{epoch}.pt")
    plant(tmp_path, "recipe_state.pt")
    found = by_id(tmp_path)
    assert {name: one.epoch for name, one in found.items()} == {
        "hf_model_0001_0.pt": 0, "hf_model_0001_1.pt": 1,
    }  # fmt: skip
    assert [len(one.members) for one in found.values()] == [2, 3]


def test_fairseq_epochs_updates_and_copies(tmp_path: Path):
    plant(tmp_path, "checkpoint1.pt", "checkpoint2.pt", "checkpoint10.pt")
    plant(tmp_path, "checkpoint_1_500.pt", "checkpoint_2_1000.pt", "checkpoint_last.pt")
    plant(tmp_path, "checkpoint_best.pt", "checkpoint.best_loss_-1.2345.pt", "checkpoint3.pt.tmp")
    catalog = scan(str(tmp_path))
    found = {one.id: one for one in catalog.checkpoints}
    assert [one.epoch for one in catalog.checkpoints if one.series == "checkpoint*.pt"] == [
        1,
        2,
        10,
    ]
    assert (found["checkpoint_2_1000.pt"].step, found["checkpoint_2_1000.pt"].epoch) == (1000, 2)
    assert found["checkpoint_last.pt"].standing is Standing.RESUME
    assert found["checkpoint_best.pt"].standing is Standing.BEST
    best = found["checkpoint.best_loss_-1.2345.pt"]
    assert dict(best.metrics) == {"loss": -1.234}
    assert catalog.unrecognised == ("checkpoint3.pt.tmp",)


def test_fairseq_shards_are_one_checkpoint(tmp_path: Path):
    for step in (100, 200, 300):
        for shard in range(2):
            plant(tmp_path, f"checkpoint_1_{step}-shard{shard}.pt")
    (tmp_path / "checkpoint_1_300-shard1.pt").unlink()
    found = by_id(tmp_path)
    assert list(found) == [f"checkpoint_1_{step}.pt" for step in (100, 200, 300)]
    assert [one.state.value for one in found.values()] == ["complete", "complete", "incomplete"]


@pytest.mark.parametrize(
    "name",
    [
        "checkpoint_1x/random_states_0.pkl",
        "iter_100/mp_rank_00/model_optim_rng.pt",
        "checkpoint-12a/model.safetensors",
        "gpt--draft.ckpt",
        "checkpoint_1_2_3.pt",
        "step-10-old/model.safetensors",
        "global_step10_copy/weights.pt",
    ],
)
def test_near_misses_stay_unrecognised(tmp_path: Path, name: str):
    plant(tmp_path, name)
    catalog = scan(str(tmp_path))
    assert catalog.checkpoints == ()
    assert catalog.unrecognised != ()
