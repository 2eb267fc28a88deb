"""The one table of layouts, tried in this order; a name is claimed by the first that knows it."""

from __future__ import annotations

from ..sighting import Layout
from .epoch_files import EpochFilesLayout
from .huggingface import HuggingFaceLayout
from .lightning import LightningLayout
from .numbered_directories import NumberedDirectoriesLayout
from .tensorflow import TensorFlowLayout

LAYOUTS: tuple[Layout, ...] = (
    HuggingFaceLayout(),
    LightningLayout(),
    TensorFlowLayout(),
    EpochFilesLayout(),
    NumberedDirectoriesLayout(),
)
