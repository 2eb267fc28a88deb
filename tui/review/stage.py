"""The screen as a place: which widgets stand where, which pane is open, what is being asked.

Widgets draw themselves from the model in `sync`; what keys mean is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen

from ..output import shown
from .bars import FreedLine, KeyLine, PolicyPanel, TitleLine
from .details import DetailsSide
from .frame import Frame
from .glyphs import Glyphs
from .keys import HABITS, REVIEW
from .lines import Lines
from .metric_curve import MetricCurve
from .model import ReviewModel
from .panes import Pane
from .prompt import Question, TextPrompt
from .remapped import TABLE, Keymap
from .table import Table
from .timeline import Timeline
from .too_small import TooSmall

SIDE_FROM = 110  # columns from which the details stand beside the table
TALL_FROM = 34  # lines from which the curve and the timeline get axes
_LINES_WITH_CURVE = 16
_LINES_WITH_TIMELINE = 12
_LEAST_COLUMNS, _LEAST_LINES = 40, 8
_CURVE_HEIGHT = 5
_MOST_RULE_LINES = 3
_MOST_NOTICE_LINES = 4


class Stage(App[int]):
    """One screen for everything: on a slow link a new screen costs more than a new pane."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "keepstep"
    CSS = """
    Screen { layout: vertical; overflow: hidden; }
    #body { height: 1fr; }
    """

    def __init__(
        self,
        model: ReviewModel,
        glyphs: Glyphs,
        title: str,
        keymap: Keymap = TABLE,
        colours: str = "either",
    ) -> None:
        # The terminal's own colours: half the bytes, and right on dark and on light.
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self._frame = Frame()
        self.left = False  # the end was asked for: keys are for the shell now
        self.hung_up = False  # nobody reads any more; what is written would wait for ever
        self.model = model
        self.glyphs = glyphs
        self.title_line = TitleLine(model, glyphs, title)
        self.keymap = keymap
        self.colours = colours  # the theme that every line is drawn in
        self.too_small = TooSmall(_LEAST_COLUMNS, _LEAST_LINES)
        self.rules = PolicyPanel(model, glyphs, keymap.said("presets"))
        self.curve = MetricCurve(model, glyphs)
        self.timeline = Timeline(model, glyphs)
        self.table = Table(model, glyphs)
        self.side = DetailsSide(model, glyphs)
        self.freed = FreedLine(model, glyphs)
        self.key_line = KeyLine(model, glyphs)
        self.key_line.keys = keymap.of(REVIEW)
        self.pane: Pane | None = None
        self.prompt: Question | TextPrompt | None = None

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self.hung_up:
            return
        if isinstance(renderable, LayoutUpdate | ChopsUpdate):
            renderable = cast(RenderableType, self._frame.update(renderable, self.size))
        super()._display(screen, renderable)

    def exit(
        self,
        result: int | None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """Leave; whatever comes after is not for this screen any more."""
        self.left = True
        super().exit(result, return_code, message)

    async def on_event(self, event: events.Event) -> None:
        if not (self.left and isinstance(event, events.InputEvent)):
            await super().on_event(event)

    async def _on_message(self, message: Message) -> None:
        """What panes and threads said before the end may come after it; nothing is begun then."""
        if not self.left or type(message).__module__.startswith("textual."):
            await super()._on_message(message)

    def action_repaint(self) -> None:
        """Send the whole screen again: something else may have written on the terminal."""
        self._frame.forget()
        self.refresh(layout=True)

    def compose(self) -> ComposeResult:
        self._fit(self.size.width, self.size.height)
        yield self.too_small
        yield self.title_line
        yield self.rules
        yield self.curve
        yield self.timeline
        with Horizontal(id="body"):
            yield self.table
            yield self.side
        yield self.freed
        yield self.key_line

    def on_mount(self) -> None:
        # After Ctrl+Z and fg the terminal shows what the shell left there.
        self.app_resume_signal.subscribe(self, lambda _: self._frame.forget())
        self._focus(self.table)

    def on_key(self, event: events.Key) -> None:
        """What has the focus did not take it: then it is a key of the table of keys.

        Looked up here, when all keys before it are done: typed ahead, it is for what they opened.
        """
        place = self.focused
        if not isinstance(place, Table | Pane):
            return
        action = self.keymap.action(place.keys, event.key)
        if action is None:
            self._say_what_else(place, event)
            return
        event.prevent_default()
        if isinstance(place, Pane) and self.key_line.notice:
            self.say("")
        on_pane = getattr(place, f"action_{action}", None) if isinstance(place, Pane) else None
        if on_pane is not None:
            on_pane()
        else:
            self.action_do(action)

    def _say_what_else(self, place: Table | Pane, event: events.Key) -> None:
        """A key that does nothing here: which ones do what was meant, or where all are told."""
        pressed = event.character if event.is_printable else event.key
        if not pressed:
            return
        known = {one.id: one for one in self.keymap.of(place.keys)}
        meant = [known[name] for name in HABITS.get(event.key, ()) if name in known]
        hints = [f"{self.keymap.said(one.id)}: {one.brief}" for one in meant]
        hints = hints or [f"{self.keymap.said('help')} tells all keys"]
        self.say(f"{shown(pressed)} does nothing here; {'; '.join(hints)}")

    def action_do(self, id_: str) -> None:
        """Do what a key of the table stands for."""
        raise NotImplementedError

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        """Heights and columns for a terminal of this size."""
        tall = height >= TALL_FROM
        self.side.display = width >= SIDE_FROM and self.pane is None
        self.timeline.display = height >= _LINES_WITH_TIMELINE
        self.curve.display = bool(self.model.shown.metrics) and height >= _LINES_WITH_CURVE
        _set_height(self.curve, _CURVE_HEIGHT if tall else 1)
        _set_height(self.timeline, 2 if tall and not self.model.several_series else 1)
        _set_height(self.key_line, min(_MOST_NOTICE_LINES, len(self.key_line.notice_lines(width))))
        most = _MOST_RULE_LINES if height >= _LINES_WITH_CURVE else 1
        _set_height(self.rules, min(most, len(self.rules.lines_for(width))))
        self._make_way(width < _LEAST_COLUMNS or height < _LEAST_LINES)

    def _make_way(self, too_small: bool) -> None:
        """A screen that cannot show what keys would do says so, and nothing else."""
        self.too_small.display = too_small
        for widget in (self.title_line, self.rules, self.freed):
            widget.display = not too_small
        self.table.display = not too_small and self.pane is None
        self.key_line.display = not too_small and self.prompt is None
        for more in (self.timeline, self.curve, self.side):
            more.display = more.display and not too_small
        for over in (self.pane, self.prompt):
            if over is not None:
                over.display = not too_small
        if not self.table.is_attached:
            return
        if too_small:
            self.screen.set_focus(None)  # no key acts on what is not to be seen
        elif self.focused is None:
            self._focus(self.prompt or self.pane or self.table)

    def sync(self) -> None:
        """Let every widget draw what has changed."""
        if not self.is_running:
            return
        self._fit(self.size.width, self.size.height)
        widgets: Sequence[Lines] = (
            self.too_small, self.title_line, self.rules, self.curve, self.timeline,
            self.freed, self.key_line,
        )  # fmt: skip
        body = (self.pane,) if self.pane is not None else (self.table, self.side)
        for widget in (*widgets, *body):
            if widget.display and widget.size:
                widget.sync()

    def say(self, text: str, *, urgent: bool = False) -> None:
        """Show a sentence in place of the keys, until the next key."""
        self.key_line.notice, self.key_line.urgent = text, urgent
        self._fit(self.size.width, self.size.height)
        self.key_line.sync()

    def say_what_changed(self) -> None:
        if self.model.message:
            self.say(self.model.message, urgent=True)
            self.model.message = ""

    def open_pane(self, pane: Pane) -> None:
        """Put a pane in the place of the table."""
        if self.pane is not None:
            self.pane.remove()
        self.pane = pane
        self.table.display = self.side.display = False
        self.key_line.keys = self.keymap.of(pane.keys)
        self.query_one("#body").mount(pane)
        self._focus(pane)

    def close_pane(self) -> None:
        """Back to the table."""
        if self.pane is None:
            return
        self.pane.remove()
        self.pane = None
        self.table.display = True
        self.key_line.keys = self.keymap.of(REVIEW)
        self._focus(self.table)
        self.sync()

    def _focus(self, widget: Lines) -> None:
        """At once, not when Textual comes to it: keys typed ahead are for what was just opened."""
        self.screen.set_focus(widget, scroll_visible=False)

    def ask(self, question: str, on_yes: Callable[[], None]) -> None:
        """A question for y or n on the last line."""
        self._open_prompt(Question(question, on_yes, self._close_prompt, self.keymap))

    def ask_text(self, label: str, text: str, on_text: Callable[[str], None]) -> None:
        """A word to type on the last line."""
        self._open_prompt(TextPrompt(label, text, on_text, self._close_prompt))

    def _open_prompt(self, prompt: Question | TextPrompt) -> None:
        self._close_prompt()
        self.prompt = prompt
        self.key_line.display = False
        self.screen.mount(prompt)
        self._focus(prompt)

    def _close_prompt(self) -> None:
        if self.prompt is None:
            return
        self.prompt.remove()
        self.prompt = None
        self.key_line.display = True
        self._focus(self.pane or self.table)


def _set_height(widget: Lines, height: int) -> None:
    """Only a changed height is worth a new layout."""
    current = widget.styles.height
    if current is None or current.value != height:
        widget.styles.height = height
