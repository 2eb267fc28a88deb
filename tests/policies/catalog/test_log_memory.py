"""Logs are read from where the last scan ended, and say what a whole read would say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keepstep.policies import commit, make_plan, scan
from keepstep.policies.catalog import late_metrics, local_tree, logs
from keepstep.policies.catalog.cache_file import VARIABLE, cache_path
from keepstep.policies.catalog.logs import Limit
from keepstep.policies.catalog.scan import Finished, scan_events
from keepstep.policies.rules.best import BestRule
from keepstep.policies.rules.counts import LastRule

from ..catalogs import NOW, policy
from ..readers import samples
from .planting import plant

STEPS = tuple(range(10, 101, 10))
EVENTS = "events.out.tfevents.1.host"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own, in which short logs are remembered, too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(logs, "_LEAST", 1)


Found = Mapping[str, Mapping[str, float]]


def _told(root: Path, *, remember: bool) -> Found:
    return {one.id: dict(one.metrics) for one in scan(str(root), remember=remember).checkpoints}


def _same(root: Path) -> Found:
    """What a scan with the memory finds is what one without it finds."""
    recalled, whole = _told(root, remember=True), _told(root, remember=False)
    assert repr(recalled) == repr(whole)
    return whole


def _events(start: int, end: int, factor: float = 1.0) -> bytes:
    return b"".join(
        samples.event(n, samples.simple_value("eval/loss", factor / (n + 1)))
        + samples.event(n, samples.simple_value("loss", n))
        for n in range(start, end)
    )


def _table(start: int, end: int, factor: float = 1.0) -> bytes:
    head = b"" if start else b"epoch,step,val_loss\n"
    return head + b"".join(b"0,%d,%.4f\n" % (n, factor / (n + 1)) for n in range(start, end))


def _lines(start: int, end: int, factor: float = 1.0) -> bytes:
    return samples.json_lines(
        [{"iteration": n, "bbox/AP": factor / (n + 1)} for n in range(start, end)]
    )


Kind = tuple[str, tuple[str, ...], Callable[..., bytes]]
KINDS: Mapping[str, Kind] = {
    "event files": (EVENTS, tuple(f"step_{n}.pt" for n in STEPS), _events),
    "CSV": ("metrics.csv", tuple(f"epoch=0-step={n}.ckpt" for n in STEPS), _table),
    "JSON": ("metrics.json", tuple(f"model_{n:07}.pth" for n in STEPS), _lines),
}


def _bytes_read(monkeypatch: pytest.MonkeyPatch, name: str, look: Callable[[], object]) -> int:
    """How many bytes of a file a scan reads."""
    read = local_tree.LocalTree.read
    total = 0

    def counted(self: object, path: str, limit: int, offset: int = 0) -> bytes:
        nonlocal total
        found = read(self, path, limit, offset)
        total += len(found) if path.endswith(name) else 0
        return found

    with monkeypatch.context() as patch:
        patch.setattr(local_tree.LocalTree, "read", counted)
        look()
    return total


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_was_added_is_read(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log, names, content = KINDS[kind]
    run = tmp_path / "run"
    plant(run, *names)
    (run / log).write_bytes(content(0, 5000))
    first = _same(run)
    assert all(first.values())
    with (run / log).open("ab") as file:
        file.write(content(5000, 5010))
    whole = (run / log).stat().st_size
    assert _bytes_read(monkeypatch, log, lambda: scan(str(run))) >= whole
    assert _bytes_read(monkeypatch, log, lambda: scan(str(run), remember=True)) < 6_000
    assert _same(run) == first


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkpoint_that_comes_later_or_comes_back(kind: str, tmp_path: Path):
    log, names, content = KINDS[kind]
    run = tmp_path / "run"
    plant(run, *names)
    (run / log).write_bytes(content(0, 45))
    _same(run)
    os.rename(run / names[1], tmp_path / "away")
    _same(run)
    os.rename(tmp_path / "away", run / names[1])
    (run / log).write_bytes(content(0, 500))
    assert all(_same(run).values())
    with (run / log).open("ab") as file:
        file.write(content(500, 600))
    later = names[-1].replace("100", "550")
    plant(run, later)
    assert _same(run)[later]


class _Writer:
    """Writes a log, and does to it whatever else may be done to one."""

    def __init__(self, run: Path, away: Path, kind: str) -> None:
        self.run, self.away = run, away
        log, self.names, self.content = KINDS[kind]
        self.path = run / log
        self.rows, self.half, self.factor = 0, b"", 1.0
        plant(run, *self.names)

    def append(self, rows: int) -> None:
        self._add(self.half + self.content(self.rows, self.rows + rows, self.factor))
        self.rows, self.half = self.rows + rows, b""

    def half_a_row(self, length: int) -> None:
        row = self.half or self.content(self.rows, self.rows + 1, self.factor)
        self.rows += not self.half
        self._add(row[:length])
        self.half = row[length:]

    def truncate(self, percent: int) -> None:
        if self.path.exists():
            os.truncate(self.path, self.path.stat().st_size * percent // 100)
        self.half = b""

    def replace(self, rows: int) -> None:
        (self.run / "fresh").write_bytes(self._anew(rows))
        os.replace(self.run / "fresh", self.path)

    def rewrite(self, rows: int) -> None:
        self.path.write_bytes(self._anew(rows))

    def remove(self, _: int) -> None:
        self.path.unlink(missing_ok=True)
        self.rows, self.half = 0, b""

    def take_away(self, number: int) -> None:
        name = self.names[number % len(self.names)]
        if (self.run / name).exists():
            os.rename(self.run / name, self.away / name)

    def bring_back(self, _: int) -> None:
        for name in os.listdir(self.away):
            os.rename(self.away / name, self.run / name)

    def _add(self, content: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(content)

    def _anew(self, rows: int) -> bytes:
        self.factor += 1
        self.rows, self.half = rows, b""
        return self.content(0, rows, self.factor)


_DEEDS = (
    "append", "append", "half_a_row", "truncate", "replace", "rewrite", "remove", "take_away",
    "bring_back",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    deeds=st.lists(st.tuples(st.sampled_from(_DEEDS), st.integers(0, 100)), min_size=1, max_size=8),
    limit=st.sampled_from([10**6, 600]),
)
def test_whatever_happens_to_a_log_it_is_as_a_whole_read(
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    deeds: list[tuple[str, int]],
    limit: int,
):
    for old in ("run", "away", "cache"):
        shutil.rmtree(tmp_path / old, ignore_errors=True)
    (tmp_path / "away").mkdir()
    writer = _Writer(tmp_path / "run", tmp_path / "away", kind)
    for at, (deed, amount) in enumerate(deeds):
        getattr(writer, deed)(amount)
        if writer.path.exists():  # a clock that goes on between two scans
            os.utime(writer.path, ns=(at * 10**9, at * 10**9))
        with monkeypatch.context() as patch:
            patch.setattr(late_metrics, "AT_ONCE", Limit(run=limit, scan=limit))
            for _ in range(100):
                if not scan(str(writer.run), remember=True).warnings:
                    break
            _same(writer.run)


def test_several_scans_complete_what_one_may_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = tmp_path / "run"
    plant(run, *(f"step_{n}.pt" for n in STEPS))
    (run / EVENTS).write_bytes(_events(0, 20_000))
    monkeypatch.setattr(late_metrics, "AT_ONCE", Limit(run=300_000, scan=10**9))
    warnings = []
    for _ in range(20):
        catalog = scan(str(run), remember=True)
        if not catalog.warnings:
            break
        assert not any(one.metrics for one in catalog.checkpoints)
        warnings += catalog.warnings
    assert 3 <= len(warnings) <= 10
    assert len(set(warnings)) == len(warnings), "each goes further"
    assert _same(run)["step_50.pt"] == {"eval/loss": pytest.approx(1 / 51)}


def test_a_review_is_told_the_metrics_of_long_logs_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = tmp_path / "run"
    plant(run, *(f"step_{n}.pt" for n in STEPS))
    (run / EVENTS).write_bytes(_events(0, 20_000))
    monkeypatch.setattr(late_metrics, "FIRST_LOOK", Limit(run=10_000, scan=10_000))
    monkeypatch.setattr(logs, "AT_ONCE", Limit(run=300_000, scan=10**9))
    told = [e.catalog for e in scan_events(str(run), read_on=True) if isinstance(e, Finished)]
    assert len(told) == 2
    assert not any(one.metrics for one in told[0].checkpoints)
    assert told[0].warnings
    assert all(one.metrics and one.measure for one in told[1].checkpoints)
    assert not told[1].warnings
    assert told[1].checkpoints == scan(str(run)).checkpoints


@pytest.mark.parametrize("content", [b"", b"\x93", b"{}", b"\0" * 1000])
def test_a_damaged_memory_is_none(content: bytes, tmp_path: Path):
    run = tmp_path / "run"
    plant(run, *KINDS["CSV"][1])
    (run / "metrics.csv").write_bytes(_table(0, 1000))
    expected = _same(run)
    path = Path(cache_path("logs", str(run)))
    whole = path.read_bytes()
    flipped = whole[: len(whole) // 2] + b"\x55" + whole[len(whole) // 2 + 1 :]
    for damaged in (content, flipped, whole[:-1], whole + b"x"):
        path.write_bytes(damaged)
        assert _told(run, remember=True) == expected
        assert path.read_bytes() == whole


def test_nothing_is_remembered_where_that_is_off_or_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = tmp_path / "run"
    plant(run, *KINDS["CSV"][1])
    (run / "metrics.csv").write_bytes(_table(0, 1000))
    scan(str(run))
    list(scan_events(str(run), recall=True, read_on=True))
    assert not (tmp_path / "cache").exists()
    monkeypatch.setenv(VARIABLE, "off")
    scan(str(run), remember=True)
    assert not (tmp_path / "cache").exists()


def test_a_commit_reads_the_logs_that_the_plan_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The log was written over so that no look at its ends can tell: the best is another one."""
    monkeypatch.setattr(logs, "_MARK", 100)
    run = tmp_path / "run"
    plant(run, *KINDS["CSV"][1])
    path = run / "metrics.csv"
    path.write_bytes(_table(0, 1000))
    scan(str(run), remember=True)
    before = path.stat()
    text = path.read_bytes().replace(b"\n0,69,0.0143\n", b"\n0,69,0.0000\n")
    assert len(text) == before.st_size
    path.write_bytes(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    rules = policy(LastRule(1), BestRule("val_loss", "min", 2))
    catalog = scan(str(run), remember=True)
    seventh = "epoch=0-step=70.ckpt"
    plan = make_plan(catalog, rules, pins={}, now=NOW)
    assert seventh in {d.checkpoint.id for d in plan.decisions if d.action.value == "delete"}
    result = commit(plan, clock=lambda: NOW)
    assert [one.id for one in result.skipped] == [seventh]
    assert "keep" in result.skipped[0].why or "protected" in result.skipped[0].why
    assert (run / seventh).exists()
