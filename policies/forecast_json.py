"""Forecasts as JSON: keepstep/forecast of a run, and keepstep/estimate of a run to come."""

from __future__ import annotations

from .forecast import Estimate, Forecast, Holding
from .json_text import Document, number
from .rules.policy import Policy


def forecast_document(found: Forecast, root: str, policy: Policy, free: int | None) -> Document:
    """Moments in seconds from the newest save, sizes in bytes."""
    return {
        "format": "keepstep/forecast",
        "version": 1,
        "root": root,
        "policy": policy.document(),
        "free_bytes": free,
        "cadences": [
            {
                "series": one.series,
                "every": number(one.gap),
                "seconds": number(one.seconds),
                "bytes": one.size,
            }
            for one in found.cadences
        ],
        "now": {"without": _holding(found.now), "with": _holding(found.kept_now)},
        "points": [
            {
                "after": one.after,
                "seconds": number(one.seconds),
                "without": _holding(one.without),
                "with": _holding(one.kept),
            }
            for one in found.points
        ],
        "fills_in_seconds": {
            "without": number(found.fills_without),
            "with": number(found.fills_with),
        },
        "steady": found.steady,
        "growth_bytes_a_month": number(found.growth),
    }


def estimate_document(found: Estimate, policy: Policy, asked: dict[str, int]) -> Document:
    """A run that is only numbers."""
    return {
        "format": "keepstep/estimate",
        "version": 1,
        "policy": policy.document(),
        **asked,
        "without": _holding(found.without),
        "with": _holding(found.kept),
        "rule_of_thumb": number(found.simple),
    }


def _holding(one: Holding) -> Document:
    return {"checkpoints": one.checkpoints, "bytes": one.bytes}
