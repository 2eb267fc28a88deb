"""`keepstep plan`: every decision with its reason, before anything happens."""

from __future__ import annotations

import os
import time

import click

from ...policies.best_report import best_reports
from ...policies.catalog.scan import scan
from ...policies.decisions import Plan
from ...policies.json_text import Document, dumps
from ...policies.plan import make_plan
from ...policies.plan_json import plan_document
from ...policies.refusal import Refusal
from ...policies.rules.policy import Policy
from .. import output
from ..budget import free_option, within_budget
from ..completion import directories, files
from ..exit_codes import DONE, INCOMPLETE
from ..plan_text import plan_page
from ..policy_choice import Choice, otherwise, requested
from ..policy_options import PolicyFlags, policy_options
from ..put_right import tell, waiting
from ..sizes import bytes_of


@click.command(
    "plan",
    epilog="""\b
Examples:
  keepstep plan run7
  keepstep plan run7 --policy conservative
  keepstep plan run7 --keep-last 20 --tier2-count 20 --tier3-interval 1000
  keepstep plan run7 --keep-last 3 --keep-best 1 --metric eval_loss --mode min
  keepstep plan run7 -o plan.json && keepstep apply plan.json
  keepstep plan run7 --free 500GB
  keepstep plan run7 --policy conservative --save
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@policy_options
@free_option
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option(
    "-o",
    "target",
    metavar="FILE",
    shell_complete=files,
    help="Write the plan to a file for `apply`.",
)
@click.option("--save", is_flag=True, help="Make the policy the run's own, which cron uses.")
@click.option("--force", is_flag=True, help="With --save: replace the policy saved before.")
def plan_command(
    directory: str,
    flags: PolicyFlags,
    free: str | None,
    as_json: bool,
    target: str | None,
    save: bool,
    force: bool,
) -> int:
    """Show what a policy keeps and deletes, and why.

    No checkpoint changes. Without POLICY options the run's own saved policy is shown, else
    balanced. With --free the gentlest change of the policy that frees so much is proposed, and
    the plan is that of the proposal; exit code 1 when nothing frees so much.
    """
    choice = requested(flags)
    _refuse_halves(named=choice is not None or free is not None, save=save, force=force)
    wanted = None if free is None else bytes_of(free, "--free")
    tell(waiting(directory))
    catalog = scan(directory)
    choice = choice or otherwise(catalog.policy_file)
    now = time.time()
    proposed = within_budget(make_plan(catalog, choice.policy, now=now), choice, wanted)
    plan, choice = proposed.plan, proposed.choice
    say = output.note if as_json else output.data
    for line in (*proposed.lines, *([choice.line()] if as_json else [])):
        say(output.shown(line))
    if target is not None:
        write_document(plan_document(plan), target)
    if as_json:
        output.document(plan_document(plan))
    else:
        output.data(plan_page(plan, choice, now=now, width=output.width()))
    note_warnings(plan)
    note_best(plan)
    if target is not None:
        output.note(output.shown(f"plan written to {target}; `keepstep apply` carries it out"))
    if save and not proposed.short:
        _save(catalog.root, choice.policy, force=force)
    return INCOMPLETE if proposed.short else DONE


def _refuse_halves(*, named: bool, save: bool, force: bool) -> None:
    if force and not save:
        raise Refusal("--force needs --save")
    if save and not named:
        raise Refusal("--save needs a policy: name one with --policy, --keep-last ... or --free")


def _save(root: str, policy: Policy, *, force: bool) -> None:
    from ...policies.saved_policy import save_policy

    path = save_policy(root, policy, overwrite=force)
    output.note(output.shown(f"policy saved in {path}; commands without POLICY now use it"))


def print_plan(directory: str, choice: Choice, *, apparent: bool = False) -> int:
    """What the review prints where it cannot open."""
    tell(waiting(directory))
    catalog = scan(directory)
    now = time.time()
    plan = make_plan(catalog, choice.policy, now=now)
    width = output.width()
    output.data(plan_page(plan, choice, now=now, width=width, apparent=apparent))
    note_warnings(plan)
    note_best(plan)
    return DONE


def note_warnings(plan: Plan) -> None:
    """What the scan and the plan want to be known, on stderr."""
    for warning in (*plan.catalog.warnings, *plan.warnings):
        output.note(output.shown(f"warning: {warning}"))


def note_best(plan: Plan) -> None:
    """How far the best may be trusted, on stderr."""
    for report in best_reports(plan.catalog, plan.policy):
        for sentence in report.sentences():
            output.note(output.shown(f"note: {sentence}"))


def write_document(document: Document, path: str) -> None:
    """Write a file whole or not at all; what is no regular file is written to as it is."""
    real = os.path.realpath(path)
    beside = f"{real}.{os.getpid()}.new"
    try:
        if os.path.lexists(real) and not os.path.isfile(real):
            _write(real, document, os.O_WRONLY)
            return
        _write(beside, document, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.rename(beside, real)
    except OSError as error:
        raise Refusal(f"{path}: cannot be written: {error.strerror}") from None


def _write(path: str, document: Document, flags: int) -> None:
    try:
        with open(os.open(path, flags | os.O_CLOEXEC, 0o666), "w", encoding="ascii") as file:
            file.write(dumps(document) + "\n")
            file.flush()
            if flags & os.O_CREAT:
                os.fsync(file.fileno())
    except OSError:
        if flags & os.O_CREAT:
            _remove(path)
        raise


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
