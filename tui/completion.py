"""What a shell offers for DIR, files and --policy; commands and options complete by themselves."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def directories(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shell's own completion of directories."""
    return _paths(incomplete, "dir")


def files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell's own completion of files."""
    return _paths(incomplete, "file")


def policies(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Presets by name; files once there is a slash."""
    from click.shell_completion import CompletionItem

    from ..policies.rules.preset_files import preset_files

    if os.sep in incomplete:
        return files(ctx, parameter, incomplete)
    return [CompletionItem(name) for name in preset_files() if name.startswith(incomplete)]


def _paths(incomplete: str, kind: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type=kind)]
