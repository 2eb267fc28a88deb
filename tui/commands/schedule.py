"""`keepstep schedule`: the lines that make cron or systemd prune a run every night."""

from __future__ import annotations

import os
import re
import shutil
import sys

import click

from ...policies.commit.safety import refuse_root
from ...policies.refusal import Refusal
from ...policies.rules.preset_files import preset_files
from .. import output
from ..completion import directories, files
from ..exit_codes import DONE
from ..policy_choice import Choice, otherwise, requested, saved_policy_file
from ..policy_options import PolicyFlags, policy_options
from ..schedule_text import Nightly, crontab_line, service, timer, unit_name

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@click.command(
    "schedule",
    epilog="""\b
Examples:
  keepstep schedule run7 --policy balanced
  keepstep plan run7 --keep-last 20 --save && keepstep schedule run7 --at 04:30
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@policy_options
@click.option("--at", default="03:00", metavar="HH:MM", help="When, every day; 03:00.")
@click.option(
    "--log",
    metavar="FILE",
    shell_complete=files,
    help="Where each prune adds its line; in your home.",
)
def schedule_command(directory: str, flags: PolicyFlags, at: str, log: str | None) -> int:
    """Print lines for cron and systemd to prune every night.

    Installs nothing. The policy must be named or saved for the run (`plan --save`), and is looked
    up again each night. The prunes ask nothing, hold the run's lock, and write one line each.
    """
    refuse_root(directory)
    hour, minute = _time(at)
    root = os.path.realpath(directory)
    choice = requested(flags) or otherwise(saved_policy_file(root))
    if choice.default:
        raise Refusal(
            "schedule needs a policy that is named (--policy, --keep-last ...) or saved "
            "(`keepstep plan DIR POLICY --save`): nothing unattended runs on the default"
        )
    words = [*_keepstep(), "prune", root, *_spelled(flags), "-y", "--quiet"]
    night = Nightly(words, root, os.path.abspath(log or _default_log(root)), hour, minute)
    _refuse_lines([*words, night.log])
    if not os.access(os.path.dirname(night.log), os.W_OK):
        raise Refusal(f"--log: nothing can be written in {os.path.dirname(night.log)}")
    output.data(_page(night, choice))
    return DONE


def _page(night: Nightly, choice: Choice) -> str:
    name, units = unit_name(night.root), "~/.config/systemd/user"
    return "\n".join(
        (
            f"# {output.shown(choice.line())}",
            "# for cron: add this line with `crontab -e`",
            crontab_line(night),
            "",
            f"# or for systemd: {units}/{name}.service",
            service(night),
            "",
            f"# {units}/{name}.timer",
            timer(night),
            "",
            f"# then: systemctl --user daemon-reload && systemctl --user enable --now {name}.timer",
            "# and, to have it run while you are logged out: loginctl enable-linger",
        )
    )


def _time(text: str) -> tuple[int, int]:
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise Refusal(f"--at: {text!r} is no time of day; write hours and minutes: 03:00, 16:30")
    return int(match[1]), int(match[2])


def _keepstep() -> list[str]:
    """How this very keepstep is run, for a reader that knows no PATH."""
    own = os.path.abspath(sys.argv[0])
    if os.path.basename(own) == "keepstep" and os.access(own, os.X_OK):
        return [own]
    beside = os.path.join(os.path.dirname(sys.executable), "keepstep")
    found = beside if os.access(beside, os.X_OK) else shutil.which("keepstep")
    return [found] if found else [sys.executable, "-m", "keepstep.tui"]


def _spelled(flags: PolicyFlags) -> list[str]:
    """The POLICY options as they were given, a file by its absolute path."""
    words: list[str] = []
    for name in PolicyFlags._fields:
        value = getattr(flags, name)
        if value is None:
            continue
        if name == "policy":
            value = _lasting(value)
        for one in value if isinstance(value, tuple) else (value,):
            words += [f"--{name.replace('_', '-')}", str(one)]
    return words


def _lasting(policy: str) -> str:
    """A name or path that means the same for cron, which has another directory and environment."""
    if os.sep in policy or policy.endswith((".yaml", ".yml")):
        return os.path.abspath(policy)
    preset = preset_files()[policy]
    return preset.path if preset.own else policy


def _default_log(root: str) -> str:
    """Outside the run, since what lies in it belongs to the framework."""
    return os.path.join(os.path.expanduser("~"), f"{unit_name(os.path.basename(root))}.log")


def _refuse_lines(words: list[str]) -> None:
    for word in words:
        if not word.isprintable():
            raise Refusal(f"{word!r}: neither cron nor systemd can hold such a name")
