"""`keepstep prune`: show the plan, ask, and move what it deletes to the trash."""

from __future__ import annotations

import time

import click

from ...policies.catalog.scan import scan
from ...policies.decisions import Action
from ...policies.json_text import Document
from ...policies.plan import make_plan
from ...policies.plan_json import document_hash, plan_document
from ...policies.refusal import Refusal
from .. import output
from ..budget import free_option, within_budget
from ..carry_out import Order, Outcome, carry_out, foretold, question
from ..commit_text import exit_code
from ..completion import directories
from ..confirm import confirm
from ..exit_codes import DONE, INCOMPLETE
from ..log_line import log_line, unchanged_line
from ..plan_text import plan_page
from ..policy_choice import Choice, otherwise, requested
from ..policy_options import PolicyFlags, policy_options
from ..put_right import put_right, tell, waiting
from ..sizes import bytes_of
from .plan import note_warnings

_DELETES = frozenset({Action.DELETE, Action.SLIM})
_UNNAMED = (
    "prune -y needs a policy that is named (--policy, --keep-last ...) or saved "
    "(.keepstep/policy.yaml in the run): nothing unattended runs on the default"
)

_UNCHANGED = "nothing changed"


@click.command(
    "prune",
    epilog="""\b
Examples:
  keepstep prune run7
  keepstep prune run7 --policy conservative --dry-run
  keepstep prune run7 --keep-last 20 -y
  keepstep prune run7 --policy balanced -y --purge --json
  keepstep prune run7 --free 500GB
  keepstep prune run7 -y --quiet >> prune.log 2>&1
""",
)
@click.argument("directory", metavar="DIR", shell_complete=directories)
@policy_options
@free_option
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needs a named or saved policy.")
@click.option("--purge", is_flag=True, help="Delete for good at once, without the trash.")
@click.option("--json", "as_json", is_flag=True, help="Print plan and commit as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="With -y: print one line, for a log.")
def prune_command(
    directory: str,
    flags: PolicyFlags,
    free: str | None,
    dry_run: bool,
    yes: bool,
    purge: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Move what a policy deletes to the trash.

    Shows what goes and asks first. Space returns only when the trash is purged: by `keepstep
    purge`, by --purge, or by a later prune once the policy's undo window (24h) has passed. With
    --free the policy is first changed as little as frees so much; nothing changes when it cannot.
    """
    if quiet and (not yes or as_json or dry_run):
        raise Refusal("--quiet goes with -y, and neither with --json nor with --dry-run")
    choice = requested(flags)
    wanted = None if free is None else bytes_of(free, "--free")
    found = (waiting if dry_run else put_right)(directory)
    if not quiet:
        tell(found)
    catalog = scan(directory)
    choice = choice or otherwise(catalog.policy_file)
    _refuse_unnamed(choice, yes=yes, dry_run=dry_run)
    now = time.time()
    proposed = within_budget(make_plan(catalog, choice.policy, now=now), choice, wanted)
    order = Order(proposed.plan, purge, quiet=as_json, silent=quiet, found=found)
    if not quiet:
        note_warnings(order.plan)
    order.say(proposed.lines)
    if proposed.short:
        return _fallen_short(order, proposed.lines, now)
    return _carried(order, proposed.choice, now, yes=yes, dry_run=dry_run)


def _refuse_unnamed(choice: Choice, *, yes: bool, dry_run: bool) -> None:
    if yes and choice.default:
        if not dry_run:
            raise Refusal(_UNNAMED)
        output.note(f"without --dry-run this is refused: {_UNNAMED}")


def _fallen_short(order: Order, lines: tuple[str, ...], now: float) -> int:
    if order.silent:
        output.data(output.shown(unchanged_line(order, lines, now)))
    else:
        output.note(_UNCHANGED)
    return INCOMPLETE


def _carried(order: Order, choice: Choice, now: float, *, yes: bool, dry_run: bool) -> int:
    going = bool(order.plan.summary.going or yes)
    _show(order, choice, now, going=going)
    outcome: Outcome | None = None
    declined = False
    if not dry_run and going:
        declined = not confirm(question(order), yes=yes)
        outcome = None if declined else carry_out(order)
    if order.quiet:
        output.document(_document(order, outcome))
    if order.silent and outcome is not None:
        output.data(output.shown(log_line(order, outcome, now)))
    return _code(outcome, declined)


def _show(order: Order, choice: Choice, now: float, *, going: bool) -> None:
    """The deletes and the sums; beside JSON for a person's eyes only."""
    if order.silent:
        return
    page = plan_page(order.plan, choice, now=now, width=output.width(), actions=_DELETES)
    lines = foretold(order) if going else []
    if not order.plan.summary.going:
        lines.append("nothing to delete")
    say = output.note if order.quiet else output.data
    say("\n".join([page, *lines]))


def _document(order: Order, outcome: Outcome | None) -> Document:
    """The plan with what became of it; the hash covers both, so that `apply` takes it."""
    document = plan_document(order.plan)
    done = outcome is not None and (outcome.commit.id or outcome.commit.skipped)
    document["commit"] = _commit(outcome) if outcome is not None and done else None
    document["hash"] = document_hash(document)
    return document


def _commit(outcome: Outcome) -> Document:
    result = outcome.commit
    return {
        "id": result.id or None,
        "trashed": [one for one in result.trashed if one not in set(result.slimmed)],
        "slimmed": list(result.slimmed),
        "purged": outcome.gone_for_good,
        "skipped": [{"id": one.id, "why": one.why} for one in result.skipped],
        "freed_measured": result.measured,
    }


def _code(outcome: Outcome | None, declined: bool) -> int:
    if declined:
        output.note(_UNCHANGED)
        return INCOMPLETE
    if outcome is None:
        return DONE
    return exit_code(skipped=outcome.commit.skipped, interrupted=outcome.interrupted)
