"""RL, boosting, vision, speech, image generation, Paddle, text: one-file and few-file layouts."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import Standing, State

from .planting import by_id, finals, members, plant, pointers, series, tear


def test_stable_baselines_sets(tmp_path: Path):
    for step in (900, 1000, 10000):
        plant(tmp_path, f"rl_model_{step}_steps.zip", f"rl_model_replay_buffer_{step}_steps.pkl")
        plant(tmp_path, f"rl_model_vecnormalize_{step}_steps.pkl")
    plant(tmp_path, "best_model.zip", "ppo.zip", "rl_model_5_steps_old.zip")
    tear(tmp_path / "rl_model_10000_steps.zip")
    catalog = scan(str(tmp_path))
    found = {one.step: one for one in catalog.checkpoints}
    assert list(found) == [900, 1000, 10000, None]
    assert members(found[900])[0] == "rl_model_900_steps.zip"
    assert len(found[900].members) == 3
    assert found[10000].state is State.INCOMPLETE
    assert found[None].standing is Standing.BEST
    assert set(catalog.unrecognised) == {"ppo.zip", "rl_model_5_steps_old.zip"}


def test_a_replay_buffer_without_its_model_is_incomplete(tmp_path: Path):
    plant(tmp_path, "a_100_steps.zip", "a_replay_buffer_200_steps.pkl")
    found = by_id(tmp_path)
    assert found["a_200_steps"].evidence == "no .zip in the set"


def test_ray_counts_iterations(tmp_path: Path):
    for number in (1, 10, 100):
        place = f"PPO_0/checkpoint_{number:06d}"
        plant(tmp_path, f"{place}/rllib_checkpoint.json", f"{place}/learner_group/state.pt")
    catalog = scan(str(tmp_path))
    assert [one.counter for one in catalog.checkpoints] == [1, 10, 100]
    assert [one.step for one in catalog.checkpoints] == [None] * 3
    assert catalog.series[0].unit == "iteration"


XGBOOST = b'{"learner":{"attributes":{}},"version":[3,2,0]}'


def test_xgboost_is_told_by_content(tmp_path: Path):
    for step in (0, 9, 10):
        (tmp_path / f"model_{step}.json").write_bytes(XGBOOST)
        (tmp_path / f"metrics_{step}.json").write_bytes(b'{"loss": 1}')
        binary = b"{L\x00\x00\x00\x00\x00\x00\x00\x07learnerrest}"
        (tmp_path / f"bin_{step}.ubj").write_bytes(binary)
    (tmp_path / "model.json").write_bytes(XGBOOST)
    (tmp_path / "model_10.json").write_bytes(XGBOOST[:-9])
    catalog = scan(str(tmp_path))
    assert series(catalog) == {"bin_*.ubj": 3, "model_*.json": 3}
    found = {one.id: one for one in catalog.checkpoints}
    assert found["model_10.json"].state is State.INCOMPLETE
    assert found["bin_10.ubj"].step == 10
    assert finals(catalog) == {"model.json"}


def test_lightgbm_snapshots(tmp_path: Path):
    text = "tree\nversion=v4\n\nend of trees\n\nfeature_importances:\nend of parameters\n"
    for step in (5, 10):
        (tmp_path / f"model.txt.snapshot_iter_{step}").write_text(text)
    (tmp_path / "model.txt.snapshot_iter_15").write_text(text[:14])
    (tmp_path / "model.txt").write_text(text)
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [5, 10, 15]
    assert [one.state.value for one in catalog.checkpoints][2] == "incomplete"
    assert finals(catalog) == {"model.txt"}


def test_catboost_snapshot_and_model(tmp_path: Path):
    plant(
        tmp_path, "catboost_info/experiment.cbsnapshot", "model.cbm", "catboost_info/test_error.tsv"
    )
    catalog = scan(str(tmp_path))
    assert [one.standing for one in catalog.checkpoints] == [Standing.RESUME]
    assert finals(catalog) == {"model.cbm"}


def test_mmengine_names_a_file_of_another_machine(tmp_path: Path):
    plant(tmp_path, "epoch_1.pth", "epoch_2.pth", "epoch_12.pth", "iter_500.pth")
    plant(tmp_path, "best_coco_bbox_mAP_epoch_2.pth", "epoch_3.pth.bak", "20250101_120000.py")
    (tmp_path / "last_checkpoint").write_text("/data/other/work_dirs/x/epoch_12.pth")
    catalog = scan(str(tmp_path))
    assert pointers(catalog) == {"last_checkpoint": ("epoch_12.pth", "")}
    found = {one.id: one for one in catalog.checkpoints}
    assert found["best_coco_bbox_mAP_epoch_2.pth"].standing is Standing.BEST
    assert series(catalog)["epoch_*.pth"] == 3
    assert found["iter_500.pth"].step == 500
    assert catalog.unrecognised == ("epoch_3.pth.bak",)


def test_mmengine_last_that_is_gone(tmp_path: Path):
    plant(tmp_path, "epoch_1.pth")
    (tmp_path / "last_checkpoint").write_text("/data/work/epoch_9.pth")
    assert pointers(scan(str(tmp_path))) == {"last_checkpoint": (None, "dangling")}


def test_detectron2(tmp_path: Path):
    plant(tmp_path, "model_0004999.pth", "model_0009999.pth", "model_final.pth", "model_best.pth")
    (tmp_path / "last_checkpoint").write_text("model_final.pth")
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [4999, 9999, None]
    assert finals(catalog) == {"model_final.pth"}
    assert pointers(catalog) == {"last_checkpoint": (None, "")}
    assert catalog.warnings == ()


def test_yolo_weights(tmp_path: Path):
    plant(tmp_path, "train2/weights/last.pt", "train2/weights/best.pt", "train2/args.yaml")
    plant(tmp_path, "train2/weights/epoch0.pt", "train2/weights/epoch10.pt")
    catalog = scan(str(tmp_path))
    assert series(catalog) == {"train2/weights/epoch*.pt": 4}
    standings = {one.id.rpartition("/")[2]: one.standing.value for one in catalog.checkpoints}
    assert standings == {
        "epoch0.pt": "numbered", "epoch10.pt": "numbered", "last.pt": "resume", "best.pt": "best",
    }  # fmt: skip


def test_copies_that_are_written_over(tmp_path: Path):
    plant(tmp_path, "out/ckpt.pt", "imagenet/checkpoint.pth.tar", "imagenet/model_best.pth.tar")
    standings = {name: one.standing.value for name, one in by_id(tmp_path).items()}
    assert standings == {
        "out/ckpt.pt": "resume",
        "imagenet/checkpoint.pth.tar": "resume",
        "imagenet/model_best.pth.tar": "best",
    }


def test_caffe_pairs(tmp_path: Path):
    for step in (5000, 440000):
        plant(tmp_path, f"pose_iter_{step}.caffemodel", f"pose_iter_{step}.solverstate")
    found = by_id(tmp_path)
    assert list(found) == ["pose_iter_5000", "pose_iter_440000"]
    assert members(found["pose_iter_5000"])[0] == "pose_iter_5000.caffemodel"


def test_spacy_directories(tmp_path: Path):
    plant(tmp_path, "model-best/meta.json", "model-best/config.cfg", "model-last/config.cfg")
    plant(tmp_path, "model-best/ner/model", "model-best/vocab/strings.json", "model-old/x.bin")
    found = by_id(tmp_path)
    assert found["model-best"].standing is Standing.BEST
    assert found["model-last"].evidence == "no meta.json in it"
    assert set(found) == {"model-best", "model-last"}


def test_voices_pair_generator_and_discriminator(tmp_path: Path):
    for step in (0, 800, 1600, 2333333):
        plant(tmp_path, f"logs/44k/G_{step}.pth", f"logs/44k/D_{step}.pth")
    plant(tmp_path, "logs/44k/G_2400.pth", "assets/weights/EXP_e10_s500.pth")
    plant(tmp_path, "assets/weights/EXP_e9_s450.pth", "logs/44k/G_8x.pth")
    catalog = scan(str(tmp_path))
    found = {one.id: one for one in catalog.checkpoints}
    pair = found["logs/44k/G_800.pth"]
    assert members(pair) == ["logs/44k/G_800.pth", "logs/44k/D_800.pth"]
    assert found["logs/44k/G_0.pth"].standing is Standing.BASE
    assert found["logs/44k/G_2333333.pth"].standing is Standing.RESUME
    assert found["logs/44k/G_2333333.pth"].step is None
    assert found["logs/44k/G_2400.pth"].evidence == "no D in the set"
    exported = found["assets/weights/EXP_e10_s500.pth"]
    assert (exported.epoch, exported.step) == (10, 500)
    assert catalog.unrecognised == ("logs/44k/G_8x.pth",)


def test_kohya_files_and_states(tmp_path: Path):
    for mark in ("000002", "000004", "step00000500"):
        plant(tmp_path, f"mylora-{mark}.safetensors", f"mylora-{mark}-state/optimizer.bin")
    plant(tmp_path, "mylora.safetensors", "mylora-state/optimizer.bin", "mylora-12.safetensors")
    catalog = scan(str(tmp_path))
    found = {one.id: one for one in catalog.checkpoints}
    assert members(found["mylora-000002"]) == ["mylora-000002.safetensors", "mylora-000002-state"]
    assert (found["mylora-000002"].epoch, found["mylora-step00000500"].step) == (2, 500)
    assert series(catalog) == {"mylora-*": 2, "mylora-step*": 1}
    assert finals(catalog) == {"mylora.safetensors", "mylora-state"}
    assert catalog.unrecognised == ("mylora-12.safetensors",)


def test_paddle_sets(tmp_path: Path):
    for epoch in (5, 6, 10):
        plant(tmp_path, *(f"{epoch}{end}" for end in (".pdparams", ".pdopt", ".pdmodel", ".pdema")))
    plant(tmp_path, "model_final.pdparams", "model_final.pdopt", "best_model.pdparams")
    (tmp_path / "10.pdparams").unlink()
    catalog = scan(str(tmp_path))
    found = {one.id: one for one in catalog.checkpoints}
    assert [found[name].epoch for name in ("5", "6", "10")] == [5, 6, 10]
    assert len(found["5"].members) == 4
    assert found["10"].evidence == "no weights in the set"
    assert found["best_model"].standing is Standing.BEST
    assert finals(catalog) == {"model_final.pdparams", "model_final.pdopt"}


def test_gensim_sets(tmp_path: Path):
    plant(tmp_path, "w2v.model", "w2v.model.wv.vectors.npy", "w2v.model.trainables.syn1neg.npy")
    for epoch in (1, 2):
        plant(tmp_path, f"ep{epoch}.model", f"ep{epoch}.model.wv.vectors.npy")
    catalog = scan(str(tmp_path))
    assert len(finals(catalog)) == 3
    assert [len(one.members) for one in catalog.checkpoints] == [2, 2]


def test_trackers_keep_records_and_show_models(tmp_path: Path):
    run = "mlruns/1/abc"
    plant(tmp_path, f"{run}/meta.yaml", f"{run}/metrics/loss", f"{run}/tags/user")
    plant(tmp_path, f"{run}/checkpoints/epoch=0-step=5.ckpt")
    plant(tmp_path, "wandb/offline-run-20250101_120000-abc/run-abc.wandb", "wandb/settings")
    catalog = scan(str(tmp_path))
    assert [one.step for one in catalog.checkpoints] == [5]
    kinds = {one.path: one.kind for one in catalog.artifacts}
    assert kinds[f"{run}/metrics"] == "log"
    assert kinds["wandb/offline-run-20250101_120000-abc"] == "log"


@pytest.mark.parametrize("parent", ["snapshots", "consolidated_models"])
def test_dated_folders_are_ordered_by_date(tmp_path: Path, parent: str):
    for name in ("2025-11-11", "2024-12-31", "2025-02-30", "2025-11-11-old"):
        plant(tmp_path, f"{parent}/{name}/model.pth")
    catalog = scan(str(tmp_path))
    assert [one.number for one in catalog.checkpoints] == [20241231, 20251111]
    assert [one.step for one in catalog.checkpoints] == [None, None]
    assert catalog.series[0].unit == "date"
    assert len(catalog.unrecognised) == 2


def test_dated_times_and_dated_runs(tmp_path: Path):
    for name in ("20251111_120000", "20251111_090000"):
        plant(tmp_path, f"consolidated_models/{name}/model.safetensors")
        plant(tmp_path, f"runs/{name}/model.pt", f"models/{name}/train.log", f"models/{name}/m.pt")
    numbers = [one.number for one in scan(str(tmp_path)).checkpoints]
    assert numbers == [20251111090000, 20251111120000]
