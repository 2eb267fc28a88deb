"""The frame sends what changed, and a terminal that gets only that shows the right screen."""

from __future__ import annotations

import random

import pyte
import pytest
from keepstep.tui.review.frame import Frame
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import LayoutUpdate
from textual.geometry import Region, Size
from textual.strip import Strip

WIDTH, HEIGHT = 24, 3
STYLES = [None, Style(bold=True), Style(color="red"), Style(reverse=True)]


def _update(lines: list[list[tuple[str, Style | None]]]) -> LayoutUpdate:
    strips = [[Strip([Segment(t, s) for t, s in line]).adjust_cell_length(WIDTH)] for line in lines]
    return LayoutUpdate(strips, Region(0, 0, WIDTH, HEIGHT))


def _send(frame: Frame, lines: list[list[tuple[str, Style | None]]]) -> str:
    console = Console(force_terminal=True, color_system="truecolor", legacy_windows=False)
    return frame.update(_update(lines), Size(WIDTH, HEIGHT)).render_segments(console)


def _shown(screen: pyte.Screen) -> list[tuple[object, ...]]:
    """What can be told by looking: a space has no colour and no weight."""
    cells = [screen.buffer[y][x] for y in range(HEIGHT) for x in range(WIDTH)]
    return [
        (c.data, c.reverse) if c.data == " " else (c.data, c.reverse, c.fg, c.bold) for c in cells
    ]


def test_what_stays_is_not_sent():
    frame = Frame()
    _send(frame, [[("one", None)], [("two", None)], []])
    assert _send(frame, [[("one", None)], [("two", None)], []]) == ""


def test_only_the_changed_cells_are_sent():
    frame = Frame()
    _send(frame, [[("step 100", None)], [], []])
    assert _send(frame, [[("step 200", None)], [], []]) == "\x1b[1;6H2"


def test_a_forgotten_screen_is_cleared_and_sent_whole():
    frame = Frame()
    _send(frame, [[("one", None)], [], []])
    frame.forget()
    assert _send(frame, [[("one", None)], [], []]) == "\x1b[2J\x1b[1;1Hone"


@pytest.mark.parametrize("seed", range(40))
def test_a_terminal_ends_up_with_the_last_screen(seed: int):
    draw = random.Random(seed)
    words = ["keep", "delete", "  ", "checkpoint-100", "日本", "é", "▁▂▃", " ", "a"]
    frame, screen = Frame(), pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for _ in range(12):
        lines = [
            [(draw.choice(words), draw.choice(STYLES)) for _ in range(draw.randint(0, 5))]
            for _ in range(HEIGHT)
        ]
        stream.feed(_send(frame, lines))
    fresh = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(fresh).feed(_send(Frame(), lines))
    assert _shown(screen) == _shown(fresh)
