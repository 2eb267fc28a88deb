"""What `TransformersKeeper` costs a real Trainer: the same training alone and with the callback.

    python tests/benchmarks/transformers_overhead.py [--rounds 5] [--saves 8] [--steps 8]

A GPT-2 of 4 million weights (50 MB a checkpoint), a save every few steps, and a policy that trashes
one at each; on one thread of torch, the rounds interleaved, and the medians compared: of the clock,
and of the processor time of the whole process, which other programs disturb less. The budget is
2 % of the clock. Needs transformers and torch.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from keepstep.policies.training import TransformersKeeper
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed

BUDGET = 0.02
LENGTH, VOCABULARY = 64, 1000


class TimedKeeper(TransformersKeeper):
    """Adds up how long the loop waits in the hook that follows a save."""

    waited = 0.0

    def on_save(self, args, state, control, **rest):
        begun = time.perf_counter()
        super().on_save(args, state, control, **rest)
        self.waited += time.perf_counter() - begun


def train(
    place: Path, options: argparse.Namespace, callbacks: list[TimedKeeper]
) -> tuple[float, float]:
    """Seconds that one training takes, by the clock and of the processor."""
    set_seed(7)
    shape = GPT2Config(
        vocab_size=VOCABULARY, n_positions=LENGTH, n_embd=256, n_layer=4, n_head=4,
        bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    tokens = torch.randint(VOCABULARY, (64, LENGTH))
    data = [{"input_ids": row, "labels": row} for row in tokens]
    arguments = TrainingArguments(
        str(place),
        max_steps=options.saves * options.steps,
        save_steps=options.steps,
        per_device_train_batch_size=8,
        disable_tqdm=True,
        use_cpu=True,
        report_to="none",
    )
    trainer = Trainer(GPT2LMHeadModel(shape), arguments, train_dataset=data, callbacks=callbacks)
    begun, worked = time.perf_counter(), time.process_time()
    trainer.train()
    return time.perf_counter() - begun, time.process_time() - worked


def main() -> int:
    """Print the medians and their ratio; 1 when over the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--saves", type=int, default=8)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    waited: list[float] = []
    for _ in range(options.rounds):
        for kept in (False, True):
            with tempfile.TemporaryDirectory() as place:
                policy = Path(place) / "policy.yaml"
                policy.write_text("{name: last 2, keep: [last: 2]}")
                callbacks = [TimedKeeper(policy=policy)] if kept else []
                found[kept].append(train(Path(place) / "run", options, callbacks))
                waited += [one.waited / options.saves for one in callbacks]
    ratio = 0.0
    for i, clock in ((1, "processor"), (0, "clock")):
        alone, kept_ = (statistics.median(each[i] for each in found[k]) for k in (False, True))
        ratio = kept_ / alone - 1
        print(f"{clock:10} alone {alone:.3f} s, kept {kept_:.3f} s: {100 * ratio:+.2f} %")
    print(f"on_save returns after {1e6 * statistics.median(waited):.0f} microseconds")
    return int(ratio > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
