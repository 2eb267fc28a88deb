"""Which checkpoints can be slimmed, by layout: weights stay, what only resuming needs leaves.

Slimming moves files and rewrites none. So it needs optimizer and scheduler in files of their own:

* Hugging Face Trainer (whole, sharded, PEFT; with DeepSpeed where whole weights stand beside
  `global_step*/`; with FSDP), accelerate, folders named by steps, epochs or dates, kohya's state
  folders: files and folders of the optimizer, scheduler, scaler and random generators.
* DeepSpeed's own tags with ZeRO-1 and 2: `*_optim_states.pt`. Not with ZeRO-3.
* Megatron's own format with `distrib_optim.pt`; Caffe's `.solverstate`; Paddle's `.pdopt`; sets of
  weights with an optimizer of the same number; Stable-Baselines3's replay buffers.

What holds all in one file or store stays whole, with the reason that stands here.
"""

from __future__ import annotations

from collections.abc import Sequence

from .catalog.model import Checkpoint, Kind, ResumeState, State
from .decisions import Action
from .freed import Freed, freed

WEIGHTS_ONLY = "already weights only"
_STORE = "weights and optimizer lie in one store, whose files cannot be told apart"
_MODEL = "it is a model alone: nothing in it is for resuming"
_FILE = "all of it is one file, and slimming rewrites none; {remedy}"
_REMEDIES = {
    "lightning": "ModelCheckpoint(save_weights_only=True) saves later ones without the optimizer",
    "nemo": "save_weights_only=True saves later ones without the optimizer",
    "fairseq": "--no-save-optimizer-state saves later ones without the optimizer",
    "keras": "ModelCheckpoint(save_weights_only=True) saves later ones without the optimizer",
    "yolo": "strip_optimizer of the framework writes it without the optimizer",
}
_OTHERWISE = "an optimizer that is saved to a file of its own can be"
_STORES = frozenset({"orbax", "flax", "tensorflow", "torch-dcp", "torchtitan", "levanter"})
_MODELS = frozenset(
    {"xgboost", "lightgbm", "catboost", "spacy", "gensim", "saved-model", "diffusers-pipeline"}
)


def why_whole(one: Checkpoint) -> str:
    """Why a checkpoint cannot be slimmed, in words, or "" when it can."""
    if one.state is not State.COMPLETE:
        return "it is not complete"
    if one.weights_only:
        return WEIGHTS_ONLY
    if one.measure is None:
        return "its size is not known yet"
    if one.layout in _STORES:
        return _STORE
    if one.measure.resume is not None:
        return one.measure.resume.why_whole
    if one.layout in _MODELS or all(m.path.endswith(".safetensors") for m in one.members):
        return _MODEL
    if all(member.kind is Kind.FILE for member in one.members):
        return _FILE.format(remedy=_REMEDIES.get(one.layout, _OTHERWISE))
    return "nothing in it is known to be for resuming alone"


def resume_states(
    checkpoints: Sequence[Checkpoint], actions: Sequence[Action]
) -> list[ResumeState]:
    """What leaves those that are slimmed."""
    slim = Action.SLIM
    measures = (one.measure for one, each in zip(checkpoints, actions, strict=True) if each is slim)
    return [one.resume for one in measures if one is not None and one.resume is not None]


def dropped(one: Checkpoint) -> Freed:
    """The bytes that slimming this one would free; nothing where it cannot be slimmed."""
    resume = one.measure.resume if one.measure and not why_whole(one) else None
    return Freed() if resume is None else freed([resume])
