"""Hugging Face Trainer: `checkpoint-N/` directories, and the final model beside them.

Step from the name, epoch, metrics and the best pointer from trainer_state.json. A directory
without that file is incomplete only if its siblings have it: scripts built on accelerate and
diffusers use the same name without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...patterns import pattern
from ..content import NO_WEIGHTS, holds_weights, trouble_inside
from ..evidence import json_trouble
from ..model import NO_LOG, NO_METRICS, Kind, State
from ..resume_state import SET_ASIDE
from ..sighting import FinalModel, Sighting, Sightings, Tag
from ..trainer_state import FILE, StepRecord, TrainerState, read_trainer_state
from ..tree import Folder
from ..weights_only import mute_by_family, weights_only

_NAME = pattern(r"checkpoint-([0-9]+)")
_FINAL_WEIGHTS = pattern(
    r"(model|pytorch_model|adapter_model)(-[0-9]{5}-of-[0-9]{5})?\.(safetensors|bin)(\.index\.json)?"
)


class HuggingFaceLayout:
    """Recognises what transformers.Trainer, and scripts that imitate its names, write."""

    name = "huggingface"

    def recognise(self, folder: Folder) -> Sightings:
        steps = {
            name: int(match[1])
            for name in folder.names(Kind.DIRECTORY)
            if (match := _NAME.fullmatch(name))
        }
        if not steps:
            return Sightings()
        inside = {name: child for name in steps if (child := folder.child(name)) is not None}
        marked = any(_marker(child) for child in inside.values())
        weighty = any(holds_weights(child) for child in inside.values())
        found = folder.tree.each(lambda name: _trouble(inside.get(name), marked, weighty), steps)
        troubles = dict(zip(steps, found, strict=True))
        ordered = sorted(steps, key=lambda name: steps[name])
        newest = _newest_state(folder, [name for name in ordered if not troubles[name]])
        checkpoints = folder.tree.each(
            lambda name: _sighting(name, steps[name], inside.get(name), troubles[name], newest),
            ordered,
        )
        slimmed = weights_only(folder, checkpoints, mute_by_family(folder, checkpoints))
        slimmed |= {name for name, child in inside.items() if _marker(child) == FILE + SET_ASIDE}
        return Sightings(
            tuple(
                replace(one, weights_only=True) if one.name in slimmed else one
                for one in checkpoints
            ),
            _final_model(folder),
            _best_tag(newest),
            metric_log=newest[1].metric_log() if newest else NO_LOG,
            selects_by=newest[1].selects_by() if newest else None,
        )


def _sighting(
    name: str,
    step: int,
    inside: Folder | None,
    trouble: str,
    newest: tuple[str, TrainerState] | None,
) -> Sighting:
    record = newest[1].history.get(step) if newest else None
    if record is None and inside is not None:
        known = inside.fact("own record", lambda: _own_record(inside, step))
        record = StepRecord(*known) if known else None
    return Sighting(
        name=name,
        family="checkpoint-*",
        members=(name,),
        step=step,
        epoch=record.epoch if record else None,
        metrics=record.metrics if record else NO_METRICS,
        state=State.INCOMPLETE if trouble else State.COMPLETE,
        evidence=trouble,
    )


def _own_record(inside: Folder, step: int) -> tuple[float | None, Mapping[str, float]] | None:
    state = read_trainer_state(inside)
    if state is None:
        return None
    found = state.history.get(step)
    return (found.epoch, dict(found.metrics)) if found else (state.epoch, {})


def _trouble(inside: Folder | None, marked: bool, weighty: bool) -> str:
    """Why the checkpoint cannot be resumed or loaded, in words, or ""."""
    if inside is None:
        return "the directory cannot be listed"
    marker = _marker(inside)
    if marked and not marker:
        return f"no {FILE}, which is written last"
    if marker and (trouble := json_trouble(inside, marker)):
        return trouble
    trouble = trouble_inside(inside)
    # Where no sibling has weights under a known name either, the trainer's own marker decides.
    return "" if trouble == NO_WEIGHTS and not weighty and marker else trouble


def _marker(inside: Folder) -> str:
    """The file that the Trainer writes last, or the same set aside by slimming; "" for neither."""
    return next((name for name in (FILE, FILE + SET_ASIDE) if name in inside.kinds), "")


def _newest_state(folder: Folder, complete: list[str]) -> tuple[str, TrainerState] | None:
    """The state of the newest complete checkpoint: one read for the metrics of all."""
    for name in reversed(complete):
        child = folder.child(name)
        state = read_trainer_state(child) if child else None
        if state is not None:
            return name, state
        if child is not None and not _marker(child):
            return None
    return None


def _best_tag(newest: tuple[str, TrainerState] | None) -> tuple[Tag, ...]:
    """The best pointer, as written; it may be a path of the training machine."""
    if newest is None or newest[1].best is None:
        return ()
    return (Tag(f"{newest[0]}/{FILE}", newest[1].best, "best"),)


def _final_model(folder: Folder) -> tuple[FinalModel, ...]:
    names = tuple(name for name in folder.names(Kind.FILE) if _FINAL_WEIGHTS.fullmatch(name))
    return (FinalModel(names, "the model that training ended with"),) if names else ()
