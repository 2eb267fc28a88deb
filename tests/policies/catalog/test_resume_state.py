"""What of each layout only resuming needs, and which layouts cannot be taken apart."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from keepstep.policies.catalog.model import Checkpoint, Role, State
from keepstep.policies.catalog.roles import role_of
from keepstep.policies.catalog.scan import scan
from keepstep.policies.slimming import dropped, why_whole

from ..slimmable import ACCELERATE, SHARDED, STATE, WEIGHTS, ZERO_2, fill, folders, trainer_run
from ..trees import safetensors, torch_zip


def oldest(root: Path) -> Checkpoint:
    catalog = scan(str(root))
    return catalog.checkpoints[0]


def leaving(one: Checkpoint) -> list[str]:
    """Names that would leave, below the checkpoint, in that order."""
    assert one.measure
    assert one.measure.resume
    return [member.path.removeprefix(one.id + "/") for member in one.measure.resume.members]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("model.safetensors", Role.WEIGHTS),
        ("pytorch_model-00001-of-00002.bin", Role.WEIGHTS),
        ("mp_rank_00_model_states.pt", Role.WEIGHTS),
        ("model_optim_rng.pt", Role.WEIGHTS),  # all in one: never taken for the optimizer
        ("opt-125m.pt", Role.WEIGHTS),  # a model of that name
        ("optimal_model.pt", Role.WEIGHTS),
        ("rng_resnet.pt", Role.WEIGHTS),
        ("noise_scheduler_unet.safetensors", Role.WEIGHTS),
        ("adapter_model.safetensors", Role.ADAPTER),
        ("pytorch_lora_weights.safetensors", Role.ADAPTER),
        ("optimizer.pt", Role.OPTIMIZER),
        ("optimizer.bin", Role.OPTIMIZER),
        ("optimizer_1.bin", Role.OPTIMIZER),
        ("rank0-of-8-optimizer.pt", Role.OPTIMIZER),
        ("zero_pp_rank_3_mp_rank_00_optim_states.pt", Role.OPTIMIZER),
        ("distrib_optim.pt", Role.OPTIMIZER),
        ("optim.pt", Role.OPTIMIZER),
        ("model_optim.pt", Role.OPTIMIZER),
        ("optimizer_100.pt", Role.OPTIMIZER),
        ("net_iter_5.solverstate", Role.OPTIMIZER),
        ("5.pdopt", Role.OPTIMIZER),
        ("scheduler.pt", Role.SCHEDULER),
        ("scheduler_1.bin", Role.SCHEDULER),
        ("rng_state_7.pth", Role.RNG),
        ("random_states_0.pkl", Role.RNG),
        ("scaler.pt", Role.SCALER),
        ("rl_model_replay_buffer_500_steps.pkl", Role.REPLAY),
        ("rl_model_500_steps.zip", Role.WEIGHTS),
        ("rl_model_vecnormalize_500_steps.pkl", Role.OTHER),  # the model is no use without
        ("config.json", Role.CONFIG),
        ("training_args.bin", Role.CONFIG),
        ("tokenizer.json", Role.TOKENIZER),
        ("trainer_state.json", Role.METADATA),
        ("trainer_state.json.slimmed", Role.METADATA),
        ("custom_checkpoint_0.pkl", Role.OTHER),
        ("notes.txt", Role.OTHER),
    ],
)
def test_roles_by_name(name: str, role: Role):
    assert role_of(name) is role


def test_in_a_folder_of_the_optimizer_the_folder_decides():
    assert role_of("__0_0.distcp", "optimizer_0") is Role.OPTIMIZER
    assert role_of("__0_0.distcp", "pytorch_model_fsdp_0") is Role.WEIGHTS


# what writes it, and what leaves of the oldest, in order
SEPARATE: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "stable-baselines3": (
        lambda root: [
            fill(
                root,
                {
                    f"rl_model_{step}_steps.zip": WEIGHTS,
                    f"rl_model_replay_buffer_{step}_steps.pkl": STATE,
                    f"rl_model_vecnormalize_{step}_steps.pkl": 99,
                },
            )
            for step in (100, 200)
        ],
        ["rl_model_replay_buffer_100_steps.pkl"],
    ),
    "trainer": (
        lambda root: trainer_run(root, [100, 200]),
        ["optimizer.pt", "scheduler.pt", "rng_state.pth"],
    ),
    "sharded": (
        lambda root: trainer_run(root, [100, 200], SHARDED),
        ["optimizer.bin", "scheduler.pt", "scaler.pt", "rng_state_0.pth", "rng_state_1.pth"],
    ),
    "adapter": (
        lambda root: trainer_run(root, [100, 200], adapter=True),
        ["optimizer.pt", "scheduler.pt", "rng_state.pth"],
    ),
    "trainer with deepspeed": (
        lambda root: trainer_run(root, [100, 200], ZERO_2),
        [
            *("global_step100", "scheduler.pt", "rng_state_0.pth", "rng_state_1.pth", "latest"),
            "zero_to_fp32.py",
        ],
    ),
    "trainer with fsdp": (
        lambda root: trainer_run(
            root, [100, 200], {"optimizer_0/__0_0.distcp": STATE, "optimizer_0/.metadata": 9}
        ),
        ["optimizer_0"],
    ),
    "accelerate": (
        lambda root: folders(root / "checkpoints", "checkpoint_{}", range(3), ACCELERATE),
        ["optimizer.bin", "scheduler.bin", "scaler.pt", "random_states_0.pkl", "sampler.bin"],
    ),
    "accelerate by step": (
        lambda root: folders(root, "step_{}", [100, 200], ACCELERATE),
        ["optimizer.bin", "scheduler.bin", "scaler.pt", "random_states_0.pkl", "sampler.bin"],
    ),
    "deepspeed": (
        lambda root: folders(
            root,
            "global_step{}",
            [100, 200],
            {"mp_rank_00_model_states.pt": 900, "zero_pp_rank_0_mp_rank_00_optim_states.pt": 999},
        ),
        ["zero_pp_rank_0_mp_rank_00_optim_states.pt"],
    ),
    "olmo": (
        lambda root: folders(
            root, "step{}-unsharded", [100, 200], {"model.pt": 900, "optim.pt": 1800}
        ),
        ["optim.pt"],
    ),
    "megatron": (
        lambda root: folders(
            root,
            "iter_{:07}",
            [100, 200],
            {"mp_rank_00/model_optim_rng.pt": 900, "mp_rank_00/distrib_optim.pt": 1800},
        ),
        ["mp_rank_00/distrib_optim.pt"],
    ),
    "caffe": (
        lambda root: fill_pairs(root, "net_iter_{}.caffemodel", "net_iter_{}.solverstate"),
        ["net_iter_100.solverstate"],
    ),
    "set": (
        lambda root: fill_pairs(root, "model_{}.pt", "optimizer_{}.pt"),
        ["optimizer_100.pt"],
    ),
}


def fill_pairs(root: Path, weights: str, optimizer: str) -> None:
    for number in (100, 200):
        for name in (weights, optimizer):
            path = root / name.format(number)
            path.parent.mkdir(exist_ok=True)
            torch_zip(path) if path.suffix == ".pt" else path.write_bytes(b"x" * 99)


@pytest.mark.parametrize("layout", SEPARATE)
def test_what_leaves(layout: str, tmp_path: Path):
    write, wanted = SEPARATE[layout]
    write(tmp_path)
    one = oldest(tmp_path)
    assert one.state is State.COMPLETE, one.evidence
    assert leaving(one) == wanted
    assert why_whole(one) == ""
    files = [Path(tmp_path, one.measure.resume.members[0].path)]  # type: ignore[union-attr]
    assert dropped(one).apparent >= sum(f.stat().st_size for f in files if f.is_file())


@pytest.mark.parametrize("layout", ["trainer", "sharded", "adapter", "trainer with deepspeed"])
def test_the_trainers_state_is_set_aside(layout: str, tmp_path: Path):
    SEPARATE[layout][0](tmp_path)
    one = oldest(tmp_path)
    assert one.measure
    assert one.measure.resume
    assert one.measure.resume.aside == (f"{one.id}/trainer_state.json",)


WHOLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "zero-3 inside a trainer's": (
        lambda root: _without_weights(trainer_run(root, [100, 200], ZERO_2)),
        "only in ZeRO's partitions",
    ),
    "zero-3": (
        lambda root: folders(
            root,
            "global_step{}",
            [100, 200],
            {
                "zero_pp_rank_0_mp_rank_00_model_states.pt": 900,
                "zero_pp_rank_0_mp_rank_00_optim_states.pt": 999,
            },
        ),
        "ZeRO-3",
    ),
    "placeholder weights": (
        lambda root: trainer_run(root, [100, 200], {"optimizer.pt": 300 * WEIGHTS}),
        "placeholders",
    ),
    "dcp": (
        lambda root: folders(root, "step-{}", [100, 200], {"__0_0.distcp": 900, ".metadata": 9}),
        "one store",
    ),
    "lightning": (
        lambda root: [torch_zip(root / f"epoch={e}-step={100 * e}.ckpt") for e in (1, 2)],
        "save_weights_only",
    ),
    "plain": (
        lambda root: [torch_zip(root / f"model_{n}.pth") for n in (100, 200)],
        "one file",
    ),
    "safetensors": (
        lambda root: [safetensors(root / f"lora_{n}.safetensors") for n in (100, 200)],
        "model alone",
    ),
}


def _without_weights(root: Path) -> None:
    for path in root.glob("checkpoint-*/model.safetensors"):
        path.unlink()


@pytest.mark.parametrize("layout", WHOLE)
def test_what_stays_whole_and_why(layout: str, tmp_path: Path):
    write, words = WHOLE[layout]
    write(tmp_path)
    one = oldest(tmp_path)
    assert words in why_whole(one)
    assert dropped(one).possible == 0


def test_hard_links_count_once_and_only_when_the_last_goes(tmp_path: Path):
    trainer_run(tmp_path, [100, 200])
    os.link(tmp_path / "checkpoint-100/optimizer.pt", tmp_path / "kept-elsewhere.pt")
    freed = dropped(oldest(tmp_path))
    assert freed.possible - freed.certain >= STATE


def states(root: Path) -> dict[int | None, tuple[str, bool]]:
    return {one.step: (one.state.value, one.weights_only) for one in scan(str(root)).checkpoints}


def test_slimmed_by_hand_is_complete_and_not_resumable(tmp_path: Path):
    trainer_run(tmp_path, [100, 200, 300])
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth"):
        (tmp_path / "checkpoint-100" / name).unlink()
    assert states(tmp_path) == {
        100: ("complete", True), 200: ("complete", False), 300: ("complete", False),
    }  # fmt: skip


def test_a_state_set_aside_still_tells_epoch_and_metrics(tmp_path: Path):
    trainer_run(tmp_path, [100, 200])
    folder = tmp_path / "checkpoint-200"  # even of the newest
    (folder / "trainer_state.json").rename(folder / "trainer_state.json.slimmed")
    newest = scan(str(tmp_path)).checkpoints[-1]
    assert (newest.state, newest.weights_only) == (State.COMPLETE, True)
    assert (newest.epoch, newest.metrics["eval_loss"]) == (2, 1.0002)


def test_a_save_in_progress_is_no_slimmed_checkpoint(tmp_path: Path):
    """accelerate writes the weights first: the newest without its optimizer is half-written."""
    place = folders(tmp_path / "checkpoints", "checkpoint_{}", range(4), ACCELERATE)
    for number in (0, 3):
        for name in ("optimizer.bin", "scheduler.bin", "random_states_0.pkl"):
            (place / f"checkpoint_{number}" / name).unlink()
    found = [(one.state.value, one.weights_only) for one in scan(str(tmp_path)).checkpoints]
    assert found == [
        ("complete", True), ("complete", False), ("complete", False), ("incomplete", False),
    ]  # fmt: skip


def test_after_slimming_most_a_half_written_newest_is_still_seen(tmp_path: Path):
    place = folders(tmp_path / "checkpoints", "checkpoint_{}", range(5), ACCELERATE)
    for number in (0, 1, 2, 4):
        (place / f"checkpoint_{number}" / "optimizer.bin").unlink()
    found = [one.state.value for one in scan(str(tmp_path)).checkpoints]
    assert found == ["complete"] * 4 + ["incomplete"]


def test_slimmed_by_hand_without_its_own_weights_is_incomplete(tmp_path: Path):
    fill_pairs(tmp_path, "model_{}.pt", "optimizer_{}.pt")
    torch_zip(tmp_path / "model_300.pt")
    torch_zip(tmp_path / "optimizer_300.pt")
    (tmp_path / "optimizer_100.pt").unlink()
    assert states(tmp_path)[100] == ("complete", True)
    assert states(tmp_path)[200] == ("complete", False)


def test_a_run_that_saves_weights_alone_is_not_labelled(tmp_path: Path):
    trainer_run(tmp_path, [100, 200], {"config.json": 3})
    assert states(tmp_path) == {100: ("complete", False), 200: ("complete", False)}
    assert why_whole(oldest(tmp_path)) == "nothing in it is known to be for resuming alone"


def test_a_companion_folder_of_another_name_stays(tmp_path: Path):
    trainer_run(tmp_path, [100, 200])
    fill(tmp_path / "checkpoint-100" / "unet", {"optimizer_notes.txt": 10, "optimizer.pt": 10})
    assert "unet/optimizer.pt" in leaving(oldest(tmp_path))
    assert not any("notes" in name for name in leaving(oldest(tmp_path)))
