"""`keepstep run`: run a training command and keep the right checkpoints while it writes them."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from ...policies.json_text import dumps
from ...policies.refusal import Refusal
from ...policies.rules.direction import known_mode
from ...policies.rules.policy import Policy
from ...policies.units import FreeSpace, parse_duration
from .. import output
from ..completion import directories
from ..policy_choice import otherwise, requested, saved_policy_file
from ..policy_options import PolicyFlags, policy_options

_UNNAMED = (
    "run needs a policy that is named (--policy, --keep-last ...) or saved "
    "(.keepstep/policy.yaml in the run): nothing unattended runs on the default"
)


@click.command(
    "run",
    context_settings={"allow_interspersed_args": False},  # what follows COMMAND is its own
    epilog="""\b
Examples:
  keepstep run --keep-last 20 -- python train.py
  keepstep run --policy balanced --dir runs/exp1 -- torchrun train.py
  keepstep run --keep 20 --patience 10 --metric val_loss -- python train.py
  keepstep run --keep 5 --keep-best 3 --metric acc --mode max --dir out -- ./train.sh

\b
Exit code: that of the command, 128+n where signal n ended it, 126 or 127 where
it cannot be started. 0 also where it ended of the stop that --patience asked for;
a command that answers that stop with a code of its own returns that code.
""",
)
@policy_options
@click.option(
    "--dir",
    "directory",
    default=".",
    metavar="DIR",
    shell_complete=directories,
    help="Where the checkpoints go; by default the current directory.",
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop when --metric has not improved for N evaluations.",
)
@click.option(
    "--min-delta",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="X",
    help="Less than X is no improvement.",
)
@click.option(
    "--warm-up",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="The first N evaluations stop nothing.",
)
@click.option(
    "--metric-pattern",
    metavar="REGEX",
    help="How the output says the metric; the first group is the number.",
)
@click.option(
    "--interrupt-wait",
    default="60s",
    metavar="TIME",
    help="From SIGINT to SIGTERM when stopping (60s).",
)
@click.option(
    "--terminate-wait",
    default="30s",
    metavar="TIME",
    help="From SIGTERM to SIGKILL (30s).",
)
@click.option("--min-free", metavar="SIZE", help="Keep so much of the disk free: 10%, 50GB.")
@click.option("--summary-json", metavar="FILE", help="Write the summary as JSON at the end.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.argument("command", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def run_command(
    directory: str,
    flags: PolicyFlags,
    patience: int | None,
    min_delta: float,
    warm_up: int,
    metric_pattern: str | None,
    interrupt_wait: str,
    terminate_wait: str,
    min_free: str | None,
    summary_json: str | None,
    quiet: bool,
    command: tuple[str, ...],
) -> int:
    """Run a training command and apply a policy after each save.

    The command's output, input, signals and exit code are its own. Checkpoints are seen when they
    are finished, also by the line `Saved checkpoint: FILE`, and what the policy deletes goes to
    the trash. --metric is read from the output (NAME=0.12, NAME: 0.12), else from the run's
    metric files.
    """
    from ...policies.training.early_stopping import Patience
    from ...policies.training.gentle_end import Waits
    from ...policies.training.output_lines import metric_pattern as usual_pattern
    from ...policies.training.output_lines import own_pattern
    from ...policies.training.supervise import Supervision, supervise
    from ..run_text import event_lines, summary_document, summary_lines

    _refuse_halves(flags, patience, min_delta, warm_up, metric_pattern)
    policy = _with_min_free(_policy(flags, directory), min_free)
    pattern = None
    if flags.metric is not None:
        own = metric_pattern and own_pattern(metric_pattern, "--metric-pattern")
        pattern = own or usual_pattern(flags.metric)
    asked = Supervision(
        root=os.path.realpath(directory),
        policy=policy,
        metric=flags.metric,
        pattern=pattern,
        patience=None
        if patience is None or flags.metric is None
        else Patience(flags.metric, _mode(flags), patience, min_delta, warm_up),
        waits=Waits(
            _seconds(interrupt_wait, "--interrupt-wait"),
            _seconds(terminate_wait, "--terminate-wait"),
        ),
    )
    report = supervise(command, asked, _environment(), (lambda _: ()) if quiet else event_lines)
    if not report.started:
        output.note(f"keepstep: {output.shown(report.errors[0])}")
        return report.code
    if not quiet:
        for line in summary_lines(report, asked):
            output.note(line)
    if summary_json is not None:
        _write(summary_json, dumps(summary_document(report, asked, list(command))))
    return report.code


def _policy(flags: PolicyFlags, directory: str) -> Policy:
    """The policy that was named, or the run's own; a --metric for --patience asks for no rule."""
    if not flags.names_the_best:
        flags = replace(flags, metric=None, mode=None)
    choice = requested(flags) or otherwise(saved_policy_file(directory))
    if choice.default:
        raise Refusal(_UNNAMED)
    return choice.policy


def _with_min_free(policy: Policy, text: str | None) -> Policy:
    if text is None:
        return policy
    try:
        return replace(policy, min_free=FreeSpace.parse(text))
    except ValueError as error:
        raise Refusal(f"--min-free: {error}") from None


def _refuse_halves(
    flags: PolicyFlags,
    patience: int | None,
    min_delta: float,
    warm_up: int,
    metric_pattern: str | None,
) -> None:
    if patience is None and (min_delta or warm_up):
        raise Refusal(f"{'--min-delta' if min_delta else '--warm-up'} needs --patience")
    if patience is not None and flags.metric is None:
        raise Refusal("--patience needs --metric")
    if metric_pattern is not None and flags.metric is None:
        raise Refusal("--metric-pattern needs --metric")
    if flags.metric is not None and patience is None and not flags.names_the_best:
        raise Refusal("--metric needs --patience, --keep-best or --slim-best")


def _mode(flags: PolicyFlags) -> str:
    mode = flags.mode or known_mode(flags.metric or "")
    if mode is None:
        raise Refusal(
            f"--mode is needed: nothing tells whether smaller or larger {flags.metric} is "
            "better; say min or max"
        )
    return mode


def _seconds(text: str, option: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Refusal(f"{option}: {error}") from None


def _environment() -> dict[str, str]:
    """The command's environment is ours; Python writes lines as they are said, also to a pipe."""
    return {"PYTHONUNBUFFERED": "1", **os.environ}


def _write(path: str, text: str) -> None:
    """The summary; training has ended, and its exit code stands whatever becomes of this."""
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(beside, path)
    except OSError as error:
        output.note(f"keepstep: {output.shown(path)}: {error.strerror or error}")
