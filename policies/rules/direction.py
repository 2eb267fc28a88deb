"""Whether smaller or larger is better, for metrics whose name leaves no doubt.

A name that is not known here needs an explicit mode: a guessed direction would keep the worst.
"""

from __future__ import annotations

import re

MODES = ("min", "max")
_WORDS = {
    "min": {
        "loss", "wer", "cer", "ppl", "perplexity", "mae", "mse", "rmse", "fid", "error", "err",
        "nll", "bpb", "bpc",
    },
    "max": {
        "acc", "accuracy", "f1", "auc", "auroc", "map", "iou", "miou", "bleu", "rouge", "rouge1",
        "rouge2", "rougel", "reward", "psnr", "ssim", "precision", "recall", "r2", "mcc",
    },
}  # fmt: skip


def known_mode(metric: str) -> str | None:
    """ "min" or "max" by the last word of the name that says so, else None."""
    words = [word for word in re.split(r"[^a-z0-9]+", metric.lower()) if word]
    if not words or "neg" in words or "negative" in words:
        return None
    found = {mode for mode, known in _WORDS.items() if any(word in known for word in words)}
    return found.pop() if len(found) == 1 else None
