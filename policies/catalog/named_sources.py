"""Configuration as text, JSON or YAML: which checkpoint a run says that it stands on.

Found by key and never parsed: files are small but of many dialects, and a wrong one costs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ..patterns import pattern
from .model import Need

_NEEDS = {
    "base_model_name_or_path": Need.BASE,  # PEFT: adapter_config.json
    "pretrained_model_name_or_path": Need.BASE,
    "model_name_or_path": Need.BASE,  # the arguments of Hugging Face's scripts
    "_name_or_path": Need.BASE,  # transformers: config.json
    "base_model": Need.BASE,  # axolotl
    "load_from": Need.BASE,  # mmengine
    "resumed_from": Need.RESUME,
    "resume_from": Need.RESUME,
    "resume_from_checkpoint": Need.RESUME,  # Trainer, diffusers, LLaMA-Factory
    "ckpt_path": Need.RESUME,  # Lightning's command line
}
# W&B writes each value one level deeper, under `value:`.
_PAIR = pattern(
    rf"""(?:^|[{{,])[ \t]*["']?(?P<key>{"|".join(_NEEDS)})["']?[ \t]*:
        (?:\s*\n[ \t]+desc:[^\n]*)?(?:\s*\n[ \t]+value:)?[ \t]*
        (?:(?P<double>"(?:[^"\\\n]|\\.)*")|'(?P<single>[^'\n]*)'|(?P<plain>[^\s"'{{}}\[\],#][^\n,#}}]*))
    """,
    re.MULTILINE | re.VERBOSE,
)


def named_sources(text: str) -> Iterator[tuple[Need, str]]:
    """Every checkpoint that the text names, as written; a model's name on a hub is one, too."""
    for match in _PAIR.finditer(text):
        written = _unquoted(match)
        if written:
            yield _NEEDS[match["key"]], written


def _unquoted(match: re.Match[str]) -> str:
    if match["double"] is None:
        return (match["single"] or match["plain"] or "").strip()
    try:
        value = json.loads(match["double"])
    except ValueError:
        return ""
    return value if isinstance(value, str) else ""
