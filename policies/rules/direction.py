"""Whether smaller or larger is better, for metrics whose name leaves no doubt.

A name that is not known here needs an explicit mode: a guessed direction would keep the worst.
"""

from __future__ import annotations

import re

from ..patterns import pattern

MODES = ("min", "max")
_WORDS = {
    "min": {
        "loss", "wer", "cer", "ter", "eer", "der", "ppl", "perplexity", "mae", "mse", "rmse",
        "mape", "fid", "lpips", "error", "err", "nll", "bpb", "bpc", "bpd", "logloss", "brier",
        "epe",
    },
    "max": {
        "acc", "accuracy", "f1", "auc", "auroc", "auprc", "ap", "map", "iou", "miou", "dice",
        "bleu", "sacrebleu", "chrf", "meteor", "rouge", "rougel", "rougelsum", "reward", "rewards",
        "rew", "psnr", "ssim", "precision", "recall", "r2", "mcc", "ndcg", "mrr", "pesq", "stoi",
    },
}  # fmt: skip
# They say something only where no other word does: fid_score is small when good.
_WEAK = {"score", "scores", "top1", "top5"}
# Whatever stands before them, they say what the number is: dice_loss is a loss.
_FINAL = {"loss", "error", "err"}
# Their negative is itself well known, and small: the negative log likelihood.
_LIKELIHOODS = {"likelihood", "ll", "elbo"}
_CUTOFF = pattern(r"\d+$")  # acc1, mAP50, rouge2


def known_mode(metric: str) -> str | None:
    """ "min" or "max" where the words of the name agree on it, else None."""
    words = [word for word in re.split(r"[^a-z0-9]+", metric.lower()) if word]
    if "neg" in words or "negative" in words:
        return _negated([word for word in words if word not in ("neg", "negative")])
    if words and words[-1] in _FINAL:
        return "min"
    found = {mode for word in words if (mode := _mode_of(word))}
    if not found and _WEAK & set(words):
        return "max"
    return found.pop() if len(found) == 1 else None


def _negated(words: list[str]) -> str | None:
    """neg_mean_squared_error is max; the negative of what should be large is not guessed at."""
    if _LIKELIHOODS & set(words):
        return None
    return "max" if known_mode(" ".join(words)) == "min" else None


def _mode_of(word: str) -> str | None:
    for mode, known in _WORDS.items():
        if word in known or _CUTOFF.sub("", word) in known:
            return mode
    return None
