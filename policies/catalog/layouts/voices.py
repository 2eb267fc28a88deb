"""Voice models: `G_N.pth` and `D_N.pth` of one step are one checkpoint (so-vits-svc, RVC, VITS).

Step 0 is the pretrained base, which the trainers never clean. RVC keeps only the newest under the
fixed number 2333333, which is no step, and exports small models named `EXP_eE_sN.pth`.
"""

from __future__ import annotations

from dataclasses import replace

from ...patterns import pattern
from ..model import Standing
from ..sets import file_sets, single_files
from ..sighting import Sighting, Sightings
from ..tree import Folder

_PAIR = pattern(r"(?P<part>G|D|DUR|WD)_(?P<step>[0-9]{1,18})\.pth")
_EXPORT = pattern(r".+_e(?P<epoch>[0-9]{1,9})_s(?P<step>[0-9]{1,18})\.pth")
_NEWEST_ONLY = 2333333


class VoiceLayout:
    """Recognises the log folder of the GAN trainers of the VITS family."""

    name = "voices"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(".pth"):
            return Sightings()
        required = ("G", "D") if any(name.startswith("D_") for name in folder.kinds) else ("G",)
        pairs = file_sets(folder, _PAIR, required=required, prefix="G", order=_generator_first)
        found = [_settled(one) for one in pairs] + single_files(folder, _EXPORT)
        return Sightings(tuple(found))


def _generator_first(name: str) -> bool:
    return not name.startswith("G_")


def _settled(one: Sighting) -> Sighting:
    if one.step == 0:
        return replace(one, standing=Standing.BASE)
    if one.step == _NEWEST_ONLY:
        return replace(one, step=None, standing=Standing.RESUME)
    return one
