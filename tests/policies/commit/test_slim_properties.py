"""Of any folder that could be a checkpoint: only what resuming alone needs is ever slimmed away."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from keepstep.policies.catalog.scan import scan
from keepstep.policies.commit.commit import commit
from keepstep.policies.commit.undo import undo
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.schema import parse_policy

from ..readers.samples import (
    OPTIMIZER,
    RNG,
    SCALER,
    SCHEDULER,
    WEIGHTS,
    torch_legacy,
    torch_zip,
)
from .conftest import snapshot
from .test_slim import NOW, age

# What files hold in truth, whatever they are called; only the first three may ever leave.
CONTENTS: Mapping[str, bytes] = {
    "optimizer": torch_zip(OPTIMIZER),
    "legacy optimizer": torch_legacy({"optimizer": OPTIMIZER, "scheduler": SCHEDULER, "step": 3}),
    "parts": torch_zip({"optim": OPTIMIZER, "scaler": SCALER, "rng_state": RNG}),
    "weights": torch_zip(WEIGHTS),
    "legacy weights": torch_legacy({"state_dict": WEIGHTS}),
    "full": torch_zip({"model": WEIGHTS, "optimizer": OPTIMIZER}),
    "ema": torch_zip({"optimizer": OPTIMIZER, "ema": WEIGHTS}),
    "named state": torch_zip({"state": WEIGHTS, "param_groups": []}),
    "garbage": b"x" * 50,
}
FOR_RESUMING = {"optimizer", "legacy optimizer", "parts"}
HOLD_WEIGHTS = {"weights", "legacy weights", "full", "ema"}
MUTE = ("state.pt", "rank0.pt", "rank1.pt", "7.bin", "last.ckpt", "a.pth", "b.pth.tar")
LEAVE = ("optimizer.pt", "optimizer.bin", "scheduler.pt", "rng_state_0.pth", "scaler.pt",
         "optimizer_0/x.distcp", "replay_buffer.pkl")  # fmt: skip
STAY = ("model.bin", "pytorch_model.bin", "adapter_model.bin", "unet/model_1.pt", "G_5.pth",
        "config.json", "tokenizer.json", "tokenizer.model", "merges.txt", "notes.txt", "x.pkl",
        "training_args.bin", "vae/rank0.pt")  # fmt: skip
STEPS = (100, 200, 300)

FOLDERS = st.dictionaries(
    st.sampled_from(MUTE), st.sampled_from(sorted(CONTENTS)), max_size=4
).flatmap(
    lambda mute: st.tuples(
        st.just(mute),
        st.sets(st.sampled_from(LEAVE), max_size=4),
        st.sets(st.sampled_from(STAY), max_size=6),
    )
)


def build(root: Path, mute: Mapping[str, str], leave: set[str], stay: set[str]) -> Path:
    for step in STEPS:
        for name in (*leave, *stay):
            path = root / f"step_{step}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"{}" if name.endswith(".json") else b"y" * 40)
        for name, content in mute.items():
            path = root / f"step_{step}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(CONTENTS[content])
    root.mkdir(exist_ok=True)
    return age(root)


def carry_out(root: Path, text: str) -> None:
    commit(make_plan(scan(str(root)), parse_policy(text, "test"), now=NOW))


@settings(max_examples=60, deadline=None)
@given(FOLDERS)
def test_slimming_takes_what_only_resuming_needs(
    folders: tuple[Mapping[str, str], set[str], set[str]],
):
    mute, leave, stay = folders
    with tempfile.TemporaryDirectory() as place:
        root, other = build(Path(place, "run"), mute, leave, stay), Path(place, "other")
        shutil.copytree(root, other, symlinks=True)
        before = snapshot(root)
        carry_out(root, "keep: [last: 1]\nslim: [every_steps: 1]")
        gone = {Path(name) for name in before.keys() - snapshot(root).keys()}
        for path in gone:
            inside = path.relative_to(path.parts[0]).as_posix()
            assert path.parts[0] != "step_300", "the newest stays whole"
            assert (
                any(
                    inside == name or name.startswith(f"{inside}/") or inside.startswith(f"{name}/")
                    for name in leave
                )
                or mute.get(inside) in FOR_RESUMING
            ), inside
        if gone:
            rest = [name for name in stay if name.endswith((".bin", ".pth", ".pt"))]
            weights = [name for name in rest if name != "training_args.bin"]
            assert weights or HOLD_WEIGHTS & set(mute.values()), "nothing would load"
            # Deleting what was slimmed is deleting it.
            carry_out(root, "keep: [last: 1]")
            carry_out(other, "keep: [last: 1]")
            assert snapshot(root).keys() == snapshot(other).keys()
        while undo(str(root)).restored:
            pass
        after = snapshot(root)
        after["."] = before["."]  # `.keepstep` has come into it
        assert after == before


def test_the_property_is_not_empty(tmp_path: Path):
    root = build(tmp_path / "run", {"state.pt": "parts", "a.pth": "weights"}, {"scaler.pt"}, set())
    before = snapshot(root)
    carry_out(root, "keep: [last: 1]\nslim: [every_steps: 1]")
    assert {Path(name).name for name in before.keys() - snapshot(root).keys()} == {
        "state.pt",
        "scaler.pt",
    }
