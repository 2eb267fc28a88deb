"""The command line: `keepstep [DIR]` opens the review, `keepstep COMMAND` does one thing.

A command's module is imported only when it is asked for, and nothing here imports Textual: help
and the small commands start as fast as Python and click allow. Every refusal becomes one
sentence on stderr and an exit code; nothing ends in a traceback but a fault of keepstep itself.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from . import output
from .exit_codes import DONE, INCOMPLETE, INTERRUPTED, REFUSED

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

NAME = "keepstep"


class Row(NamedTuple):
    """Where a command lives, and its line in the help."""

    module: str
    attribute: str
    line: str


COMMANDS = {
    "scan": Row("scan", "scan_command", "List what a training directory holds."),
    "plan": Row("plan", "plan_command", "Show what a policy keeps and deletes, and why."),
    "prune": Row("prune", "prune_command", "Move what a policy deletes to the trash."),
    "apply": Row("apply", "apply_command", "Carry out a plan written by `plan -o`."),
    "run": Row("run", "run_command", "Run a training command and apply a policy after each save."),
    "undo": Row("undo", "undo_command", "Put back what a commit moved to the trash."),
    "history": Row("history", "history_command", "List the commits and what became of them."),
    "purge": Row("purge", "purge_command", "Empty the trash; this is what frees space."),
    "pin": Row("pin", "pin_command", "Protect checkpoints and other files from every policy."),
    "unpin": Row("pin", "unpin_command", "Take pins away."),
    "pins": Row("pin", "pins_command", "List the pins."),
    "verify": Row("verify", "verify_command", "Check that checkpoints are whole."),
    "snapshot": Row(
        "snapshot", "snapshot_command", "Keep the newest checkpoint under today's date."
    ),
    "restore": Row(
        "restore", "restore_command", "Bring a snapshot back as a checkpoint of the run."
    ),
    "presets": Row("presets", "presets_command", "List the policies with a name, or print one."),
    "forecast": Row("forecast", "forecast_command", "Tell what a run will hold in a year."),
    "compare": Row("compare", "compare_command", "Show where two policies differ on a run."),
    "schedule": Row(
        "schedule", "schedule_command", "Print lines for cron and systemd to prune every night."
    ),
    "demo": Row("demo", "demo_command", "Build a sample run and review it."),
}
_OWN_OPTIONS = frozenset({"-h", "--help", "--version"})


class Keepstep(click.Group):
    """The commands of the table, and the review for everything else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _load(COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by the table, without importing any of them, or the directory to review."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        rows = COMMANDS.items()
        found = [CompletionItem(n, help=row.line) for n, row in rows if n.startswith(incomplete)]
        # The directory comes first: bash forgets what it was offered before one.
        return [CompletionItem(incomplete, type="dir"), *found]

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *unused: object,
        **extra: object,
    ) -> NoReturn:
        """Run one command line and exit; click's own ways of ending give way to ours."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        try:
            code = self._run(arguments, NAME, extra)
        except (Exception, KeyboardInterrupt) as error:
            code = _told(error)
        sys.exit(code)

    def _run(self, arguments: list[str], name: str, extra: dict[str, Any]) -> int:
        first = arguments[0] if arguments else ""
        if first in COMMANDS or first in _OWN_OPTIONS or f"_{NAME.upper()}_COMPLETE" in os.environ:
            code = super().main(arguments, name, **extra)
        else:
            _refuse_unknown(first)
            review = _load(Row("review", "review_command", ""))
            code = review.main(arguments, name, **extra)
        return code if isinstance(code, int) else DONE

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(NAME, "[DIR] [OPTIONS]")
        formatter.write_usage(NAME, "COMMAND [ARGUMENTS]", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.line) for name, row in COMMANDS.items()])
        review = _load(Row("review", "review_command", ""))
        options = [
            p for p in (*review.params, *self.get_params(ctx)) if isinstance(p, click.Option)
        ]
        records = [record for option in options if (record := option.get_help_record(ctx))]
        with formatter.section("Options of the review"):
            formatter.write_dl(records)


def _load(row: Row) -> click.Command:
    command: click.Command = getattr(
        import_module(f".commands.{row.module}", __package__), row.attribute
    )
    gc.freeze()
    gc.enable()  # `entry` turned it off
    return command


def _refuse_unknown(first: str) -> None:
    """A word that is neither command nor directory was meant as a command."""
    if not first or first.startswith("-") or os.sep in first or os.path.lexists(first):
        return
    from difflib import get_close_matches

    close = get_close_matches(first, list(COMMANDS), n=1)
    hint = f"; did you mean `{NAME} {close[0]}`?" if close else f"; see `{NAME} --help`"
    raise click.UsageError(f"{first} is neither a command nor a directory{hint}")


def _told(error: BaseException) -> int:
    """Tell an error in one sentence; the exit code. What is a fault of ours is raised again."""
    from ..policies.refusal import Refusal

    if isinstance(error, click.Abort | KeyboardInterrupt):
        _say("interrupted")
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        hint = f" (see `{context.command_path} --help`)" if context else ""
        _say(error.format_message().rstrip(".") + hint)
        return REFUSED
    if isinstance(error, Refusal):
        _say(str(error))
        return REFUSED
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        _say(f"{what}{error.strerror or error}")
        return INCOMPLETE
    raise error


def _say(sentence: str) -> None:
    output.note(f"{NAME}: {output.shown(sentence)}")


@click.group(
    cls=Keepstep,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  keepstep /scratch/amy/run7
  keepstep demo
  keepstep plan run7 --keep-last 20 --keep-best 3 --metric eval_loss
  keepstep prune run7 --policy balanced -y

\b
Exit codes: 0 done, also when there was nothing to do; 1 some items could not
be done, the question was answered no, or --free asks for too much; 2 refused
or bad usage; 130 interrupted.
""",
)
@click.version_option(
    None, "--version", package_name=NAME, prog_name=NAME, message="%(prog)s %(version)s"
)
def cli() -> None:
    """Review a training directory and decide which checkpoints to keep.

    Without a command the review opens on DIR, by default the current directory; when it is not
    run on a terminal, the plan is printed and nothing changes. A command's name wins over a
    directory of the same name: write ./scan for the directory.
    """


def main() -> NoReturn:
    """The entry point."""
    cli.main()
    raise AssertionError("not reached")
