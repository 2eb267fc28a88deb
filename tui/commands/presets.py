"""`keepstep presets`: the policies that have a name, the user's own included."""

from __future__ import annotations

import click

from ...policies.refusal import PolicyRefusal, Refusal
from ...policies.rules.fields import unknown
from ...policies.rules.preset_files import (
    PresetFile,
    preset_files,
    preset_text,
    user_preset_directory,
)
from ...policies.rules.schema import load_policy_file
from .. import output
from ..completion import policies
from ..exit_codes import DONE
from ..tables import Column, table

_COLUMNS = (Column("PRESET"), Column("WHOSE"), Column("ABOUT", flexible=True))


@click.command(
    "presets",
    epilog="""\b
Examples:
  keepstep presets
  keepstep presets balanced > mine.yaml
  keepstep plan run7 --policy ./mine.yaml
""",
)
@click.argument("name", metavar="[NAME]", required=False, shell_complete=policies)
def presets_command(name: str | None) -> int:
    """List the policies with a name, or print one.

    A preset is a YAML file; NAME prints it with its comments, to start your own from. Those that
    come with keepstep are listed first, then your own.
    """
    files = preset_files()
    if name is None:
        grouped = sorted(files.values(), key=lambda one: one.own)
        rows = [[one.name, "yours" if one.own else "keepstep", _about(one)] for one in grouped]
        output.data(table(_COLUMNS, rows, output.width()))
        output.note(output.shown(f"your own go to {user_preset_directory()}/NAME.yaml"))
        return DONE
    if name not in files:
        unknown(name, "presets", "preset", files)
    output.data(_text(files[name]).rstrip("\n"))
    return DONE


def _about(preset: PresetFile) -> str:
    try:
        policy = load_policy_file(preset.path)
    except PolicyRefusal as refusal:
        return f"cannot be used: {refusal}"
    return policy.about or policy.sentence()


def _text(preset: PresetFile) -> str:
    try:
        return preset_text(preset.name)
    except OSError as error:
        raise Refusal(f"{preset.path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Refusal(f"{preset.path}: not UTF-8 text") from None
