"""What is remembered is not believed too long: a scan finds what it would find without an index."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keepstep.policies import commit, make_plan, scan
from keepstep.policies.catalog import index, last_catalog, local_tree, recall
from keepstep.policies.catalog.cache_file import VARIABLE
from keepstep.policies.catalog.lookout import Lookout
from keepstep.policies.rules.counts import LastRule
from keepstep.tui.sample.run import build_sample_run

from ...real.unpack import unpack
from ...tree_snapshot import snapshot
from ..catalogs import NOW, policy
from ..slimmable import ZERO_2, trainer_run
from ..trees import hugging_face
from .planting import plant
from .test_real_archives import ARCHIVES
from .test_resume_state import SEPARATE

pytestmark = pytest.mark.usefixtures("own_index")
STEPS = (100, 200, 300, 400, 500)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    hugging_face(tmp_path / "run", STEPS)
    plant(tmp_path / "run", *(f"checkpoint-{step}/global_step{step}/rank_0.pt" for step in STEPS))
    return tmp_path / "run"


def index_file(tmp_path: Path) -> Path:
    (found,) = (tmp_path / "cache" / "keepstep" / "scans").iterdir()
    return found


def looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories that a scan with the index lists."""
    looked: list[str] = []
    look = Lookout.look

    def told(self: Lookout, directory: str) -> object:
        looked.append(os.path.relpath(directory, root))
        return look(self, directory)

    with monkeypatch.context() as patch:
        patch.setattr(Lookout, "look", told)
        assert scan(str(root), remember=True) == scan(str(root))
    return looked[: looked.index(".", 1)] if looked.count(".") > 1 else looked


def assert_the_same(root: Path) -> None:
    for _ in range(3):  # the second reads what the first wrote, the third what the second kept
        assert scan(str(root), remember=True) == scan(str(root))


@pytest.mark.parametrize("name", ARCHIVES)
def test_real_runs(name: str, tmp_path: Path):
    run, _ = unpack(name, tmp_path / "run")
    assert_the_same(run)


def test_the_sample_run(tmp_path: Path):
    build_sample_run(tmp_path / "run", now=NOW)
    assert_the_same(tmp_path / "run")


@pytest.mark.parametrize("name", SEPARATE)
def test_what_only_resuming_needs(name: str, tmp_path: Path):
    SEPARATE[name][0](tmp_path / "run")
    assert_the_same(tmp_path / "run")


def test_what_was_slimmed_meanwhile(tmp_path: Path):
    run = trainer_run(tmp_path / "run", STEPS, ZERO_2)
    scan(str(run), remember=True)
    for step in STEPS[:2]:
        shutil.rmtree(run / f"checkpoint-{step}" / f"global_step{step}")
        state = run / f"checkpoint-{step}" / "trainer_state.json"
        state.rename(state.with_name("trainer_state.json.slimmed"))
    assert_the_same(run)
    assert [one.weights_only for one in scan(str(run), remember=True).checkpoints[:3]] == [
        True, True, False,
    ]  # fmt: skip


def test_only_the_root_and_the_newest_are_looked_at_again(
    run: Path, monkeypatch: pytest.MonkeyPatch
):
    scan(str(run), remember=True)
    newest = ["checkpoint-500", "checkpoint-500/global_step500"]
    assert looked_at(run, monkeypatch) == [".", *newest]


def test_weights_are_not_read_again(run: Path, monkeypatch: pytest.MonkeyPatch):
    scan(str(run), remember=True)
    read: list[str] = []
    original = local_tree.LocalTree.read

    def told(self: local_tree.LocalTree, path: str, limit: int, offset: int = 0) -> bytes:
        read.append(path)
        return original(self, path, limit, offset)

    monkeypatch.setattr(local_tree.LocalTree, "read", told)
    scan(str(run), remember=True)
    weights = [path for path in read if path.endswith((".pt", ".safetensors"))]
    assert {path.partition("/")[0] for path in weights} == {"checkpoint-500"}
    assert not any("trainer_state" in path for path in read if "-500" not in path)


