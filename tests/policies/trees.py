"""Small real directories in the shapes that frameworks write."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def torch_zip(path: Path, payload: bytes = b"x" * 64) -> None:
    """A stored zip in torch's layout; the pickle inside is never read."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{path.stem}/data.pkl", b"\x80\x02}.")
        archive.writestr(f"{path.stem}/data/0", payload)
    path.write_bytes(buffer.getvalue())


def safetensors(path: Path, size: int = 64) -> None:
    """One tensor of `size` bytes with an honest header."""
    entry = {"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}
    header = json.dumps(entry).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * size)


def hugging_face(
    root: Path, steps: Iterable[int], *, losses: Mapping[int, float] | None = None, best: str = ""
) -> None:
    """Complete `checkpoint-N` directories, oldest first."""
    losses = losses or {}
    rows: list[dict[str, float]] = []
    for step in sorted(steps):
        if step in losses:
            rows.append({"eval_loss": losses[step], "epoch": step / 100, "step": step})
        folder = root / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        safetensors(folder / "model.safetensors")
        torch_zip(folder / "optimizer.pt")
        (folder / "config.json").write_text("{}")
        state = {"epoch": step / 100, "global_step": step, "log_history": rows}
        if best:
            state["best_model_checkpoint"] = best
        (folder / "trainer_state.json").write_text(json.dumps(state))


def set_saved(path: Path, seconds: float) -> None:
    """Set the times of everything at and below a path."""
    for folder, _, files in os.walk(path, topdown=False):
        for name in files:
            os.utime(os.path.join(folder, name), (seconds, seconds))
        os.utime(folder, (seconds, seconds))
    os.utime(path, (seconds, seconds))
