"""General shapes: conventions that no table names become series; what is not clear is kept."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog.model import State

from ..trees import torch_zip
from .planting import by_id, members, plant, series, tear

# names -> series and the numbers in order
CONVENTIONS = {
    "number first": (["3epoch.pth", "12epoch.pth"], {"*epoch.pth": [3, 12]}),
    "number last": (["x.pth.9", "x.pth.123"], {"x.pth.*": [9, 123]}),
    "bare number": (["5.pth", "40.pth"], {"*.pth": [5, 40]}),
    "DETR": (["checkpoint0099.pth", "checkpoint1099.pth"], {"checkpoint*.pth": [99, 1099]}),
    "MoCo": (["checkpoint_0010.pth.tar", "checkpoint_0100.pth.tar"],
             {"checkpoint_*.pth.tar": [10, 100]}),
    "pix2pix": (["5_net_G.pth", "10_net_G.pth", "5_net_D.pth", "10_net_D.pth"],
                {"*_net_G.pth": [5, 10], "*_net_D.pth": [5, 10]}),
    "StyleGAN": (["network-snapshot-000400.pkl", "network-snapshot-012000.pkl"],
                 {"network-snapshot-*.pkl": [400, 12000]}),
    "darknet": (["yolov3_10000.weights", "yolov3_9000.weights"],
                {"yolov3_*.weights": [9000, 10000]}),
    "SimCLR": (["model_100k.pt", "model_90k.pt"], {"model_*k.pt": [90000, 100000]}),
    "two models": (["resnet18_e2.pt", "resnet18_e10.pt", "vit_b16_e2.pt", "vit_b16_e10.pt"],
                   {"resnet18_e*.pt": [2, 10], "vit_b16_e*.pt": [2, 10]}),
    "camel case": (["NetEpoch2.pt", "NetEpoch10.pt"], {"NetEpoch*.pt": [2, 10]}),
    "epoch and step": (["m_ep1_it500.ckpt", "m_ep2_it1000.ckpt"], {"m_ep*_it*.ckpt": [500, 1000]}),
    "metric": (["n-2-loss=0.5.pt", "n-10-loss=-1.25.pt"], {"n-*-loss=*.pt": [2, 10]}),
    "HiFi-GAN": (["g_02500000", "g_02505000", "do_02500000", "do_02505000"],
                 {"g_*": [2500000, 2505000], "do_*": [2500000, 2505000]}),
    "folds": (["fold_0_epoch_1.pt", "fold_0_epoch_2.pt", "fold_1_epoch_1.pt", "fold_1_epoch_2.pt"],
              {"fold_0_epoch_*.pt": [1, 2], "fold_1_epoch_*.pt": [1, 2]}),
    "actor-critic": (["actor-9.pth", "actor-10.pth", "critic-9.pth", "critic-10.pth"],
                     {"actor-*.pth": [9, 10], "critic-*.pth": [9, 10]}),
    "MXNet": (["net-0001.params", "net-0010.params"], {"net-*.params": [1, 10]}),
    "equinox": (["step_7.eqx", "step_70.eqx"], {"step_*.eqx": [7, 70]}),
    "Composer": (["ep0-ba90-rank0.pt", "ep1-ba100-rank0.pt"], {"ep*-ba*-rank*.pt": [90, 100]}),
    "AllenNLP": (["model_state_epoch_9.th", "model_state_epoch_10.th", "training_state_epoch_9.th"],
                 {"model_state_epoch_*.th": [9, 10]}),
    "ignite": (["best_model_3_val=0.9.pt", "best_model_12_val=-0.5.pt"],
               {"best_model_*_val=*.pt": [3, 12]}),
    "seconds": (["w_1700000000.pt", "w_1700000900.pt"], {"w_*.pt": [1700000000, 1700000900]}),
    "dates": (["w-2025-11-11.pt", "w-2024-11-12.pt"], {"w-*.pt": [20241112, 20251111]}),
}  # fmt: skip


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_conventions_outside_the_table(tmp_path: Path, convention: str):
    names, expected = CONVENTIONS[convention]
    plant(tmp_path, *names)
    catalog = scan(str(tmp_path))
    found: dict[str, list[float | None]] = {}
    for one in catalog.checkpoints:
        found.setdefault(one.series, []).append(one.number)
    assert found == expected
    assert catalog.unrecognised == ()


def test_words_say_what_is_counted(tmp_path: Path):
    plant(tmp_path, "m_ep1_it500.ckpt", "m_ep2_it1000.ckpt", "a-1.pt", "a-2.pt")
    plant(tmp_path, "w_1700000000.pt", "w_1700000900.pt", "12epoch.pth", "13epoch.pth")
    found = {one.id: (one.step, one.epoch, one.counter) for one in scan(str(tmp_path)).checkpoints}
    assert found["m_ep1_it500.ckpt"] == (500, 1, None)
    assert found["a-1.pt"] == (1, None, None)
    assert found["12epoch.pth"] == (None, 12, None)
    assert found["w_1700000000.pt"] == (None, None, 1700000000)


KEPT = {
    "model sizes": ["resnet18.pth", "resnet34.pth", "llama-7b.pt", "llama-13b.pt"],
    "other spellings of shards": ["model_00001-of-00005.bin", "model_00002-of-00005.bin"],
    "quantised exports": ["m-q4_0.gguf", "m-q4_1.gguf", "yolo_320.onnx", "yolo_640.onnx"],
    "input sizes": ["sd_512.ckpt", "sd_768.ckpt"],
    "hyperparameters": ["dim_5.pth", "dim_10.pth", "hidden64.pt", "hidden128.pt"],
    "folds": ["fold_0.pt", "fold_1.pt"],
    "seeds": ["seed1.pt", "seed2.pt"],
    "versions": ["model_v1.pt", "model_v2.pt"],
    "ranks": ["rank0.pt", "rank1.pt"],
    "shards": ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
    "consolidated parts": ["consolidated.00.pth", "consolidated.01.pth"],
    "data": ["data_1.pt", "data_2.pt", "chunk_0.npz", "chunk_1.npz", "train_0.bin", "train_1.bin"],
    "tensors per step": ["features_epoch_1.pt", "features_epoch_2.pt"],
    "backups": ["model_backup_1.pt", "model_backup_2.pt"],
    "two numbers": ["a_1_5.pt", "a_2_6.pt"],
    "one alone": ["net_100.pt"],
    "two spellings": ["net_1.pt", "net_01.pt", "net_2.pt"],
    "no weights": ["plan_1.xyz", "plan_2.xyz"],
    "pickles of anything": ["thing_1.pkl", "thing_2.pkl"],
    "exported": ["tokenizer.model", "part-1.pth", "w_1.pth", "w_2.pth"],
}


@pytest.mark.parametrize("case", KEPT)
def test_what_is_not_clear_is_no_series(tmp_path: Path, case: str):
    plant(tmp_path, *KEPT[case])
    assert scan(str(tmp_path)).checkpoints == ()


def test_ranks_are_one_checkpoint(tmp_path: Path):
    for epoch in (1, 2, 10):
        plant(tmp_path, *(f"ep{epoch}-rank{rank}.pt" for rank in range(3)))
    (tmp_path / "ep10-rank2.pt").unlink()
    found = by_id(tmp_path)
    assert list(found) == ["ep1", "ep2", "ep10"]
    assert [len(one.members) for one in found.values()] == [3, 3, 2]
    assert found["ep10"].evidence == "no rank or shard 2, which its siblings have"


def test_a_rank_before_the_number(tmp_path: Path):
    for step in (5, 10):
        plant(tmp_path, f"rank0_step{step}.pt", f"rank1_step{step}.pt")
    assert {name: len(one.members) for name, one in by_id(tmp_path).items()} == {
        "step5": 2, "step10": 2,
    }  # fmt: skip


def test_shards_promise_their_number(tmp_path: Path):
    for step in (5, 10):
        plant(tmp_path, *(f"w_step{step}-0000{i}-of-00002.safetensors" for i in (1, 2)))
    (tmp_path / "w_step10-00002-of-00002.safetensors").unlink()
    found = by_id(tmp_path)
    assert found["w_step5"].state is State.COMPLETE
    assert found["w_step10"].evidence == "1 of 2 shards"


def test_an_epoch_that_was_trained_again_is_no_other_model(tmp_path: Path):
    losses = ("epoch=01-val_loss=0.5", "epoch=02-val_loss=0.4", "epoch=02-val_loss=0.45")
    plant(tmp_path, *(f"{name}.keras" for name in losses))
    models = ("epoch=01-ema=0.99", "epoch=01-ema=0.999", "epoch=02-ema=0.999")
    plant(tmp_path, *(f"{name}.weights.h5" for name in models))
    assert series(scan(str(tmp_path))) == {
        "epoch=*-val_loss=*.keras": 3,
        "epoch=*-ema=0.99.weights.h5": 1,
        "epoch=*-ema=0.999.weights.h5": 2,
    }


def test_companions_join_their_checkpoint(tmp_path: Path):
    for step in ("000000", "010000", "100000"):
        plant(tmp_path, f"model{step}.pt", f"ema_0.9999_{step}.pt", f"opt{step}.pt")
    catalog = scan(str(tmp_path))
    assert series(catalog) == {"model*.pt": 3}
    assert members(catalog.checkpoints[1]) == [
        "model010000.pt", "ema_0.9999_010000.pt", "opt010000.pt",
    ]  # fmt: skip


def test_a_json_beside_the_weights(tmp_path: Path):
    for step in (10, 20, 30):
        plant(tmp_path, f"w_{step}.pt", f"w_{step}.json", f"w_{step}_optimizer.pt")
    plant(tmp_path, "config.json", "results_10.json")
    catalog = scan(str(tmp_path))
    assert [one.id for one in catalog.checkpoints] == ["w_10.pt", "w_20.pt", "w_30.pt"]
    assert [len(one.members) for one in catalog.checkpoints] == [3, 3, 3]


def test_a_companion_that_comes_later_does_not_change_the_id(tmp_path: Path):
    plant(tmp_path, "w_10.pt", "w_20.pt")
    before = list(by_id(tmp_path))
    plant(tmp_path, "w_10.yaml", "w_10_ema.pt", "w_20.yaml")
    assert list(by_id(tmp_path)) == before


def test_torn_files_are_incomplete(tmp_path: Path):
    plant(tmp_path, "w_10.pt", "w_20.pt", "w_30.pt")
    tear(tmp_path / "w_20.pt")
    (tmp_path / "w_30.pt").write_bytes(b"")
    states = [one.state.value for one in by_id(tmp_path).values()]
    assert states == ["complete", "incomplete", "incomplete"]


def test_numbered_directories_of_any_name(tmp_path: Path):
    for number in (0, 9, 10):
        plant(tmp_path, f"bare/{number}/weights.pt", f"named/net.{number}.d/inner/w.safetensors")
    catalog = scan(str(tmp_path))
    assert series(catalog) == {"bare/*": 3, "named/net.*.d": 3}
    assert [one.step for one in catalog.checkpoints] == [0, 9, 10] * 2


def test_directories_named_by_word_and_time(tmp_path: Path):
    for hour in ("09", "10"):
        plant(tmp_path, f"save/CKPT+2025-01-01+{hour}-00-00+00/model.ckpt")
    catalog = scan(str(tmp_path))
    assert [one.counter for one in catalog.checkpoints] == [20250101090000, 20250101100000]
    assert catalog.series[0].unit == "date"


def test_a_tar_that_torch_wrote_is_no_archive(tmp_path: Path):
    torch_zip(tmp_path / "010000.tar")
    torch_zip(tmp_path / "020000.tar")
    (tmp_path / "x_1.tar").write_bytes(b"ustar")
    (tmp_path / "x_2.tar").write_bytes(b"ustar")
    assert list(by_id(tmp_path)) == ["010000.tar", "020000.tar"]


@pytest.mark.parametrize(
    "inside",
    ["model_{}.pt", "checkpoints/w_{}.pt", "ckpt-{}/model.safetensors"],
)
def test_directories_of_runs_are_walked_into(tmp_path: Path, inside: str):
    for run in (0, 1):
        for step in (5, 10):
            plant(tmp_path, f"{run}/{inside.format(step)}")
    catalog = scan(str(tmp_path))
    assert len(catalog.series) == 2
    assert len(catalog.checkpoints) == 4


@pytest.mark.parametrize(
    "name", ["run_{}", "seed{}", "bs_3{}", "alice-{}", "exp{}", "version_{}", "2025-11-1{}"]
)
def test_directories_that_tell_runs_apart_are_no_series(tmp_path: Path, name: str):
    plant(tmp_path, f"{name.format(1)}/model.pt", f"{name.format(2)}/model.pt")
    catalog = scan(str(tmp_path))
    assert catalog.checkpoints == ()
    assert len(catalog.unrecognised) == 2


def test_directories_with_records_of_a_run_are_no_series(tmp_path: Path):
    for run in (1, 2):
        plant(tmp_path, f"{run}/model.pt", f"{run}/events.out.tfevents.1.host")
    assert scan(str(tmp_path)).checkpoints == ()


def test_bare_tensors_are_data_and_state_dicts_are_weights(tmp_path: Path):
    tensor = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nccollections\nOrderedDict\n."
    for number in (1, 2):
        for name, pickle in (("thing", tensor), ("other", b"0.weight" + tensor)):
            with zipfile.ZipFile(tmp_path / f"{name}_{number}.pt", "w") as archive:
                archive.writestr("model/data.pkl", pickle)
                archive.writestr("model/data/0", b"weight")
    assert list(by_id(tmp_path)) == ["other_1.pt", "other_2.pt"]


def test_the_state_of_a_model_is_the_model(tmp_path: Path):
    for step in (1, 2):
        plant(tmp_path, f"model_state_{step}.pt", f"optimizer_state_{step}.pt")
    found = by_id(tmp_path)
    assert list(found) == ["model_state_1.pt", "model_state_2.pt"]
    assert [len(one.members) for one in found.values()] == [2, 2]
