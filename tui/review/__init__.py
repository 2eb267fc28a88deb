"""The full-screen review of a training directory."""

from __future__ import annotations

from .run import run_review

__all__ = ["run_review"]
