"""Write the small files that tests of the readers start from, with the real frameworks.

    python tests/real/write_reader_files.py

Needs tests/real/requirements.txt. The files land in tests/policies/readers/files; what they hold is
said in tests/policies/readers/test_real_files.py.
"""

import argparse
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import gymnasium
import keras
import numpy
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import EvalCallback
from tensorboardX import SummaryWriter

FILES = Path(__file__).resolve().parents[1] / "policies" / "readers" / "files"


def write_torch_files() -> None:
    """Checkpoints in the shapes that training scripts write by hand."""
    model = torch.nn.Linear(4, 3)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    weights, state = model.state_dict(), optimizer.state_dict()
    best = torch.tensor(1.4375)
    torch.save(
        {"model": weights, "optimizer": state, "iter_num": 2000, "best_val_loss": best},
        FILES / "nanogpt.pt",
    )
    torch.save(
        {"epoch": 4, "arch": "resnet18", "state_dict": weights, "best_acc1": 31.5,
         "optimizer": state},
        FILES / "imagenet-legacy.pth.tar",
        _use_new_zipfile_serialization=False,
    )  # fmt: skip
    torch.save(
        {"epoch": 4, "best": numpy.float64(0.25), "state_dict": weights,
         "args": argparse.Namespace(lr=0.1, name="run7")},
        FILES / "numpy-scalar.pt",
    )  # fmt: skip
    half = torch.tensor(0.5, dtype=torch.bfloat16)
    torch.save(
        {"meta": {"epoch": 4, "iter": 20}, "state_dict": weights, "score": half},
        FILES / "mmengine.pth",
    )
    torch.save(torch.ones(4), FILES / "tensor.pt")
    torch.save(weights, FILES / "weights.pt")


def write_keras_log(place: Path) -> None:
    """Three epochs of a CSVLogger."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    numbers = numpy.ones((8, 2), "float32"), numpy.ones((8, 1), "float32")
    saver = keras.callbacks.ModelCheckpoint(
        str(place / "model-{epoch:02d}-{val_loss:.6f}.weights.h5"), save_weights_only=True
    )
    logger = keras.callbacks.CSVLogger(FILES / "keras-training.log")
    model.fit(*numbers, validation_data=numbers, epochs=3, verbose=0, callbacks=[saver, logger])
    names = sorted(path.name for path in place.glob("model-*"))
    (FILES / "keras-names.txt").write_text("\n".join(names) + "\n")


def write_event_file(place: Path) -> None:
    with SummaryWriter(str(place)) as writer:
        for step in range(0, 50, 10):
            writer.add_scalar("eval/loss", 1 / (step + 1), step)
            writer.add_scalar("train/loss", 2 / (step + 1), step)
        writer.add_text("notes", "not a number", 0)
        writer.add_histogram("weights", numpy.arange(8), 0)
    [path] = place.glob("events.out.tfevents.*")
    shutil.copyfile(path, FILES / "tensorboardx.tfevents")


def write_stable_baselines(place: Path) -> None:
    evaluator = EvalCallback(
        gymnasium.make("CartPole-v1"),
        eval_freq=64,
        n_eval_episodes=2,
        log_path=str(place),
        verbose=0,
        warn=False,
    )
    model = PPO("MlpPolicy", "CartPole-v1", n_steps=64, seed=7, policy_kwargs={"net_arch": [2]})
    model.learn(128, callback=evaluator)
    saved = place / "ppo_128_steps.zip"
    model.save(saved, exclude=["policy_class", "lr_schedule", "clip_range"])
    copy_without(saved, FILES / saved.name, "system_info.txt")
    shutil.copyfile(place / "evaluations.npz", FILES / "evaluations.npz")


def copy_without(source: Path, target: Path, left_out: str) -> None:
    """Copy a zip, less the member that describes the machine it was written on."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            if member.filename != left_out:
                new.writestr(member, old.read(member))


def main() -> None:
    FILES.mkdir(exist_ok=True)
    write_torch_files()
    with tempfile.TemporaryDirectory() as scratch:
        for number, write in enumerate((write_keras_log, write_event_file, write_stable_baselines)):
            place = Path(scratch) / str(number)
            place.mkdir()
            write(place)
    for path in sorted(FILES.iterdir()):
        sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
