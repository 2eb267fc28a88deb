"""DeepSpeed: `global_stepN/` with one file per rank, and the text file `latest` that names one.

The tag is free text, so directories are told by their files. `latest` is written after all ranks
have saved: a tag newer than it may be half-written. Rank files are missed by their siblings' ones.
"""

from __future__ import annotations

from ...patterns import pattern
from ..content import judged_directories
from ..model import Kind, Standing
from ..numbered_names import families
from ..sets import as_sighting
from ..sighting import Sighting, Sightings, Tag
from ..tags import read_tag, suspect_after
from ..tree import Folder

_RANK_FILE = pattern(
    r"(zero_pp_rank_[0-9]+_|bf16_zero_pp_rank_[0-9]+_)?mp_rank_[0-9]+(_[0-9]+)?_(model|optim)_states\.pt"
    r"|(layer_[0-9]+_)?expert_[0-9]+_mp_rank_[0-9]+_model_states\.pt|expp_rank_[0-9]+_mp_rank_[0-9]+_optim_states\.pt"
    r"|layer_[0-9]+-model_[0-9]+-model_states\.pt"
)
_DEFAULT_TAG = pattern(r"global_step[0-9]+(_universal)?")
_TAG_FILES = ("latest", "latest_universal")


class DeepSpeedLayout:
    """Recognises what `save_checkpoint` of a DeepSpeed engine writes."""

    name = "deepspeed"

    def recognise(self, folder: Folder) -> Sightings:
        names = [name for name in folder.names(Kind.DIRECTORY) if _is_deepspeed(folder, name)]
        if not names:
            return Sightings()
        found = judged_directories(folder, _sightings(names))
        tags = []
        for file in _TAG_FILES:
            if (target := read_tag(folder, file)) is not None:
                tags.append(Tag(file, target, "resume"))
                found = _suspect(found, target, file)
        return Sightings(tuple(found), tags=tuple(tags), claimed=tuple(tag.path for tag in tags))


def _is_deepspeed(folder: Folder, name: str) -> bool:
    inside = folder.child(name)
    if inside is None:
        return False
    if _DEFAULT_TAG.fullmatch(name):
        return True
    return any(_RANK_FILE.fullmatch(file) for file in inside.kinds)


def _sightings(names: list[str]) -> list[Sighting]:
    """Numbered tags by their number; others are the copies that people name best or final."""
    read = {one.name: one for family in families(names).values() for one in family}
    found = []
    for name in names:
        if name in read:
            found.append(as_sighting(read[name]))
        else:
            standing = Standing.BEST if name == "best" else Standing.NUMBERED
            found.append(Sighting(name, "" if name == "best" else name, (name,), standing=standing))
    return found


def _suspect(found: list[Sighting], target: str, file: str) -> list[Sighting]:
    """Only tags of the family that the file speaks of can be newer than its tag."""
    tagged = next((one for one in found if one.name == target), None)
    if tagged is None:
        return found
    family = [one for one in found if one.family == tagged.family]
    others = [one for one in found if one.family != tagged.family]
    return others + suspect_after(family, _number(tagged), file, _number)


def _number(one: Sighting) -> float:
    return one.step if one.step is not None else one.epoch or 0
