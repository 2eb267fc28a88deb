"""Gradient boosting: XGBoost's `NAME_I.ubj`, LightGBM's snapshots, CatBoost's snapshot and models.

Their extensions say little (`.json`, `.txt`), so a file counts by its first bytes.
"""

from __future__ import annotations

import re

from ...patterns import pattern
from ..content import with_trouble
from ..model import Kind, Standing
from ..sets import matching, numbered
from ..sighting import FinalModel, Sighting, Sightings
from ..tree import Folder

_XGBOOST = pattern(r".+_(?P<step>[0-9]{1,18})\.(ubj|json|deprecated)")
_XGBOOST_START = pattern(rb'\{(L.{7}.|.?\s*")learner|\{.{0,12}learner', re.DOTALL)
_LIGHTGBM = pattern(r"(?P<model>.+)\.snapshot_iter_(?P<step>[0-9]{1,18})")
_MODEL_NAME = pattern(r"model|lgb|lightgbm|gbm|booster", re.IGNORECASE)
_LIGHTGBM_END = b"end of trees"
_TAIL = 1 << 20


class XGBoostLayout:
    """Recognises TrainingCheckPoint's files and a saved booster."""

    name = "xgboost"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(".ubj", ".json"):
            return Sightings()
        found = [
            with_trouble(numbered(match), _unclosed(folder, match[0]))
            for match in matching(folder, _XGBOOST)
            if _is_booster(folder, match[0])
        ]
        taken = {one.name for one in found}
        finals = tuple(
            FinalModel((name,), "a saved booster")
            for name in folder.names(Kind.FILE)
            if name.endswith((".ubj", ".json")) and name not in taken and _is_booster(folder, name)
        )
        return Sightings(tuple(found), finals)


def _is_booster(folder: Folder, name: str) -> bool:
    return _XGBOOST_START.match(folder.read(name, 64) or b"") is not None


def _unclosed(folder: Folder, name: str) -> str:
    status = folder.stat(name)
    tail = folder.read(name, 16, max(0, status.size - 16)) if status else None
    return "" if tail and tail.rstrip().endswith(b"}") else f"{name} is cut short"


class LightGBMLayout:
    """Recognises snapshots of a text model and the model itself."""

    name = "lightgbm"

    def recognise(self, folder: Folder) -> Sightings:
        matches = matching(folder, _LIGHTGBM)
        found = [with_trouble(numbered(match), _without_end(folder, match[0])) for match in matches]
        taken = {one.name for one in found}
        models = [
            name
            for name in folder.names(Kind.FILE)
            if name not in taken and _MODEL_NAME.search(name) and _is_text_model(folder, name)
        ]
        finals = tuple(FinalModel((name,), "the model that training ended with") for name in models)
        return Sightings(tuple(found), finals)


def _is_text_model(folder: Folder, name: str) -> bool:
    return "." in name and (folder.read(name, 13) or b"").startswith(b"tree\nversion=")


def _without_end(folder: Folder, name: str) -> str:
    status = folder.stat(name)
    if status is None or not (folder.read(name, 5) or b"").startswith(b"tree"):
        return f"{name} does not start as a model does"
    tail = folder.read(name, _TAIL, max(0, status.size - _TAIL)) or b""
    return "" if _LIGHTGBM_END in tail or b"end of parameters" in tail else f"{name} is cut short"


class CatBoostLayout:
    """Recognises the snapshot that training resumes from, and saved models."""

    name = "catboost"

    def recognise(self, folder: Folder) -> Sightings:
        if not folder.has_suffix(".cbm", ".cbsnapshot"):
            return Sightings()
        snapshots = [
            Sighting(name, name, (name,), standing=Standing.RESUME)
            for name in folder.names(Kind.FILE)
            if name.endswith(".cbsnapshot")
        ]
        finals = tuple(
            FinalModel((name,), "a saved model")
            for name in folder.names(Kind.FILE)
            if name.endswith(".cbm") and not re.search(r"[0-9]", name)
        )
        return Sightings(tuple(snapshots), finals)
