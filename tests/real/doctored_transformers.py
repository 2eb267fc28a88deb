"""Train with the real Trainer, or ask finetune-doctor about such a run, and let it prune.

    python tests/real/doctored_transformers.py train|doctor RUN_DIR

Prints one line of JSON: what finetune-doctor would keep, calls equal to the best, and removed.
"""

import contextlib
import json
import sys
from pathlib import Path


def train(run: Path) -> dict[str, object]:
    from tiny_transformers import PLANNED_STEPS, build_trainer

    build_trainer(run, PLANNED_STEPS).train()
    return {}


def doctor(run: Path) -> dict[str, object]:
    from finetune_doctor import prune
    from finetune_doctor.diagnosis import diagnose
    from finetune_doctor.history import load

    found = diagnose(load(str(run)), metric="eval_loss", higher_is_better=False)
    plan = prune.plan(found)
    prune.apply(plan)
    return {
        "pick": found.pick.keep_step,
        "best": found.pick.best_step,
        "unsaved": found.pick.unsaved_best,
        "equal": found.pick.equivalent_steps,
        "kept": plan.keep,
        "freed": plan.freed_bytes,
    }


def main() -> None:
    doing, place = sys.argv[1:]
    with contextlib.redirect_stdout(sys.stderr):
        report = (train if doing == "train" else doctor)(Path(place))
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
