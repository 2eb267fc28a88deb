"""Presets by name: those shipped here, and a user's own in the configuration directory.

A shipped name means the same for everybody, cron included, so nobody's own can take its place.
Each is one YAML file; its text is what teaches. What the shipped ones say stands parsed beside
them, too, since to import YAML takes as long as to start Python.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace

from ..late_dataclass import dataclass
from ..patterns import pattern
from ..refusal import PolicyRefusal, Refusal
from .combinations import refuse_useless_in
from .fields import unknown
from .policy import Policy
from .schema import load_policy_file, policy_of

_SHIPPED = os.path.join(os.path.dirname(__file__), "presets")
_PARSED = os.path.join(_SHIPPED, "parsed.json")  # all of them, by name; a test holds it to them
_SUFFIX = ".yaml"
_NAME = pattern(r"[^\W_][\w.+-]*")  # of one file, on every system


@dataclass(frozen=True, slots=True)
class PresetFile:
    """Where a preset is written."""

    name: str
    path: str
    own: bool  # the user's, not shipped


def user_preset_directory() -> str:
    """Where a user's presets live; it need not exist."""
    import platformdirs  # only when a policy is looked up

    return os.path.join(platformdirs.user_config_dir("keepstep"), "presets")


def preset_files(own_directory: str | None = None) -> Mapping[str, PresetFile]:
    """Every preset by name, in name order."""
    found: dict[str, PresetFile] = {}
    own_directory = user_preset_directory() if own_directory is None else own_directory
    for directory, own in ((own_directory, True), (_SHIPPED, False)):
        try:
            names = os.listdir(directory)
        except OSError:
            continue
        for name in names:
            if name.endswith(_SUFFIX):
                stem = name.removesuffix(_SUFFIX)
                found[stem] = PresetFile(stem, os.path.join(directory, name), own)
    return dict(sorted(found.items()))


def preset_text(name: str) -> str:
    """The YAML of a preset as it is written, comments and all."""
    with open(_preset(name).path, encoding="utf-8") as file:
        return file.read()


def load_policy(name_or_path: str) -> Policy:
    """A policy by preset name, or from a file when it has a slash or ends in .yaml or .yml."""
    if os.sep in name_or_path or name_or_path.endswith((".yaml", ".yml")):
        return load_policy_file(name_or_path)
    # Looking among a user's own costs a start some milliseconds; a shipped name needs it not.
    if shipped := _shipped(name_or_path):
        return _load_shipped(name_or_path, shipped)
    return load_policy_file(_preset(name_or_path).path)


def _load_shipped(name: str, path: str) -> Policy:
    with open(_PARSED, encoding="utf-8") as file:
        return policy_of(json.load(file)[name], path)


def _shipped(name: str) -> str | None:
    """The file of a shipped preset."""
    path = os.path.join(_SHIPPED, name + _SUFFIX)
    return path if _NAME.fullmatch(name) and os.path.isfile(path) else None


def save_preset(
    policy: Policy, name: str, *, overwrite: bool = False, own_directory: str | None = None
) -> str:
    """Write a policy as a preset of the user's own; its path. Refuses to replace one unasked."""
    if not _NAME.fullmatch(name):
        raise PolicyRefusal(
            f"{name!r} is no name for a preset; it takes letters, digits, '-', '_', '.' and '+'"
        )
    if _shipped(name):
        raise PolicyRefusal(f"{name!r} is a preset that comes with keepstep; choose another name")
    refuse_useless_in(policy, f"{name}: ")  # it could be written, and never be read again
    directory = user_preset_directory() if own_directory is None else own_directory
    path = os.path.join(directory, name + _SUFFIX)
    text = policy_text(replace(policy, name=name))
    try:
        os.makedirs(directory, exist_ok=True)
        _write_whole(path, text, overwrite=overwrite)
    except FileExistsError:
        raise PolicyRefusal(f"{path} exists already; it was left as it is") from None
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror or error}") from None
    return path


def policy_text(policy: Policy) -> str:
    """The YAML of a policy, for a file that can be read back."""
    import yaml  # only when something is saved

    document = policy.document()
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=False)


def _write_whole(path: str, text: str, *, overwrite: bool) -> None:
    """A new preset is created, an old one replaced in one step."""
    fresh = f"{path}.{os.getpid()}.new" if overwrite else path
    with open(fresh, "x", encoding="utf-8") as file:
        file.write(text)
    if overwrite:
        os.replace(fresh, path)


def _preset(name: str) -> PresetFile:
    files = preset_files()
    if name not in files:
        unknown(name, "--policy", "preset", files)
    return files[name]
