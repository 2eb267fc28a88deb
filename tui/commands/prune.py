"""`keepstep prune`: show the plan, ask, and move what it deletes to the trash."""

from __future__ import annotations

import time

import click

from ...policies.catalog.scan import scan
from ...policies.commit.results import CommitResult
from ...policies.decisions import Action
from ...policies.json_text import Document
from ...policies.plan import make_plan
from ...policies.plan_json import document_hash, plan_document
from ...policies.refusal import Refusal
from .. import output
from ..carry_out import Order, carry_out, expired, question
from ..commit_text import exit_code
from ..confirm import confirm
from ..exit_codes import DONE, INCOMPLETE
from ..plan_text import plan_page
from ..policy_choice import Choice, otherwise, requested
from ..policy_options import PolicyFlags, policy_options
from .plan import note_warnings

_DELETES = frozenset({Action.DELETE, Action.SLIM})
_UNNAMED = (
    "prune -y needs a policy that is named (--policy, --keep-last ...) or saved "
    "(.keepstep/policy.yaml in the run): nothing unattended runs on the default"
)


@click.command(
    "prune",
    epilog="""\b
Examples:
  keepstep prune run7
  keepstep prune run7 --policy conservative --dry-run
  keepstep prune run7 --keep-last 20 -y
  keepstep prune run7 --policy balanced -y --purge --json
""",
)
@click.argument("directory", metavar="DIR")
@policy_options
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needs a named or saved policy.")
@click.option("--purge", is_flag=True, help="Delete for good at once, without the trash.")
@click.option("--json", "as_json", is_flag=True, help="Print plan and commit as JSON.")
def prune_command(
    directory: str, flags: PolicyFlags, dry_run: bool, yes: bool, purge: bool, as_json: bool
) -> int:
    """Move what a policy deletes to the trash.

    Shows what goes and asks first. Space returns only when the trash is purged: by `keepstep
    purge`, by --purge, or by a later prune once the policy's undo window (24h) has passed.
    """
    choice = requested(flags)
    catalog = scan(directory)
    choice = choice or otherwise(catalog.policy_file)
    if yes and choice.default:
        if not dry_run:
            raise Refusal(_UNNAMED)
        output.note(f"without --dry-run this is refused: {_UNNAMED}")
    now = time.time()
    order = Order(make_plan(catalog, choice.policy, now=now), purge, quiet=as_json)
    note_warnings(order.plan)
    going = bool(order.plan.summary.delete or yes)
    _show(order, choice, now, going=going)
    result: CommitResult | None = None
    declined = False
    if not dry_run and going:
        declined = not confirm(question(order), yes=yes)
        result = None if declined else carry_out(order)
    if as_json:
        output.document(_document(order, result))
    return _code(result, declined)


def _show(order: Order, choice: Choice, now: float, *, going: bool) -> None:
    """The deletes and the sums; beside JSON for a person's eyes only."""
    page = plan_page(order.plan, choice, now=now, width=output.width(), actions=_DELETES)
    lines = expired(order.plan.root, order.window) if going else []
    if not order.plan.summary.delete:
        lines.append("nothing to delete")
    say = output.note if order.quiet else output.data
    say("\n".join([page, *lines]))


def _document(order: Order, result: CommitResult | None) -> Document:
    """The plan with what became of it; the hash covers both, so that `apply` takes it."""
    document = plan_document(order.plan)
    done = result is not None and (result.id or result.skipped)
    document["commit"] = _commit(result) if result is not None and done else None
    document["hash"] = document_hash(document)
    return document


def _commit(result: CommitResult) -> Document:
    return {
        "id": result.id or None,
        "trashed": list(result.trashed),
        "purged": result.purged,
        "skipped": [{"id": one.id, "why": one.why} for one in result.skipped],
        "freed_measured": result.measured,
    }


def _code(result: CommitResult | None, declined: bool) -> int:
    if declined:
        output.note("nothing changed")
        return INCOMPLETE
    if result is None:
        return DONE
    return exit_code(skipped=result.skipped, interrupted=result.interrupted)
