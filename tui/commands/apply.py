"""`keepstep apply`: carry out a plan file, as far as it still fits the directory."""

from __future__ import annotations

import time

import click

from ...policies.catalog.scan import scan
from ...policies.decisions import Action
from ...policies.plan_file import Fitted, fit, read_plan_file
from .. import output
from ..activity_text import activity_lines
from ..carry_out import Order, carry_out, foretold, question
from ..commit_text import exit_code
from ..completion import files
from ..confirm import confirm
from ..exit_codes import INCOMPLETE
from ..plan_text import artifact_table, decision_table, summary_line
from ..put_right import put_right, tell
from .plan import note_warnings


@click.command(
    "apply",
    epilog="""\b
Examples:
  keepstep plan run7 --keep-last 20 -o plan.json
  keepstep apply plan.json
  keepstep apply plan.json -y --purge
""",
)
@click.argument("file", metavar="PLAN.JSON", shell_complete=files)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--purge", is_flag=True, help="Delete for good at once, without the trash.")
def apply_command(file: str, yes: bool, purge: bool) -> int:
    """Carry out a plan written by `plan -o`.

    Only what the file deletes can go, and of that only what is still as it was, and what the
    policy in the file would delete today. The rest is skipped and told.
    """
    asked = read_plan_file(file)
    tell(put_right(asked.root))
    catalog = scan(asked.root)
    now = time.time()
    fitted = fit(asked, catalog, now=now)
    order = Order(fitted.plan, purge)
    note_warnings(order.plan)
    _show(order, fitted, now)
    if not order.plan.summary.going:
        return exit_code(skipped=fitted.skipped, interrupted=False)
    if not confirm(question(order), yes=yes):
        output.note("nothing changed")
        return INCOMPLETE
    outcome = carry_out(order)
    skipped = (*fitted.skipped, *outcome.commit.skipped)
    return exit_code(skipped=skipped, interrupted=outcome.interrupted)


def _show(order: Order, fitted: Fitted, now: float) -> None:
    going = [one for one in order.plan.decisions if one.action is not Action.KEEP]
    lines = [f"plan of {order.plan.root}", *activity_lines(order.plan.catalog, now)]
    lines += [f"skipped {name}: {why}" for name, why in fitted.skipped]
    lines += foretold(order)
    order.say(lines)
    files = [one for one in order.plan.artifacts if one.action is Action.DELETE]
    width = output.width()
    if going:
        output.data("\n" + decision_table(order.plan, going, now=now, width=width) + "\n")
    if files:
        output.data("\n" + artifact_table(order.plan, files, now=now, width=width) + "\n")
    if not going and not files:
        order.say(["nothing to delete"])
    output.data(summary_line(order.plan.summary))
