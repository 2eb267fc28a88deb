"""Drives a review as a person does: keys in, screen text out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepstep.policies.rules.preset_files import load_policy
from keepstep.tui.review.app import ReviewApp, review_of
from keepstep.tui.review.glyphs import UNICODE
from textual.pilot import Pilot

NOW = 1_763_806_800.0
PATIENCE = 20.0  # seconds; a loaded machine is slow, a hanging review is wrong


@dataclass
class Reviewer:
    """One open review."""

    app: ReviewApp
    pilot: Pilot[Any]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        names = {" ": "space", "/": "slash", ">": "greater_than_sign", "<": "less_than_sign"}
        await self.press(*(names.get(char, char) for char in text))

    async def settle(self) -> None:
        """Until nothing is scanned, moved or drawn any more."""
        deadline = time.monotonic() + PATIENCE
        await self.pilot.pause()
        while self.app.model.scanning or self.app.model.stale or self.app.deeds.doing:
            assert time.monotonic() < deadline, "the review hangs"
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    @property
    def lines(self) -> list[str]:
        """The screen as text."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def freed(self) -> str:
        return self.lines[-2].strip()

    @property
    def last(self) -> str:
        return self.lines[-1].strip()

    @property
    def notice(self) -> str:
        """What the last key had to say."""
        return self.app.key_line.notice

    def row(self, step: int) -> str:
        """The row of a step; it must be in sight."""
        return next(line for line in self.lines if f" {step} " in line)


def outline(root: Path, *, without: str = "") -> dict[str, tuple[object, ...]]:
    """Every entry with size, time and inode; reading 617 GB of holes would take minutes."""
    found: dict[str, tuple[object, ...]] = {}
    for path in root.rglob("*"):
        relative = str(path.relative_to(root))
        status = path.lstat()
        size = 0 if path.is_dir() else status.st_size
        if not without or not relative.startswith(without):
            found[relative] = (status.st_mode, size, status.st_mtime_ns, status.st_ino)
    return found


@asynccontextmanager
async def review(
    root: Path,
    policy: str | None = "balanced",
    *,
    size: tuple[int, int] = (80, 24),
    **wanted: Any,
) -> AsyncIterator[Reviewer]:
    """A review of a sample run, scanned and drawn."""
    wanted = {"apparent": True, "glyphs": UNICODE, "title": "/scratch/amy/run7", **wanted}
    app = review_of(
        str(root.resolve()), load_policy(policy) if policy else None, now=lambda: NOW, **wanted
    )
    async with app.run_test(size=size) as pilot:
        reviewer = Reviewer(app, pilot)
        await reviewer.settle()
        yield reviewer
