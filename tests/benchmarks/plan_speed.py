"""How long a plan takes: medians for 20,000 checkpoints, and growth up to a million.

    python tests/benchmarks/plan_speed.py [--million]

The budget is one frame of 16 ms for 20,000 with reasons, which are worded only when shown. Time of
the processor, so that what else runs does not count; a fixed loop of Python tells how fast it is.
"""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import time
from collections.abc import Callable

from contest import KEEPSTEP, Budget, Contest
from keepstep.policies.catalog.model import Catalog, Checkpoint, Kind, Measure, Member, Series
from keepstep.policies.decisions import Plan
from keepstep.policies.explain import Explainer
from keepstep.policies.plan import make_plan
from keepstep.policies.rules.policy import Policy
from keepstep.policies.rules.schema import parse_policy
from trees import Yard

NOW = 1_763_806_800.0
FRAME = 16.0  # milliseconds
POLICIES = {
    "balanced": "graduated: {last: 20, tier2_count: 20, tier3_interval: 1000}",
    "last-20": "last: 20",
    "grid": "every_steps: 1000",
    "threshold": "threshold: {eval_loss: {max: 0.5}}",
    "calendar": "within: 7d\n  - daily: 30\n  - monthly: 12",
    "tiers, best, first": (
        "graduated: {last: 20, tier2_count: 20, tier3_interval: 1000}\n"
        "  - best: {metric: eval_loss, count: 3}\n  - first: 5"
    ),
}


def run_of(count: int) -> Catalog:
    """One series, a save every 100 steps and ten minutes; the metric falls with a ripple."""
    checkpoints = tuple(
        Checkpoint(
            id=f"checkpoint-{step}",
            series="checkpoint-*",
            layout="huggingface",
            members=(Member(f"checkpoint-{step}", Kind.DIRECTORY),),
            step=step,
            metrics={"eval_loss": 1 / i + 0.1 * math.sin(i)},
            measure=Measure(10**9, 10**9, 3, int((NOW - 600 * (count - i)) * 1e9), "identity"),
        )
        for i, step in enumerate(range(100, 100 * count + 1, 100), start=1)
    )
    series = Series("checkpoint-*", "huggingface", "", "step", count)
    return Catalog("/runs/amy", (series,), checkpoints)


def policy_of(name: str) -> Policy:
    """One of the policies above."""
    return parse_policy(f"keep:\n  - {POLICIES[name]}\n", name)


def median(action: Callable[[], object], times: int) -> float:
    """Milliseconds; the median of some runs after one to warm up."""
    action()
    taken = []
    for _ in range(times):
        gc.collect()
        begun = time.process_time()
        action()
        taken.append((time.process_time() - begun) * 1000)
    return statistics.median(taken)


def shown(plan: Plan, rows: int = 40) -> list[str]:
    """What a screen asks of a plan: the reasons of the rows that it shows."""
    explainer = Explainer(plan)
    return [explainer.short(plan.decisions[-i]) for i in range(1, rows + 1)]


def plan_20k(_yard: Yard) -> Contest:
    """A plan with what a screen shows of it, beside one frame; the metric rule is the dearest."""
    run, policy = run_of(20_000), policy_of("tiers, best, first")

    def planned() -> float:
        gc.collect()
        begun = time.process_time()
        shown(make_plan(run, policy, now=NOW))
        return time.process_time() - begun

    subjects = {"one frame": lambda: FRAME / 1000, KEEPSTEP: planned}
    return Contest("plan with reasons, 20,000 checkpoints", subjects, (Budget("one frame", 1),))


def main() -> None:
    """Print a table of medians, then the growth."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--million", action="store_true", help="go up to 1,000,000")
    wanted = options.parse_args()
    run = run_of(20_000)
    loop = median(lambda: sum(i & 7 for i in range(200_000)), 15)
    say(f"{'a loop of 200,000, ms':24} {loop:8.1f}")
    say(f"{'20,000 checkpoints, ms':24} {'plan':>8} {'+ screen':>9} {'+ all':>8}")
    for name in POLICIES:
        policy = policy_of(name)
        plan = median(lambda p=policy: make_plan(run, p, now=NOW), 15)
        screen = median(lambda p=policy: shown(make_plan(run, p, now=NOW)), 9)
        everything = median(lambda p=policy: list(make_plan(run, p, now=NOW).decisions), 5)
        over = "  over one frame" if screen > FRAME else ""
        say(f"{name:24} {plan:8.1f} {screen:9.1f} {everything:8.1f}{over}")
    say(f"\n{'growth, balanced':24} {'plan':>8} {'us each':>9}")
    for count in (20_000, 50_000, 200_000, *([1_000_000] if wanted.million else [])):
        run, policy = run_of(count), policy_of("balanced")
        taken = median(lambda r=run, p=policy: make_plan(r, p, now=NOW), 5)
        say(f"{count:<24,} {taken:8.1f} {taken * 1000 / count:9.2f}")


def say(line: str) -> None:
    """The benchmark's one way to speak."""
    print(line)


if __name__ == "__main__":
    main()
