"""The scan in a child, forked or not, gives the same catalog as here, and never hangs or lies."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import NoReturn

import psutil
import pytest
from keepstep.policies.catalog import scan as scanning
from keepstep.policies.catalog.scan import scan
from keepstep.policies.catalog.scan_event import Finished, Found
from keepstep.policies.refusal import PolicyRefusal, Refusal
from keepstep.tui.review.child_scan import scan_in_child
from keepstep.tui.review.run import run_review
from keepstep.tui.review.scan_process import scan_in_process
from keepstep.tui.sample.run import build_sample_run

from ..policies.catalogs import NOW


@pytest.fixture
def run(tmp_path: Path) -> Path:
    build_sample_run(tmp_path / "run7", now=NOW)
    return tmp_path / "run7"


def test_the_catalog_is_the_same(run: Path):
    events = list(scan_in_child(str(run))(lambda: False))
    assert isinstance(events[0], Found)
    assert isinstance(events[-1], Finished)
    assert events[-1].catalog == scan(str(run))


def test_a_refusal_reaches_the_parent(run: Path):
    (run / ".keepstep" / "pins.json").write_text("{}")
    with pytest.raises(Refusal, match="damaged"):
        list(scan_in_child(str(run))(lambda: False))


def test_who_stops_reading_is_not_kept_waiting(run: Path):
    events = iter(scan_in_child(str(run))(lambda: True))
    assert next(events, None) is None


def test_a_scan_that_hangs_ends_when_nobody_waits(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(scanning, "scan_events", lambda *_, **__: iter(lambda: time.sleep(60), 1))
    answers = iter([False, False])
    told = list(scan_in_child(str(run))(lambda: next(answers, True)))
    assert not [one for one in told if not isinstance(one, Found)]


def test_a_policy_that_is_refused_ends_the_scan_that_has_begun(run: Path):
    def choose() -> NoReturn:
        raise PolicyRefusal("no such policy")

    with pytest.raises(PolicyRefusal, match="no such policy"):
        run_review(str(run), choose=choose)
    assert psutil.Process().children() == []
    assert gc.isenabled()


def test_a_later_scan_in_its_own_process_gives_the_same(run: Path):
    events = list(scan_in_process(str(run))(lambda: False))
    assert isinstance(events[-1], Finished)
    assert events[-1].catalog == scan(str(run))


def test_its_refusal_reaches_who_asked(run: Path):
    (run / ".keepstep" / "pins.json").write_text("{}")
    with pytest.raises(Refusal, match="damaged"):
        list(scan_in_process(str(run))(lambda: False))


def test_nothing_is_imported_from_where_somebody_stands(
    run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "signal.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (tmp_path / "keepstep").mkdir()
    monkeypatch.chdir(tmp_path)
    assert isinstance(list(scan_in_process(str(run))(lambda: False))[-1], Finished)
    assert not (tmp_path / "ran").exists()
