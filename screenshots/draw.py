"""Draw the pictures of the README again: `python screenshots/draw.py`, with keepstep installed.

Each is the review on the sample run at a fixed time, so that a change of a picture is a change of
the screen.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from keepstep.policies import load_policy
from keepstep.tui.review.app import review_of
from keepstep.tui.sample.run import build_sample_run

NOW = 1_763_806_800.0
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Picture:
    """A name, a size in columns and rows, and the keys that lead there."""

    name: str
    columns: int
    rows: int
    keys: tuple[str, ...] = ()


PICTURES = (
    Picture("review-120x40", 120, 40, ("j",) * 5),
    Picture("review-80x24", 80, 24, ("j",) * 3),
    Picture("why-80x24", 80, 24, ("slash", *"step=14700", "enter", "enter")),
    Picture("confirm-120x40", 120, 40, ("c", "1", "2", "7")),
    Picture("presets-80x24", 80, 24, ("p", "j")),
)


async def draw(picture: Picture, run: Path) -> str:
    """The SVG of one picture."""
    app = review_of(
        str(run),
        load_policy("balanced"),
        now=lambda: NOW,
        title="/scratch/amy/run7",
        apparent=True,
    )
    async with app.run_test(size=(picture.columns, picture.rows)) as pilot:
        while app.model.scanning:
            await pilot.pause(0.05)
        await pilot.press(*picture.keys)
        await pilot.pause()
        return app.export_screenshot(title="keepstep")


def main() -> None:
    """Draw all of them."""
    place = Path(tempfile.mkdtemp(prefix="keepstep-pictures-"))
    try:
        run = place / "run7"
        build_sample_run(run, now=NOW)
        for picture in PICTURES:
            (HERE / f"{picture.name}.svg").write_text(asyncio.run(draw(picture, run)))
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
