"""The log of metrics that were given by hand: torn, foreign, moved and shared."""

from __future__ import annotations

from pathlib import Path

from keepstep.policies import scan
from keepstep.policies.catalog.given_metrics import GivenRow, read_given_rows
from keepstep.policies.training.save_log import append_rows

from ..policies.trees import hugging_face, torch_zip


def metrics(root: Path) -> dict[str, dict[str, float]]:
    return {one.id: dict(one.metrics) for one in scan(str(root)).checkpoints}


def append(holder: Path, *rows: GivenRow) -> None:
    append_rows(str(holder / ".keepstep"), rows)


def test_rows_come_back_as_they_were_written(tmp_path: Path):
    row = GivenRow("a", 3, 1.5, {"x": 0.25}, 12.0, {"x": (1.0, float("inf"))})
    append(tmp_path, row, GivenRow())
    assert read_given_rows(str(tmp_path / ".keepstep")) == (row, GivenRow())


def test_a_torn_line_costs_that_line(tmp_path: Path):
    append(tmp_path, GivenRow("a", 1))
    with (tmp_path / ".keepstep/metrics.jsonl").open("a") as file:
        file.write('{"checkpoint": "b", "st')
    assert [row.checkpoint for row in read_given_rows(str(tmp_path / ".keepstep"))] == ["a"]
    append(tmp_path, GivenRow("c", 3))
    assert [row.checkpoint for row in read_given_rows(str(tmp_path / ".keepstep"))] == ["a", "c"]


def test_strange_content_is_passed_over(tmp_path: Path):
    append(tmp_path, GivenRow("a", 1, metrics={"x": 1.0}))
    with (tmp_path / ".keepstep/metrics.jsonl").open("ab") as file:
        file.write(b'[]\n\xff\xff\n{"metrics": 3, "recent": [1], "step": -4, "epoch": "x"}\nnull\n')
    rows = read_given_rows(str(tmp_path / ".keepstep"))
    assert [row.checkpoint for row in rows] == ["a", ""]
    assert rows[1] == GivenRow()


def test_a_link_is_not_followed(tmp_path: Path):
    append(tmp_path, GivenRow("a", 1))
    log = tmp_path / ".keepstep/metrics.jsonl"
    log.rename(tmp_path / "elsewhere")
    log.symlink_to(tmp_path / "elsewhere")
    assert read_given_rows(str(tmp_path / ".keepstep")) == ()


def test_they_are_seen_from_above_and_move_with_the_run(tmp_path: Path):
    run = tmp_path / "runs" / "exp1"
    hugging_face(run, [100, 200])
    append(run, GivenRow("checkpoint-200", 200, metrics={"val_loss": 0.5}))
    assert metrics(tmp_path)["runs/exp1/checkpoint-200"] == {"val_loss": 0.5}
    run.rename(tmp_path / "runs" / "renamed")
    assert metrics(tmp_path / "runs" / "renamed")["checkpoint-200"] == {"val_loss": 0.5}


def test_they_stand_above_other_logs(tmp_path: Path):
    hugging_face(tmp_path, [100], losses={100: 0.9})
    append(tmp_path, GivenRow("checkpoint-100", 100, metrics={"eval_loss": 0.1, "own": 2.0}))
    assert metrics(tmp_path) == {"checkpoint-100": {"eval_loss": 0.1, "own": 2.0}}


def test_a_number_alone_names_nothing_where_there_are_two_series(tmp_path: Path):
    for name in ("G", "D"):
        for number in (1, 2):
            (tmp_path / name).mkdir(exist_ok=True)
            torch_zip(tmp_path / name / f"model_step_{number}.pth")
    append(tmp_path, GivenRow(step=2, metrics={"x": 1.0}))
    assert not any(metrics(tmp_path).values())


def test_accelerates_own_folder_stays_as_it_is(tmp_path: Path):
    from keepstep.policies.rules.schema import policy_of
    from keepstep.policies.training import Keeper

    folder = tmp_path / "checkpoints"
    keeper = Keeper(folder, policy_of({"name": "l", "keep": [{"last": 1}]}, "test"))
    for number in range(3):
        one = folder / f"checkpoint_{number}"
        one.mkdir(parents=True)
        torch_zip(one / "optimizer.bin")
        torch_zip(one / "model.safetensors")
        torch_zip(one / "random_states_0.pkl")
        keeper.saved(one, metrics={"loss": 1.0 / (1 + number)}).result(60)
    assert all(path.name.startswith("checkpoint_") for path in folder.iterdir())
    assert (tmp_path / ".keepstep/metrics.jsonl").exists()
