"""The one table of layouts, tried in this order; a name is claimed by the first that knows it.

What is told by its content stands before what is told by its name, and general shapes stand last.
"""

from __future__ import annotations

from ..sighting import Layout
from .accelerate import AccelerateLayout
from .boosting import CatBoostLayout, LightGBMLayout, XGBoostLayout
from .caffe import CaffeLayout
from .dated_folders import DatedFoldersLayout
from .deepspeed import DeepSpeedLayout
from .epoch_files import EpochFilesLayout
from .fairseq import FairseqLayout
from .final_models import PipelineLayout
from .flax import FlaxLayout
from .general_shapes import GeneralShapesLayout
from .huggingface import HuggingFaceLayout
from .keras import KerasLayout
from .kohya import KohyaLayout
from .levanter import LevanterLayout
from .lightning import LightningLayout
from .megatron import MegatronLayout
from .named_copies import NamedCopiesLayout, YoloLayout
from .nemo import NemoLayout
from .numbered_directories import NumberedDirectoriesLayout
from .openmmlab import DetectronLayout, MMEngineLayout
from .orbax import OrbaxLayout
from .paddle import PaddleLayout
from .rank_folders import RankFoldersLayout
from .reinforcement import RayLayout, StableBaselinesLayout
from .saved_model import SavedModelLayout
from .speechbrain import SpeechBrainLayout
from .tensorflow import TensorFlowLayout
from .text_models import GensimLayout, SpacyLayout
from .timm import TimmLayout
from .torch_distributed import TorchShardsLayout, TorchtitanLayout
from .torchtune import TorchtuneLayout
from .trackers import TrackersLayout
from .voices import VoiceLayout

_EACH: tuple[Layout, ...] = (
    TrackersLayout(),
    # directories, by name and content
    HuggingFaceLayout(),
    MegatronLayout(),
    DeepSpeedLayout(),
    AccelerateLayout(),
    RayLayout(),
    LevanterLayout(),
    TorchtitanLayout(),
    OrbaxLayout(),
    SavedModelLayout(),
    SpacyLayout(),
    SpeechBrainLayout(),
    # names that spell out what they hold
    NemoLayout(),
    LightningLayout(),
    TensorFlowLayout(),
    KerasLayout(),
    FairseqLayout(),
    TorchtuneLayout(),
    StableBaselinesLayout(),
    XGBoostLayout(),
    LightGBMLayout(),
    CatBoostLayout(),
    MMEngineLayout(),
    DetectronLayout(),
    YoloLayout(),
    TimmLayout(),
    CaffeLayout(),
    VoiceLayout(),
    KohyaLayout(),
    PaddleLayout(),
    GensimLayout(),
    FlaxLayout(),
    EpochFilesLayout(),
    PipelineLayout(),
    # whatever the name, by content
    NumberedDirectoriesLayout(),
    TorchShardsLayout(),
    DatedFoldersLayout(),
    NamedCopiesLayout(),
    GeneralShapesLayout(),
)

LAYOUTS: tuple[Layout, ...] = (*_EACH[:-1], RankFoldersLayout(_EACH), _EACH[-1])
