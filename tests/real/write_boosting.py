"""Boost a few trees with the real XGBoost, LightGBM or CatBoost and keep their snapshots.

    python tests/real/write_boosting.py RUN_DIR xgboost|lightgbm|catboost

truth.json lands beside RUN_DIR.
"""

import os
import sys
from pathlib import Path

import numpy as np
from truth import SavedCheckpoint, Truth

ROUNDS, SAVE_EVERY = 6, 2
DRAW = np.random.default_rng(2)
INPUTS = DRAW.normal(size=(60, 3))
TARGETS = INPUTS @ np.array([1.0, -2.0, 0.5])


def xgboost_run() -> Truth:
    import xgboost

    saver = xgboost.callback.TrainingCheckPoint(".", name="model", interval=SAVE_EVERY)
    data = xgboost.DMatrix(INPUTS, TARGETS)
    booster = xgboost.train({"max_depth": 2}, data, ROUNDS, callbacks=[saver])
    booster.save_model("final.json")
    truth = Truth("xgboost", xgboost.__version__, "", final_model=["final.json"])
    names = sorted(path.name for path in Path().glob("model_*"))
    truth.checkpoints = [SavedCheckpoint(n, int(n[6:].split(".")[0]), None) for n in names]
    return truth


def lightgbm_run() -> Truth:
    import lightgbm

    def snapshot(env: lightgbm.callback.CallbackEnv) -> None:
        """What the command line's snapshot_freq does; the Python package has no such option."""
        if (env.iteration + 1) % SAVE_EVERY == 0:
            env.model.save_model(f"model.txt.snapshot_iter_{env.iteration + 1}")

    data = lightgbm.Dataset(INPUTS, TARGETS)
    settings = {"num_leaves": 4, "min_data_in_leaf": 2, "verbose": -1}
    booster = lightgbm.train(settings, data, ROUNDS, callbacks=[snapshot])
    booster.save_model("model.txt")
    truth = Truth("lightgbm", lightgbm.__version__, "", final_model=["model.txt"])
    for step in range(SAVE_EVERY, ROUNDS + 1, SAVE_EVERY):
        truth.checkpoints.append(SavedCheckpoint(f"model.txt.snapshot_iter_{step}", step, None))
    return truth


def catboost_run() -> Truth:
    import catboost

    model = catboost.CatBoostRegressor(
        iterations=ROUNDS, depth=2, save_snapshot=True, snapshot_interval=0, verbose=False
    )
    model.fit(INPUTS, TARGETS, eval_set=(INPUTS, TARGETS))
    model.save_model("model.cbm")
    truth = Truth("catboost", catboost.__version__, "", final_model=["model.cbm"])
    truth.copies = {"catboost_info/experiment.cbsnapshot": ""}
    return truth


def main() -> None:
    run_dir = Path(sys.argv[1])
    run_dir.mkdir(parents=True)
    os.chdir(run_dir)  # CatBoost writes where it runs; XGBoost would store a longer path
    truth = {"xgboost": xgboost_run, "lightgbm": lightgbm_run, "catboost": catboost_run}[
        sys.argv[2]
    ]()
    truth.run = run_dir.name
    truth.write_beside(Path.cwd())


if __name__ == "__main__":
    main()
