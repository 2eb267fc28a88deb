"""The review in lines of text: numbered prompts with the same powers, for screen readers."""

from __future__ import annotations

from .run import run_plain

__all__ = ["run_plain"]
