"""A prune every night, as text for cron and for systemd, each quoted as its reader wants it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from ..policies.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Nightly:
    """What runs, when, and where it writes its line."""

    words: Sequence[str]  # the command, its own path absolute
    root: str  # absolute
    log: str  # absolute
    hour: int
    minute: int


def crontab_line(one: Nightly) -> str:
    """A line for `crontab -e`; there a bare % would end the command."""
    command = f"{shlex.join(one.words)} >> {shlex.quote(one.log)} 2>&1"
    return f"{one.minute} {one.hour} * * * {command}".replace("%", r"\%")


def service(one: Nightly) -> str:
    """The systemd service that prunes once."""
    return "\n".join(
        (
            "[Unit]",
            f"Description=keepstep prunes {_plain(one.root)}",
            "",
            "[Service]",
            "Type=oneshot",
            f"ExecStart={' '.join(map(_quoted, one.words))}",
            f"StandardOutput=append:{_plain(one.log)}",
            f"StandardError=append:{_plain(one.log)}",
        )
    )


def timer(one: Nightly) -> str:
    """The systemd timer of that service; a night that was missed is made up for."""
    return "\n".join(
        (
            "[Unit]",
            f"Description=keepstep prunes {_plain(one.root)} every night",
            "",
            "[Timer]",
            f"OnCalendar=*-*-* {one.hour:02}:{one.minute:02}:00",
            "Persistent=true",
            "",
            "[Install]",
            "WantedBy=timers.target",
        )
    )


def unit_name(root: str) -> str:
    """A name that systemd takes, and that tells one run from another."""
    return "keepstep-" + (re.sub(r"[^A-Za-z0-9.]+", "-", root).strip("-.") or "run")


def _plain(text: str) -> str:
    """A value that stands alone on its line."""
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """One word of ExecStart, which has escapes, specifiers and variables of its own."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII) else f'"{word}"'
