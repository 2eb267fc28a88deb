"""`keepstep forecast`: what a run will hold in a week, a month, half a year and a year."""

from __future__ import annotations

import time

import click

from ...policies.refusal import Refusal
from ...policies.rules.fields import count
from .. import output
from ..completion import directories
from ..exit_codes import DONE
from ..policy_choice import Choice, otherwise, requested
from ..policy_options import PolicyFlags, policy_options
from ..sizes import bytes_of


@click.command(
    "forecast",
    epilog="""\b
Examples:
  keepstep forecast run7
  keepstep forecast run7 --policy aggressive --json
  keepstep forecast run7 --keep-last 20 --keep-daily 30
  keepstep forecast keepstep-demo --apparent

\b
Before there is a run, a save every 100 steps for 50,000 steps, 3.6 GB each:
  keepstep forecast --every-steps 100 --steps 50000 --size 3.6GB
  without a policy: 500 checkpoints, 1.8 TB
  with it: 76 checkpoints, 274 GB
""",
)
@click.argument("directory", metavar="[DIR]", required=False, shell_complete=directories)
@policy_options
@click.option("--every-steps", type=int, metavar="N", help="Without DIR: steps between saves.")
@click.option("--steps", type=int, metavar="N", help="Without DIR: steps of the whole run.")
@click.option("--size", metavar="SIZE", help="Without DIR: the size of one save, such as 3.6GB.")
@click.option(
    "--apparent",
    is_flag=True,
    help="Count lengths of files, not their blocks; then nothing is said about the disk.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the forecast as JSON.")
def forecast_command(
    directory: str | None,
    flags: PolicyFlags,
    every_steps: int | None,
    steps: int | None,
    size: str | None,
    apparent: bool,
    as_json: bool,
) -> int:
    """Tell what a run will hold in a year.

    From the run's own pace and sizes, with the policy and without: checkpoints and bytes after a
    week, 1, 6 and 12 months, when the disk is full, and whether the policy comes to rest. On a
    terminal with a plot. Nothing changes.
    """
    numbers = (every_steps, steps, size)
    if directory is None:
        if apparent:
            raise Refusal("--apparent is for a forecast of DIR")
        return _imagined(requested(flags) or otherwise(None), numbers, as_json=as_json)
    if numbers != (None, None, None):
        raise Refusal("--every-steps, --steps and --size are for a forecast without DIR")
    return _of_run(directory, requested(flags), apparent=apparent, as_json=as_json)


def _of_run(directory: str, choice: Choice | None, *, apparent: bool, as_json: bool) -> int:
    from ...policies.catalog.scan import scan
    from ...policies.disk_space import disk_space
    from ...policies.forecast import by_length, forecast
    from ...policies.forecast_json import forecast_document
    from ...policies.plan import make_plan
    from ..forecast_text import cadence_line, forecast_table, verdicts

    catalog = scan(directory)
    choice = choice or otherwise(catalog.policy_file)
    # Lengths and free blocks are not comparable.
    free = None if apparent else disk_space(catalog.root).free
    counted = by_length(catalog) if apparent else catalog
    found = forecast(make_plan(counted, choice.policy, now=time.time()), free)
    if as_json:
        output.note(output.shown(choice.line()))
        output.document(forecast_document(found, catalog.root, choice.policy, free))
        return DONE
    columns = output.width()
    lines = [choice.line(), choice.policy.sentence(), *map(cadence_line, found.cadences)]
    page = ["\n".join(map(output.shown, lines)), forecast_table(found, columns)]
    if columns is not None and output.can_draw():
        from ..forecast_plot import plot

        page += filter(None, [plot(found, columns)])
    output.data("\n\n".join([*page, "\n".join(verdicts(found, free))]))
    return DONE


def _imagined(
    choice: Choice, numbers: tuple[int | None, int | None, str | None], *, as_json: bool
) -> int:
    from ...policies.forecast import MOST_SAVES, estimate
    from ...policies.forecast_json import estimate_document
    from ..forecast_text import estimate_lines

    every, steps, text = numbers
    if every is None or steps is None or text is None:
        raise Refusal("a forecast needs DIR, or --every-steps, --steps and --size together")
    every, steps = count(every, "--every-steps"), count(steps, "--steps", at_least=every)
    if steps // every > MOST_SAVES:
        raise Refusal(f"--steps: {steps // every:,} saves are more than the {MOST_SAVES:,} allowed")
    save = bytes_of(text, "--size")
    found = estimate(choice.policy, gap=every, steps=steps, size=save)
    if as_json:
        asked = {"every_steps": every, "steps": steps, "size": save}
        output.document(estimate_document(found, choice.policy, asked))
    else:
        lines = [choice.line(), choice.policy.sentence(), *estimate_lines(found)]
        output.data("\n".join(map(output.shown, lines)))
    return DONE