def test_what_was_written_of_late_is_not_remembered(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(index, "_QUIET", 600.0)
    monkeypatch.setattr(last_catalog, "_SETTLED", 2.0)
    scan(str(run), remember=True)
    assert not (tmp_path / "cache").exists()


def _write(path: Path, content: bytes) -> None:
    """A new file; what is written in place is not noticed, and nowhere promised to be."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def _add(run: Path, step: int) -> None:
    _write(run / f"checkpoint-{step}" / "more.bin", b"more")


def _remove(run: Path, step: int) -> None:
    shutil.rmtree(run / f"checkpoint-{step}" / f"global_step{step}", ignore_errors=True)


def _rename(run: Path, step: int) -> None:
    (run / f"checkpoint-{step}" / "config.json").rename(run / f"checkpoint-{step}" / "other.json")


def _deep(run: Path, step: int) -> None:
    inner = run / f"checkpoint-{step}" / f"global_step{step}"
    inner.mkdir(exist_ok=True)
    _write(inner / "deep.pt", b"deep")


def _copy(run: Path, step: int) -> None:
    """Another one of the same name, times and lengths, as a restored backup is."""
    shutil.copytree(run / f"checkpoint-{step}", run / "copy")
    shutil.rmtree(run / f"checkpoint-{step}")
    (run / "copy").rename(run / f"checkpoint-{step}")


def _grow_the_newest(run: Path, step: int) -> None:
    newest = max(run.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]))
    with open(newest / "config.json", "a") as file:
        file.write(" " * step)


def _delete(run: Path, step: int) -> None:
    shutil.rmtree(run / f"checkpoint-{step}")


def _hard_link(run: Path, step: int) -> None:
    """As who keeps the weights of a checkpoint does, or a snapshot of all of it."""
    files = [path for path in (run / "checkpoint-100").iterdir() if path.is_file()]
    largest = max(files, key=lambda path: path.stat().st_size)
    os.link(largest, run / f"checkpoint-{step}" / "linked")


def _become_a_file(run: Path, step: int) -> None:
    _delete(run, step)
    (run / f"checkpoint-{step}").write_text("no directory")


def _new(run: Path, step: int) -> None:
    hugging_face(run, [step + 1000])


CHANGES: list[Callable[[Path, int], None]] = [
    _add, _remove, _rename, _deep, _copy, _grow_the_newest, _delete, _hard_link, _become_a_file,
    _new,
]  # fmt: skip


@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(STEPS)), max_size=6))
def test_after_any_change_it_is_as_a_fresh_scan(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[Callable[[Path, int], None], int]]
):
    run = tmp_path_factory.mktemp("run")
    hugging_face(run, STEPS)
    for step in STEPS:
        _deep(run, step)
    scan(str(run), remember=True)
    for change, step in changes:
        try:
            change(run, step)
        except OSError:  # what it would change is gone
            shutil.rmtree(run / "copy", ignore_errors=True)
        assert scan(str(run), remember=True) == scan(str(run))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 40,
        b"0" * 32 + b"[]\n{}",
    ],
)
def test_a_damaged_index_is_no_index(run: Path, tmp_path: Path, content: bytes):
    expected = scan(str(run), remember=True)
    index_file(tmp_path).write_bytes(content)
    assert scan(str(run), remember=True) == expected
    assert len(index_file(tmp_path).read_bytes()) > 100


@pytest.mark.parametrize(
    "content",
    [
        "no JSON\n{}",
        '[9, "ROOT", [], {}, null]\n{}',
        '[4, "/", [], {}, null]\n{}',
        '[4, "ROOT", [], {}, null]',
        '[4, "ROOT", [], {"checkpoint-100": [0, 1]}, null]\n{}',
        '[4, "ROOT", [], {}, [{}, {}, []]]\n{}',
        '[4, "ROOT", [], {}, {"a": 1}]\n{}',
    ],
)
def test_a_foreign_index_is_no_index(run: Path, tmp_path: Path, content: str):
    expected = scan(str(run), remember=True)
    raw = content.replace("ROOT", str(run)).encode()
    index_file(tmp_path).write_bytes(index._digest(raw) + raw)
    assert scan(str(run), remember=True) == expected
    assert len(index_file(tmp_path).read_bytes()) > 100


def test_an_index_cut_anywhere_is_no_index(run: Path, tmp_path: Path):
    expected = scan(str(run), remember=True)
    whole = index_file(tmp_path).read_bytes()
    for length in range(0, len(whole), 97):
        index_file(tmp_path).write_bytes(whole[:length])
        assert scan(str(run), remember=True) == expected


def test_a_copy_elsewhere_has_no_index(run: Path, tmp_path: Path):
    scan(str(run), remember=True)
    shutil.copytree(run, tmp_path / "other")
    shutil.copy(index_file(tmp_path), tmp_path / "kept")
    os.replace(tmp_path / "kept", recall.index_path(str(tmp_path / "other")))
    assert_the_same(tmp_path / "other")


def test_switched_off(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(VARIABLE, "off")
    scan(str(run), remember=True)
    assert not (tmp_path / "cache").exists()


def test_only_who_asks_writes_one_and_only_in_the_cache(run: Path, tmp_path: Path):
    before = snapshot(run)
    scan(str(run))
    assert not (tmp_path / "cache").exists()
    scan(str(run), remember=True)
    assert snapshot(run) == before


def test_a_cache_that_cannot_be_written_costs_nothing(run: Path, tmp_path: Path):
    (tmp_path / "cache").write_text("a file")
    assert_the_same(run)


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.pt"])
def test_a_large_file_that_changed_in_place_is_noticed(run: Path, name: str):
    scan(str(run), remember=True)
    with open(run / "checkpoint-100" / name, "r+b") as file:
        file.write(b"other")
    assert_the_same(run)


def test_what_changed_in_place_is_not_deleted_by_what_is_remembered(run: Path):
    scan(str(run), remember=True)
    small = run / "checkpoint-100" / "config.json"
    with open(small, "r+b") as file:
        file.write(b"[]")
    remembered = scan(str(run), remember=True)
    result = commit(make_plan(remembered, policy(LastRule(2)), now=NOW))
    assert {one.id for one in result.skipped} == {"checkpoint-100"}
    assert small.exists()
    fresh = scan(str(run))
    assert fresh.checkpoints[0].measure != remembered.checkpoints[0].measure
