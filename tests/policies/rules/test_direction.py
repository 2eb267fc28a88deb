"""The direction of better, by name: known, or not guessed at."""

from __future__ import annotations

import pytest
from keepstep.policies.rules.direction import known_mode

MIN = """loss val_loss eval_loss train/loss validation-loss eval_wer test_cer ppl perplexity val_mae
    rmse fid val_error top1_err nll dice_loss val_iou_loss reward_loss mean_squared_error bpb
    fid_score"""
MAX = """acc val_acc eval_accuracy acc1 best_acc1 f1 eval_f1_macro roc_auc mAP coco/bbox_mAP mIoU
    metrics/mAP50(B) metrics/mAP50-95(B) metrics/mAP_0.5 bbox/AP bleu eval_rouge2 rougeLsum
    mean_reward rollout/ep_rew_mean episode_reward_mean score best_score eval_top1 r2 psnr ssim
    neg_mean_squared_error neg_log_loss neg_root_mean_squared_error test_neg_mae"""
UNKNOWN = """epoch_time foo mean_rank map_rank_loss_ratio loss_iou negative_log_likelihood
    neg_log_likelihood neg_elbo neg_reward neg_foo neg lr value"""


@pytest.mark.parametrize("metric", MIN.split())
def test_smaller_is_better(metric: str):
    assert known_mode(metric) == "min"


@pytest.mark.parametrize("metric", MAX.split())
def test_larger_is_better(metric: str):
    assert known_mode(metric) == "max"


@pytest.mark.parametrize("metric", UNKNOWN.split())
def test_unknown_is_never_guessed(metric: str):
    assert known_mode(metric) is None


def test_names_of_nothing():
    assert known_mode("") is None
    assert known_mode("///") is None
