"""The keys of every JSON document, exactly: scripts depend on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .command_line import build_run, invoke

PLAN = {"format", "version", "root", "policy", "hash", "decisions", "summary", "processes"}
DECISION = {"id", "series", "step", "epoch", "tier", "action", "reasons", "bytes", "identity"}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build_run(tmp_path / "run7")


def _document(*arguments: str | Path) -> dict[str, Any]:
    done = invoke(*arguments)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_scan(run: Path):
    document = _document("scan", run, "--json")
    assert set(document) == {
        "format", "version", "root", "series", "checkpoints", "artifacts", "unrecognised",
        "warnings", "processes",
    }  # fmt: skip
    assert (document["format"], document["version"]) == ("keepstep/scan", 1)
    assert document["root"] == str(run.resolve())
    assert set(document["series"][0]) == {
        "id", "layout", "checkpoints", "optimizer_state_bytes",
    }  # fmt: skip
    for one in document["checkpoints"]:
        assert set(one) == {
            "id", "series", "layout", "paths", "step", "epoch", "metrics", "bytes", "saved_at",
            "apparent_by_role", "state", "weights_only", "pinned", "pointed_to_by",
        }  # fmt: skip
        assert set(one["bytes"]) == {"disk", "apparent"}
        assert sum(one["apparent_by_role"].values()) == one["bytes"]["apparent"]
    assert set(document["artifacts"][0]) == {"path", "class", "bytes", "consequence", "why"}
    assert document["unrecognised"] == ["mystery.bin"]


def test_plan(run: Path, tmp_path: Path):
    file = tmp_path / "plan.json"
    document = _document("plan", run, "--json", "-o", file)
    assert json.loads(file.read_text()) == document
    assert set(document) == PLAN
    assert (document["format"], document["version"]) == ("keepstep/plan", 1)
    for one in document["decisions"]:
        assert set(one) == DECISION
        assert one["action"] in {"keep", "slim", "delete"}
        assert one["reasons"]
        assert all(set(r) in ({"rule", "text"}, {"protection", "text"}) for r in one["reasons"])
    summary = document["summary"]
    assert set(summary) == {
        "keep", "slim", "delete", "total_bytes", "optimizer_state_bytes", "freed",
    }  # fmt: skip
    assert set(summary["freed"]) == {"certain", "possible"}
    assert summary["freed"]["certain"] <= summary["freed"]["possible"]


def test_prune(run: Path):
    assert _document("prune", run, "--keep", "5", "--dry-run", "--json")["commit"] is None
    document = _document("prune", run, "--keep", "5", "-y", "--json")
    assert set(document) == PLAN | {"commit"}
    commit = document["commit"]
    assert set(commit) == {"id", "trashed", "slimmed", "purged", "skipped", "freed_measured"}
    assert commit["trashed"] == [d["id"] for d in document["decisions"] if d["action"] == "delete"]
    assert (commit["purged"], commit["skipped"], commit["freed_measured"]) == (False, [], None)
    assert _document("prune", run, "--keep", "5", "-y", "--json")["commit"] is None


def test_history_and_pins(run: Path):
    invoke("prune", run, "--keep", "5", "-y")
    history = _document("history", run, "--json")
    assert set(history) == {"format", "version", "root", "commits"}
    assert (history["format"], history["version"]) == ("keepstep/history", 1)
    assert set(history["commits"][0]) == {
        "id", "when", "who", "host", "policy", "checkpoints", "slimmed", "bytes", "state",
    }  # fmt: skip
    invoke("pin", run, "checkpoint-3000")
    pins = _document("pins", run, "--json")
    assert set(pins) == {"format", "version", "root", "pins"}
    assert (pins["format"], pins["version"]) == ("keepstep/pins", 1)
    assert set(pins["pins"][0]) == {"id", "note", "by", "at"}


def test_nan_and_absent_numbers(run: Path):
    state = run / "checkpoint-100" / "trainer_state.json"
    newest = run / "checkpoint-3000" / "trainer_state.json"
    for file in (state, newest):
        file.write_text(file.read_text().replace('"eval_loss": 2.4', '"eval_loss": NaN'))
    done = invoke("scan", run, "--json")
    first = json.loads(done.stdout, parse_constant=lambda name: pytest.fail(name))["checkpoints"][0]
    assert first["metrics"]["eval_loss"] == "nan"
    decisions = _document("plan", run, "--keep", "5", "--json")["decisions"]
    assert {one["tier"] for one in decisions} == {None}
