"""Where nothing has changed, the catalog of the scan before is taken; and wherever something has,
it is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from keepstep.policies import scan
from keepstep.policies.catalog import last_catalog, recall
from keepstep.policies.catalog.listing import Listing, Remembered
from keepstep.policies.catalog.local_tree import LocalTree
from keepstep.policies.catalog.model import Catalog, State
from keepstep.policies.catalog.scan import scan_events
from keepstep.policies.catalog.scan_event import Finished
from keepstep.policies.pins import pin
from keepstep.policies.places import STATE_DIRECTORY
from keepstep.policies.verification.verdicts import remember
from keepstep.policies.verification.verify import Outcome, Verdict
from keepstep.tui.sample.run import build_sample_run

from ...real.unpack import unpack
from ..catalogs import NOW
from ..trees import hugging_face, torch_zip
from .planting import plant
from .test_real_archives import ARCHIVES

pytestmark = pytest.mark.usefixtures("own_index")
STEPS = (100, 200, 300, 400)
LOSSES = {100: 0.5, 200: float("nan"), 300: 0.3, 400: 0.25}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a log, a link, and a checkpoint that shares a file."""
    root = tmp_path / "run"
    hugging_face(root, STEPS, losses=LOSSES, best="out/checkpoint-400")
    (root / "latest").symlink_to("checkpoint-400")
    (root / "train.log").write_text("step 400\n")
    os.link(root / "checkpoint-100" / "config.json", root / "checkpoint-200" / "same.json")
    plant(root, "weights_1.pt", "weights_2.pt", f"{STATE_DIRECTORY}/lock")
    return root


def again(root: Path) -> tuple[Catalog, bool]:
    """The catalog of a scan with the index, and whether it is that of the scan before."""
    events = list(scan_events(str(root), recall=True, remember=True))
    last = events[-1]
    assert isinstance(last, Finished)
    return last.catalog, len(events) == 1


def assert_taken(root: Path) -> Catalog:
    scan(str(root), remember=True)
    found, taken = again(root)
    assert taken
    fresh = scan(str(root))
    assert found == fresh
    assert list(map(_log, found.series)) == list(map(_log, fresh.series))
    return found


def _log(series: object) -> Mapping[str, list[tuple[int, float]]]:
    return {name: list(log) for name, log in series.metric_log.items()}  # type: ignore[attr-defined]


def test_nothing_changed(run: Path):
    found = assert_taken(run)
    assert len(found.checkpoints) == 6
    assert found.pointers


@pytest.mark.parametrize("name", ARCHIVES)
def test_real_runs(name: str, tmp_path: Path):
    root, _ = unpack(name, tmp_path / "run")
    assert_taken(root)


def test_the_sample_run(tmp_path: Path):
    build_sample_run(tmp_path / "run", now=NOW)
    assert_taken(tmp_path / "run")


def test_strange_names_and_hidden_directories(tmp_path: Path):
    root = tmp_path / os.fsdecode(b"run \xff\n")
    hugging_face(root, STEPS)
    (root / "checkpoint-100" / ".hidden").mkdir()
    (root / "checkpoint-100" / ".hidden" / os.fsdecode(b"\xfe")).write_text("x")
    assert_taken(root)
    (root / "checkpoint-100" / ".hidden" / "more").write_text("x")
    found, taken = again(root)
    assert not taken
    assert found == scan(str(root))


def _append_to_the_log(run: Path) -> None:
    with open(run / "train.log", "a") as file:
        file.write("step 500\n")


def _save(run: Path) -> None:
    hugging_face(run, [500])


def _point_elsewhere(run: Path) -> None:
    (run / "latest").unlink()
    (run / "latest").symlink_to("checkpoint-300")


def _link_from_elsewhere(run: Path) -> None:
    os.link(run / "weights_1.pt", run.parent / "kept.pt")


def _change_a_file(run: Path) -> None:
    torch_zip(run / "weights_1.pt", b"y" * 100)


def _change_the_newest(run: Path) -> None:
    with open(run / "checkpoint-400" / "config.json", "a") as file:
        file.write(" ")


def _add_a_folder(run: Path) -> None:
    (run / "more").mkdir()


