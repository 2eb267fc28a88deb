"""The words around a number in a name: those that say it counts, and those that say it does not.

A number that stands alone ("net_100") counts; one grown onto a word ("resnet18") counts only
after a word of this page. Model sizes, folds, seeds, versions, data and backups never count.
"""

from __future__ import annotations

from ..patterns import pattern


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STEP_WORDS = _words("step steps iter iters iteration iterations it itr update updates ba")
EPOCH_WORDS = _words("epoch epochs ep e")
# Words that a number may be grown onto without saying what it counts.
GROWN_WORDS = _words(
    "checkpoint ckpt chkpt chkpnt chkpoint cp model weights weight net network snapshot snap save "
    "saved state opt optim optimizer ema episode round gen generation params"
)
# Words of names that hold weights, where the suffix leaves it open.
MODEL_WORDS = _words(
    "checkpoint ckpt chkpt chkpnt chkpoint cp model weights net network snapshot snap policy "
    "actor critic generator discriminator encoder decoder lora adapter params"
)
RANK_WORDS = _words(
    "rank shard part partition mp tp pp dp gpu worker proc process node host device consolidated"
)
# The number behind one of these tells models, runs or sizes apart; it orders nothing.
OTHER_MODEL_WORDS = _words(
    "run exp experiment version v ver fold cv kfold split seed trial job task subject group config "
    "setting ablation candidate agent env layer head block level stage phase expert member "
    "ensemble replica client student teacher class label size dim bit bits q scale lr wd dropout "
    "dims hidden hid layers width depth alpha beta gamma bs len length ctx seq emb embed units "
    "channels filters noise beam window res resolution px patient user person speaker id case item "
    "embedding embeddings embed embeds quantizer codebook fsdp "
    "graph mol molecule sentence doc document utt clip wav mel entry row record query vector "
    "vectors tensor tensors point scene view crop patch slice volume scan mask "
    "resnet resnext densenet vgg inception vit efficientnet mobilenet squeezenet convnext swin "
    "t llama yolo yolov"
)
# A name with one of these holds data or a spare copy, not a checkpoint of a series.
FOREIGN_WORDS = _words(
    "backup bak old tmp temp copy orig original broken corrupt corrupted partial incomplete "
    "data dataset datasets batch chunk sample samples feature features latent latents activation "
    "activations cache cached frame frames image images img video audio log logs pred preds "
    "prediction predictions output outputs result results logits tokens "
    "rollout rollouts trajectory trajectories"
)
# The same, unless a word beside the number says what it counts: train_100.pt, train_step_100.pt.
SPLIT_WORDS = _words("train training val valid test eval validation")
_WORD = pattern(r"[A-Z]?[a-z]+|[A-Z]+")
_LEFT = pattern(r"(?P<word>[A-Z]?[a-z]+|[A-Z]+)?(?P<between>[-_.=#@+ ]*)\Z")
# A word before the next number belongs to that one: 16_e2.
_RIGHT = pattern(r"(?P<between>[-_]?)(?P<word>[A-Za-z]+)(?![A-Za-z]|[-_=]?[0-9])")


def words_of(name: str) -> frozenset[str]:
    """Every word in a name, in lower case; "modelEpoch" has two."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def left_word(before: str) -> tuple[str, bool]:
    """The word before a number, and whether the number is grown onto it."""
    match = _LEFT.search(before)
    word = (match["word"] or "").lower() if match else ""
    grown = before[-1:].isalnum()
    return word, grown


def right_word(after: str) -> tuple[str, bool]:
    """The word behind a number, and whether it is grown onto the number."""
    match = _RIGHT.match(after)
    if not match:
        return "", after[:1].isalnum()
    return match["word"].lower(), not match["between"]


def counts_models(before: str) -> bool:
    """Whether a number behind this text tells models, runs or ranks apart: fold, process."""
    word, _ = left_word(before)
    return word in OTHER_MODEL_WORDS or word in RANK_WORDS


def counts_behind(word: str) -> bool:
    """Whether a number may have this word grown onto its end: 12epoch, 500steps, 100k."""
    return word == "k" or unit_of("", word) != ""


def unit_of(left: str, right: str) -> str:
    """What a number counts by its neighbours: "step", "epoch" or "" for a number that says not."""
    for word in (left, right):
        if word in STEP_WORDS:
            return "step"
        if word in EPOCH_WORDS:
            return "epoch"
    return ""
