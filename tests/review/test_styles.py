"""The colours of the themes: readable on their background, and told from each other."""

from __future__ import annotations

import pytest
from keepstep.tui.review import styles
from keepstep.tui.review.styles import COLOURS, KEPT, in_theme, theme_of
from keepstep.tui.settings import THEMES
from rich.color import Color
from rich.style import Style
from rich.terminal_theme import TerminalTheme

OURS = [style for style in vars(styles).values() if isinstance(style, Style)]
XTERM = TerminalTheme(
    (255, 255, 255),
    (0, 0, 0),
    [(0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0),
     (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)],
)  # fmt: skip


def _contrast(colour: Color, theme: TerminalTheme, background: tuple[int, int, int]) -> float:
    """By the formula of WCAG 2."""

    def light(rgb: tuple[int, int, int]) -> float:
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    pair = sorted((light(colour.get_truecolor(theme)), light(background)))
    return (pair[1] + 0.05) / (pair[0] + 0.05)


BLACK, WHITE = (0, 0, 0), (255, 255, 255)


@pytest.mark.parametrize(
    ("theme", "background"),
    [("either", BLACK), ("either", WHITE), ("dark", BLACK), ("light", WHITE)],
)
def test_every_word_is_readable_on_its_background(theme: str, background: tuple[int, int, int]):
    words = [style for style in OURS if style is not KEPT]
    colours = {found.color for style in words if (found := in_theme(style, theme)).color}
    assert len(colours) >= 2
    for colour in colours:
        assert _contrast(colour, XTERM, background) >= 3.5, colour.name


def test_plain_has_no_colour_but_what_else_a_style_says():
    for style in OURS:
        plain = in_theme(style, "plain")
        assert plain.color is None or plain.color.is_default
        assert (plain.bold, plain.dim, plain.reverse) == (style.bold, style.dim, style.reverse)


@pytest.mark.parametrize(
    ("asked", "told", "theme"),
    [
        ("auto", "", "either"),
        ("auto", "default;default", "either"),
        ("auto", "15;0", "dark"),
        ("auto", "0;15", "light"),
        ("auto", "0;default;7", "light"),
        ("dark", "0;15", "dark"),
        ("light", "15;0", "light"),
        ("plain", "", "plain"),
    ],
)
def test_a_setting_goes_before_what_the_terminal_tells(asked: str, told: str, theme: str):
    assert theme_of(asked, {"COLORFGBG": told} if told else {}) == theme


def test_every_theme_that_can_be_set_has_colours():
    assert set(THEMES) - {"auto"} == set(COLOURS) - {"either"}
