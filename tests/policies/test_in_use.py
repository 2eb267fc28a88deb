"""What a process has open stays, and may be marked by nobody; asked again when it would move."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from keepstep.policies import commit, make_plan, scan
from keepstep.policies.catalog.model import Catalog, State
from keepstep.policies.decisions import Action
from keepstep.policies.explain import Explainer
from keepstep.policies.processes.activity import Activity, OpenFile, Process
from keepstep.policies.rules.counts import LastRule

from .catalogs import NOW, catalog, checkpoint, kept_steps, policy, reasons_of, steps_catalog
from .processes.using import holding
from .trees import hugging_face, set_saved

ONE = policy(LastRule(1))
EVAL = Process(77, "python eval.py", (OpenFile("checkpoint-100/model.safetensors", writing=False),))


def _used(by: Activity, found: Catalog | None = None) -> Catalog:
    return replace(found or steps_catalog([100, 200, 300]), activity=by)


def test_a_checkpoint_that_is_open_stays_even_when_marked():
    run = _used(Activity((EVAL,)))
    plan = make_plan(run, ONE, marks=frozenset({"checkpoint-100"}), now=NOW)
    assert kept_steps(plan) == [100, 300]
    assert reasons_of(plan, 100) == ["open in pid 77 (python eval.py)"]
    assert plan.decisions[0].protected


def test_several_processes_are_counted_and_the_first_is_named():
    others = tuple(replace(EVAL, pid=pid) for pid in (78, 79))
    plan = make_plan(_used(Activity((EVAL, *others))), ONE, now=NOW)
    assert reasons_of(plan, 100) == ["open in pid 77 (python eval.py) and 2 more"]


@pytest.mark.parametrize(
    ("process", "kept"),
    [
        (Process(7, "sh", (), "checkpoint-200/deep"), [200, 300]),  # it works in one
        (Process(7, "sh", (), ""), [300]),  # in the run, so in none
        (Process(7, "sh", (OpenFile("train.log", True),)), [300]),
        (Process(7, "sh", (OpenFile("checkpoint-1000/x", True),)), [300]),  # not -100
        (Process(7, "sh", (OpenFile("checkpoint-100", False),)), [100, 300]),  # a file of its own
    ],
)
def test_only_what_is_open_stays(process: Process, kept: list[int]):
    assert kept_steps(make_plan(_used(Activity((process,))), ONE, now=NOW)) == kept


def test_a_torn_one_that_is_still_open_is_not_for_hands_however_old():
    torn = checkpoint(50, state=State.INCOMPLETE, saved_at=NOW - 7 * 86400)
    found = catalog([torn, checkpoint(100)])
    open_one = Process(7, "python", (OpenFile("checkpoint-50/optimizer.pt", True),))
    marks = frozenset({"checkpoint-50"})
    assert kept_steps(make_plan(found, ONE, marks=marks, now=NOW)) == [100]
    used = _used(Activity((open_one,)), found)
    assert kept_steps(make_plan(used, ONE, marks=marks, now=NOW)) == [50, 100]


def test_a_log_that_is_open_stays(tmp_path: Path):
    hugging_face(tmp_path, [100])
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text("step 1\n")
        os.utime(tmp_path / name, (NOW - 86400, NOW - 86400))
    writer = Process(7, "python train.py", (OpenFile("a.log", True),))
    found = scan(str(tmp_path), processes=lambda _: Activity((writer,)))
    plan = make_plan(found, replace(ONE, artifacts=("log",)), now=NOW)
    assert [(one.artifact.path, one.action) for one in plan.artifacts] == [
        ("a.log", Action.KEEP), ("b.log", Action.DELETE),
    ]  # fmt: skip
    assert Explainer(plan).short_artifact(plan.artifacts[0]) == "open in pid 7 (python train.py)"


def test_what_a_process_opens_after_the_plan_is_skipped_and_told(tmp_path: Path):
    """A reader on this host: ranks that still load what rank 0 rotates away."""
    run = tmp_path / "run7"
    hugging_face(run, [100, 200, 300])
    for step in (100, 200, 300):
        set_saved(run / f"checkpoint-{step}", NOW - 86400)
    plan = make_plan(scan(str(run)), ONE, now=NOW)
    assert kept_steps(plan) == [300]
    with holding(tmp_path, map=run / "checkpoint-100/model.safetensors") as pid:
        done = commit(plan)
    assert done.trashed == ("checkpoint-200",)
    [skipped] = done.skipped
    assert skipped.id == "checkpoint-100"
    assert skipped.why.startswith(f"now protected: open in pid {pid} (python")
    assert commit(make_plan(scan(str(run)), ONE, now=NOW)).trashed == ("checkpoint-100",)