def _delete(run: Path) -> None:
    (run / "weights_2.pt").unlink()


def _give_metrics(run: Path) -> None:
    row = {"checkpoint": "weights_1.pt", "metrics": {"loss": 0.5}}
    (run / STATE_DIRECTORY / "metrics.jsonl").write_text(json.dumps(row) + "\n")


@pytest.mark.parametrize(
    "change",
    [
        _append_to_the_log, _save, _point_elsewhere, _link_from_elsewhere, _change_a_file,
        _change_the_newest, _add_a_folder, _delete, _give_metrics,
    ],
)  # fmt: skip
def test_what_changed_is_seen(run: Path, change: Callable[[Path], None]):
    assert_taken(run)
    change(run)
    found, taken = again(run)
    assert not taken
    assert found == scan(str(run))


def test_a_newest_whose_content_is_gone_is_read_again(run: Path):
    weights = run / "checkpoint-400" / "optimizer.pt"
    assert_taken(run)
    times = weights.stat()
    with open(weights, "r+b") as file:
        file.truncate(10)
        file.truncate(times.st_size)
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))
    found, taken = again(run)
    assert not taken
    assert {one.id for one in found.checkpoints if one.state is not State.COMPLETE} == {
        "checkpoint-400"
    }


def test_what_is_not_whole_is_read_again(run: Path):
    state = run / "checkpoint-200" / "trainer_state.json"
    whole = state.read_bytes()
    state.write_bytes(whole[:-1] + b" ")
    (run / "checkpoint-200" / "optimizer.pt").write_bytes(b"PK\x03\x04" + bytes(300))
    before = assert_taken(run)
    assert before.checkpoints[1].state is State.INCOMPLETE
    times = (run / "checkpoint-200" / "optimizer.pt").stat()
    with open(run / "checkpoint-200" / "optimizer.pt", "r+b") as file:
        file.seek(-22, os.SEEK_END)
        file.write(b"PK\x05\x06")
    os.utime(run / "checkpoint-200" / "optimizer.pt", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not again(run)[1]


def test_what_people_say_meanwhile_is_in_it(run: Path):
    before = assert_taken(run)
    pin(before, ["checkpoint-200"], note="of the paper", by="amy")
    (run / STATE_DIRECTORY / "policy.yaml").write_text("keep:\n  - last: 2\n")
    one = next(one for one in before.checkpoints if one.id == "checkpoint-100")
    assert one.measure is not None
    sums = one.measure.apparent, one.measure.files, one.measure.newest_mtime_ns
    remember(before, [Verdict(one.id, Outcome.DAMAGED, "its sums differ", True, *sums)])
    found = assert_taken(run)
    assert set(found.pins) == {"checkpoint-200"}
    assert found.policy_file is not None
    assert found.checkpoints[0].state is State.UNREADABLE


def test_another_mount_of_the_same_tree_has_no_catalog(run: Path, monkeypatch: pytest.MonkeyPatch):
    assert_taken(run)
    survey = LocalTree.survey

    def elsewhere(self: LocalTree, *args: object, **more: object) -> object:
        yield from survey(self, *args, **more)  # type: ignore[arg-type]
        for known in self.seen.values():
            if isinstance(known, Listing | Remembered) and isinstance(known.devices, int):
                known.devices += 1

    monkeypatch.setattr(LocalTree, "survey", elsewhere)
    assert not again(run)[1]


def test_what_is_just_being_written_is_not_kept(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(last_catalog, "_SETTLED", 3600.0)
    scan(str(run), remember=True)
    assert not again(run)[1]


def test_a_small_run_leaves_nothing(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recall, "_WORTH", 1000)
    scan(str(run), remember=True)
    assert not (tmp_path / "cache").exists()


def test_a_command_that_has_ended_has_left_an_index(run: Path, tmp_path: Path):
    code = (
        "from keepstep.policies.catalog import last_catalog, recall\n"
        "from keepstep.policies import scan\n"
        "recall._WORTH, last_catalog._SETTLED = 0, -1.0\n"
        f"print(len(scan({str(run)!r}, remember=True).checkpoints))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "6\n"
    (left,) = (tmp_path / "cache" / "keepstep" / "scans").iterdir()
    assert left.stat().st_size > 1000
