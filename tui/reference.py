"""The reference in the README, rendered from the commands and the table of rules.

`python -m keepstep.tui.reference` prints it; a test holds the README to it byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from ..policies.rules.schema import parse_policy
from ..policies.rules.table import RULES
from .cli import COMMANDS, NAME, cli
from .commands.review import review_command
from .output import data
from .policy_options import PolicyFlags

_POLICY = set(PolicyFlags._fields)
_REVIEW = "Open the review; not on a terminal: print the plan and change nothing."
_EXAMPLES = (
    "last: 20",
    "first: 1",
    "every_steps: 1000",
    "every_steps: {every: 1000, offset: 500, on_miss: none}",
    "every_epochs: 5",
    "graduated: {last: 20, tier2_count: 20, tier3_interval: 1000}",
    "best: {metric: eval_loss, mode: min, count: 3}",
    "best: {metric: eval_loss, mode: min, within: noise}",
    "threshold: {loss: {max: 0.1, window: 20}, eval_loss: {max: 0.15}}",
    "within: 7d",
    "hourly: 24",
    "daily: 30",
    "weekly: 8",
    "monthly: 12",
    "yearly: 3",
    "steps: [1000, 20000]",
    "match: ['*-best*', 'run7/*']",
)


def command_table() -> str:
    """Every command with its arguments and options, and its line in the help."""
    rows = [(_usage(NAME, review_command), _REVIEW)]
    context = click.Context(cli)
    for name, row in COMMANDS.items():
        command = cli.get_command(context, name)
        if command is not None:
            rows.append((_usage(f"{NAME} {name}", command), row.line))
    return _table(("command", "what it does"), rows)


def policy_option_table() -> str:
    """The options that are POLICY."""
    options = [one for one in _options(review_command) if one.name in _POLICY]
    rows = (
        (", ".join(f"`{_spelled(one, spelling)}`" for spelling in one.opts), one.help or "")
        for one in options
    )
    return _table(("POLICY", "what it asks for"), rows)


def rule_table() -> str:
    """Every kind of rule by example, with what the policy itself says of it."""
    rows = [(f"`{example}`", _sentence(example)) for example in _EXAMPLES]
    left = set(RULES) - {example.partition(":")[0] for example in _EXAMPLES}
    if left:
        raise LookupError(f"rules without an example here: {', '.join(sorted(left))}")
    return _table(("rule", "keeps"), rows)


def _sentence(example: str) -> str:
    policy = parse_policy(f"keep: [{{{example}}}]", "the reference")
    return policy.keep[0].sentence().replace("*", r"\*")


def _usage(name: str, command: click.Command) -> str:
    return f"`{' '.join([name, *_words(command)])}`"


def _words(command: click.Command) -> Iterator[str]:
    for one in command.params:
        if isinstance(one, click.Argument):
            yield one.human_readable_name
    options = list(_options(command))
    if any(one.name in _POLICY for one in options):
        yield "[POLICY]"
    for one in options:
        if one.name not in _POLICY:
            yield f"[{_spelled(one, one.opts[0])}]"


def _options(command: click.Command) -> Iterator[click.Option]:
    return (one for one in command.params if isinstance(one, click.Option))


def _spelled(option: click.Option, spelling: str) -> str:
    """One spelling of an option, with what follows it."""
    if option.is_flag:
        return spelling
    choices = getattr(option.type, "choices", None)
    return f"{spelling} {'|'.join(choices) if choices else option.metavar}"


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---|---|"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    data("\n\n".join((command_table(), policy_option_table(), rule_table())))
