"""Training directories to measure on: sparse, dated, built once and used again.

A tree is `checkpoint-N` directories of one size, as a Hugging Face run on many GPUs writes them:
weights with a true header, the trainer's state, and one file of random state for each rank.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from keepstep.tui.sample.formats import SparseFile, safetensors_file, torch_file

SAVED = 1_763_700_000  # long ago: finished
WEIGHTS = {"model.embed.weight": (32768, 1024)}
MOMENTS = 2 * 4 * 32768 * 1024


@dataclass(frozen=True, slots=True)
class Tree:
    """So many checkpoints of so many files each."""

    checkpoints: int
    files: int = 100

    @property
    def name(self) -> str:
        return f"{self.checkpoints}x{self.files}"

    @property
    def total(self) -> int:
        return self.checkpoints * self.files


SMALL = Tree(10, 8)
TEN_THOUSAND = Tree(100)
TWO_HUNDRED_THOUSAND = Tree(2_000)
MILLION = Tree(10_000)
HUNDRED_THOUSAND = Tree(100_000, 5)  # checkpoints; the names above count files


@dataclass(frozen=True, slots=True)
class Yard:
    """The directory of all that the benchmarks need on disk; it is kept between runs."""

    place: Path

    def tree(self, tree: Tree) -> Path:
        """The path of a tree that stands, built if it does not. Leave it as it is."""
        # Alone in a folder: a scan looks for what the runs beside it stand on.
        path = self.place / "trees" / tree.name / "run"
        stamp = path.with_suffix(".built")
        if not stamp.exists():
            print(f"building {tree.total:,} files in {path}", file=sys.stderr)
            shutil.rmtree(path, ignore_errors=True)
            build(path, tree)
            stamp.touch()
        return path

    def spare(self, name: str) -> Path:
        """A path where nothing is, for a tree that the subject may destroy."""
        path = self.place / "spare" / name
        shutil.rmtree(path, ignore_errors=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def homes(self, name: str, *, empty: bool) -> dict[str, str]:
        """Settings under which keepstep's own files (an index, presets) lie in the yard."""
        path = self.place / "homes" / name
        if empty:
            shutil.rmtree(path, ignore_errors=True)
        kinds = ("CACHE", "CONFIG", "DATA", "STATE")
        return {f"XDG_{kind}_HOME": str(path / kind.lower()) for kind in kinds}


def yard_at(place: Path | None) -> Yard:
    """The yard at a place; by default beside other temporary files, the same one every time."""
    usual = Path(tempfile.gettempdir(), f"keepstep-benchmarks-{os.getuid()}")
    return Yard((place or usual).absolute())


def build(path: Path, tree: Tree) -> None:
    """Fill a new directory."""
    path.mkdir(parents=True)
    weights = safetensors_file(WEIGHTS)
    optimizer = torch_file("optimizer", b"\x80\x02}.", tensor_bytes=MOMENTS)
    scheduler = torch_file("scheduler", b"\x80\x02}.")
    config = _whole({"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"})
    for number in range(1, tree.checkpoints + 1):
        step, at = 100 * number, SAVED - 600 * (tree.checkpoints - number)
        folder = f"{path}/checkpoint-{step}"
        os.mkdir(folder)
        files = {
            "model.safetensors": weights,
            "optimizer.pt": optimizer,
            "scheduler.pt": scheduler,
            "config.json": config,
            "trainer_state.json": _state(step),
        }
        for rank in range(tree.files - len(files)):
            files[f"rng_state_{rank}.pth"] = SparseFile((), 14_960)
        for name, content in files.items():
            _write(f"{folder}/{name}", content, at)
        os.utime(folder, (at, at))


def _state(step: int) -> SparseFile:
    history = [
        {"step": at, "epoch": at / 1000, "eval_loss": 0.3 + 40 / at}
        for at in range(max(100, step - 1000), step + 1, 100)
    ]
    return _whole({"epoch": step / 1000, "global_step": step, "log_history": history})


def _whole(value: object) -> SparseFile:
    data = (json.dumps(value) + "\n").encode()
    return SparseFile(((0, data),), len(data))


def _write(path: str, content: SparseFile, at: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    for offset, data in content.pieces:
        os.pwrite(file, data, offset)
    os.ftruncate(file, content.size)
    os.utime(file, (at, at))
    os.close(file)
