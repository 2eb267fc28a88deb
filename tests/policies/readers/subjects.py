"""Every reader with the valid files that mutation starts from: one table for all fuzzing."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from keepstep.policies.catalog.evidence import trouble_with
from keepstep.policies.catalog.readers.csv_log import read_csv_log
from keepstep.policies.catalog.readers.event_file import read_event_file
from keepstep.policies.catalog.readers.json_lines import read_json_lines
from keepstep.policies.catalog.readers.mlflow import read_mlflow_metrics
from keepstep.policies.catalog.readers.orbax import read_orbax_step
from keepstep.policies.catalog.readers.pickle_walk import last_number, walk
from keepstep.policies.catalog.readers.safetensors import read_safetensors
from keepstep.policies.catalog.readers.sb3 import read_evaluations, read_sb3_model
from keepstep.policies.catalog.readers.small_json import (
    read_kohya_state,
    read_levanter,
    read_spacy,
    read_speechbrain,
)
from keepstep.policies.catalog.readers.torch_content import content_of, progress_of
from keepstep.policies.catalog.readers.torch_legacy import read_plain_pickle, read_torch_legacy
from keepstep.policies.catalog.readers.torch_zip import read_torch_zip
from keepstep.policies.catalog.readers.training_args import read_best_choice
from keepstep.policies.catalog.trainer_state import read_trainer_state
from keepstep.policies.catalog.tree import Folder

from . import samples
from .memory_tree import MemoryTree

FEW_OPCODES = 2000  # so that the limit is met by small files


@dataclass(frozen=True, slots=True)
class Subject:
    """A reader, the name it finds its file under, and valid contents.

    Damage to the whole of a zip mostly ends at its directory: with `wrap`, only what stands inside
    is damaged, and wrapped afterwards.
    """

    name: str
    file: str
    read: Callable[[Folder], object]
    valid: tuple[bytes, ...]
    wrap: Callable[[bytes], bytes] = bytes

    def try_on(self, data: bytes) -> object:
        """Read the file, and hold the reader to reading little more than the file."""
        data = self.wrap(data)
        tree = MemoryTree({self.file: data})
        result = self.read(Folder(tree, ""))
        assert tree.bytes_read <= 10 * len(data) + 1000, "more was read than a file can hold"
        return result


def _file(name: str) -> bytes:
    return (samples.FILES / name).read_bytes()


def _pickle_inside(name: str) -> bytes:
    with zipfile.ZipFile(samples.FILES / name) as archive:
        return archive.read(f"{name.rpartition('.')[0]}/data.pkl")


def _walk(folder: Folder) -> object:
    data = folder.read("x.pkl", 2**30) or b""
    last_number(data, "epoch")
    walked = walk(io.BytesIO(data), FEW_OPCODES)
    return walked and progress_of(content_of(walked.value, lambda key, offset, length: None))


def _torch_zip(folder: Folder) -> object:
    content = read_torch_zip(folder, "x.pt", FEW_OPCODES)
    return content and progress_of(content)


_JSON = json.dumps
_PICKLES = tuple(pickle.dumps(samples.CHECKPOINT, protocol) for protocol in range(6))
_PARTS = tuple(
    map(
        samples.pickled,
        (
            {"optimizer": samples.OPTIMIZER, "lr_scheduler": samples.SCHEDULER, "epoch": 3},
            samples.OPTIMIZER,
            samples.SCALER,
            samples.RNG,
        ),
    )
)
SUBJECTS = (
    Subject(
        "pickle_walk", "x.pkl", _walk, (*_PICKLES, *_PARTS, pickle.dumps(samples.Arguments(a=1), 2))
    ),
    Subject(
        "torch_zip",
        "x.pt",
        _torch_zip,
        (
            samples.torch_zip(samples.CHECKPOINT),
            samples.zip64("archive/data.pkl", _PICKLES[2]),
            *map(_file, ("nanogpt.pt", "mmengine.pth", "numpy-scalar.pt", "weights.pt")),
        ),
    ),
    Subject(
        "training_args",
        "training_args.bin",
        read_best_choice,
        (samples.torch_zip(samples.Arguments(metric_for_best_model="f1", greater_is_better=True)),),
    ),
    Subject(
        "torch_zip_inside",
        "x.pt",
        _torch_zip,
        (
            *_PICKLES,
            *_PARTS,
            *map(_pickle_inside, ("nanogpt.pt", "mmengine.pth", "numpy-scalar.pt")),
        ),
        lambda data: samples.zipped({"x/data.pkl": data, "x/data/0": b"12345678"}),
    ),
    Subject(
        "torch_legacy",
        "x.pt",
        lambda folder: read_torch_legacy(folder, "x.pt"),
        (samples.torch_legacy(samples.CHECKPOINT), _file("imagenet-legacy.pth.tar")),
    ),
    Subject(
        "plain_pickle", "x.pkl", lambda folder: read_plain_pickle(folder, "x.pkl"), _PICKLES[2:]
    ),
    Subject(
        "safetensors",
        "x.safetensors",
        lambda folder: read_safetensors(folder, "x.safetensors"),
        (samples.safetensors(), samples.safetensors({"ss_epoch": "3", "ss_steps": "500"})),
    ),
    Subject(
        "safetensors_inside",
        "x.safetensors",
        lambda folder: (
            read_safetensors(folder, "x.safetensors"),
            trouble_with(folder, "x.safetensors"),
        ),
        tuple(samples.safetensors(metadata)[8:-8] for metadata in (None, {"ss_epoch": "3"})),
        samples.measured,
    ),
    Subject(
        "event_file",
        "events",
        lambda folder: read_event_file(folder, "events"),
        (
            samples.event_file([(1, 0.5), (2000, 0.25)]),
            samples.event(7, samples.tensor_value("loss", 0.5)),
            _file("tensorboardx.tfevents"),
        ),
    ),
    Subject(
        "csv_log",
        "metrics.csv",
        lambda folder: read_csv_log(folder, "metrics.csv"),
        (
            samples.LIGHTNING_CSV,
            samples.KERAS_CSV,
            samples.YOLO5_CSV,
            samples.ULTRALYTICS_CSV,
            samples.TIMM_CSV,
            samples.PROGRESS_CSV,
        ),
    ),
    Subject(
        "json_lines",
        "scalars.json",
        lambda folder: read_json_lines(folder, "scalars.json"),
        (samples.MMENGINE_EPOCHS, samples.MMENGINE_ITERATIONS, samples.RAY, samples.DETECTRON2),
    ),
    Subject("mlflow", "loss", read_mlflow_metrics, (samples.MLFLOW,)),
    Subject(
        "sb3_model",
        "m.zip",
        lambda folder: read_sb3_model(folder, "m.zip"),
        (samples.zipped({"data": b'{"num_timesteps": 128}', "policy.pth": b"x"}),),
    ),
    Subject("evaluations", "evaluations.npz", read_evaluations, (samples.evaluations(),)),
    Subject(
        "evaluations_inside",
        "evaluations.npz",
        read_evaluations,
        (samples.npy("q", "<i8", (2,), [64, 128]), samples.npy("d", "<f8", (2, 1), [9.0, 2.0])),
        lambda data: samples.zipped({"timesteps.npy": data, "results.npy": data}),
    ),
    Subject(
        "sb3_inside",
        "m.zip",
        lambda folder: read_sb3_model(folder, "m.zip"),
        (b'{"num_timesteps": 128, "seed": null}',),
        lambda data: samples.zipped({"data": data}),
    ),
    Subject("orbax", "metrics/metrics", read_orbax_step, (b'{"val_acc": 0.9, "val_loss": 0.7}',)),
    Subject(
        "orbax_metadata",
        "_CHECKPOINT_METADATA",
        read_orbax_step,
        (b'{"init_timestamp_nsecs": 1, "commit_timestamp_nsecs": null}',),
    ),
    Subject("levanter", "metadata.json", read_levanter, (b'{"step": 7, "is_temporary": true}',)),
    Subject(
        "kohya",
        "train_state.json",
        read_kohya_state,
        (b'{"current_epoch": 3, "current_step": 500}',),
    ),
    Subject("speechbrain", "CKPT.yaml", read_speechbrain, (samples.CKPT_YAML,)),
    Subject("spacy", "meta.json", read_spacy, (b'{"performance": {"ents_f": 0.5, "x": {}}}',)),
    Subject("trainer_state", "trainer_state.json", read_trainer_state, (samples.TRAINER_STATE,)),
    Subject(
        "evidence",
        "x.safetensors",
        lambda folder: trouble_with(folder, "x.safetensors"),
        (samples.safetensors(), samples.safetensors({"format": "pt"})),
    ),
    Subject(
        "evidence_zip",
        "x.pt",
        lambda folder: trouble_with(folder, "x.pt"),
        (samples.torch_zip(samples.CHECKPOINT),),
    ),
)
