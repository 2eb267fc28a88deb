"""The review: what each key does to the model and, through `disk`, to the run.

Every action passes `action_do`, which refuses what a read-only review or a running commit must
not do, and ends in `sync`. Policy arithmetic lives elsewhere. A pane's module is imported when a
key first opens it: the first rows do not wait for what most visits never see.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ...policies.rules.policy import Policy
from ..output import shown
from . import told_to_end
from .deeds import Deeds, Done, Progressed
from .details import DetailsPane
from .disk import Disk, LocalDisk
from .disk_actions import DiskActions
from .feed import Feed, scanner
from .filtering import FilterError
from .glyphs import Glyphs, glyphs_for_locale
from .keys import REVIEW
from .model import ReviewModel
from .panes import Pane
from .policy_actions import PolicyActions
from .remapped import TABLE, Keymap
from .remembered import Memory
from .scanning import Scanning, rescan_of
from .table import Table
from .watch import Watch

if TYPE_CHECKING:
    from .leave import LeavePane
    from .runs import RunsPane

_KEYS = {key.id: key for key in REVIEW}
_TIME_TO_GIVE_BACK = 5.0  # seconds
# What goes on while a large run is planned: all else is built upon the plan, and waits for it.
_OF_ANY_PLAN = {"up", "down", "page_up", "page_down", "first", "last", "sort", "reverse", "range"}
_OF_ANY_PLAN |= {"group", "fold"}
_OF_ANY_PLAN |= {"pin", "mark", "slim", "value_before", "value_next", "more", "less"}
_OF_ANY_PLAN |= {f"rule_{n}" for n in range(1, 10)}
_FOLD_IT = {"details", "pin"}  # what a heading takes these for
_OF_A_ROW = {"note", "mark", "slim"}
_NOT_MEANWHILE = {"rescan", "pin", "commit", "undo", "history"}


def review_of(
    root: str,
    policy: Policy | None,
    *,
    now: Callable[[], float],
    feed: Feed | None = None,
    title: str | None = None,
    apparent: bool = False,
    read_only: bool = False,
    disk: Disk | None = None,
    glyphs: Glyphs | None = None,
    memory: Memory | None = None,
    watch: Watch | None = None,
    keymap: Keymap = TABLE,
    colours: str = "either",
    found: Sequence[str] = (),
) -> ReviewApp:
    """A review of an absolute root, scanning; pictures and tests give what must not vary."""
    return ReviewApp(
        ReviewModel(root, policy, now=now, apparent=apparent, read_only=read_only),
        feed=feed or Feed(scanner(root)).start(),
        rescan=lambda aside: rescan_of(root, aside=aside, remember=not read_only),
        disk=disk or LocalDisk(),
        glyphs=glyphs or glyphs_for_locale(),
        title=root if title is None else title,
        memory=memory,
        watch=watch,
        keymap=keymap,
        colours=colours,
        found=found,
    )


class ReviewApp(Scanning, PolicyActions, DiskActions):
    """One review of one directory."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "do('quit')", show=False, priority=True),
        Binding("ctrl+q", "do('quit')", show=False, priority=True),
        Binding("ctrl+l", "repaint", show=False, priority=True),
    ]

    def __init__(
        self,
        model: ReviewModel,
        *,
        feed: Feed,
        rescan: Callable[[bool], Feed],
        disk: Disk,
        glyphs: Glyphs,
        title: str,
        memory: Memory | None,
        watch: Watch | None,
        keymap: Keymap,
        colours: str,
        found: Sequence[str],
    ) -> None:
        super().__init__(model, glyphs, title, keymap, colours)
        self._found = found  # what an interrupted commit had left here
        self.disk = disk
        self.deeds = Deeds(self)
        self._memory = memory
        if memory is not None and (kept := memory.recall()) is not None:
            model.restore(kept)
        self._leaving = False
        self._from_runs = False  # whether the pane was opened over the runs, and goes back there
        self._code = 0
        self.begin_scanning(feed, rescan, watch)

    def on_mount(self) -> None:
        super().on_mount()
        self.listen_to_scans()
        if self._found:
            self.say(shown("; ".join(self._found)))
        stdin = sys.__stdin__
        if not self.is_headless and stdin is not None:
            loop = asyncio.get_running_loop()
            told_to_end.listen(stdin.fileno(), lambda *told: self._told_to_end(loop, *told))

    def _told_to_end(self, loop: asyncio.AbstractEventLoop, number: int, gone: bool) -> None:
        """End, in a thread beside the loop: not amid a checkpoint, nor waiting for a terminal.

        A terminal that is there is given back, if it takes what is written to it at all.
        """
        code = 128 + number
        self.hung_up = self.hung_up or gone
        self.deeds.stop()
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(self._end, code)
        self.deeds.join()
        if not self.hung_up:
            time.sleep(_TIME_TO_GIVE_BACK)
        self._remember()
        os._exit(code)

    def _end(self, code: int) -> None:
        self._code = code
        if self.deeds.doing:
            self._leaving = True
            self.deeds.stop()
        else:
            self.exit(code)

    def on_unmount(self) -> None:
        self.end_scanning()
        self._remember()

    def _remember(self) -> None:
        model = self.model
        memory, self._memory = self._memory, None  # once, whoever comes first
        if memory is not None and not model.read_only and model.arrivals.named:
            memory.keep(model.choices)

    def action_do(self, id_: str) -> None:
        """Do what a key of the table stands for."""
        self.key_line.notice = ""
        if id_ not in _OF_ANY_PLAN:
            self.model.settle()
        heading = self.model.heading
        if _KEYS[id_].writes and self.model.read_only:
            self.say("this review is read-only: it changes nothing on disk")
        elif self.deeds.doing and id_ in _NOT_MEANWHILE:
            self.say(f"{self.deeds.doing}; one thing at a time")
        elif heading is not None and id_ in _FOLD_IT and not self.model.selection:
            self.model.toggle_fold(heading)
        elif heading is not None and id_ in _OF_A_ROW and not self.model.selection:
            self.say("this is a series: Enter opens it; v selects a range of its rows")
        elif id_.startswith("rule_"):
            self.model.toggle(int(id_.removeprefix("rule_")) - 1)
        else:
            getattr(self, f"do_{id_}")()
        self.say_what_changed()
        self.sync()

    def do_up(self) -> None:
        self.model.move_to(self.model.cursor_position - 1)

    def do_down(self) -> None:
        self.model.move_to(self.model.cursor_position + 1)

    def do_page_up(self) -> None:
        self.model.move_to(self.model.cursor_position - self.table.page)

    def do_page_down(self) -> None:
        self.model.move_to(self.model.cursor_position + self.table.page)

    def do_first(self) -> None:
        self.model.move_to(0)

    def do_last(self) -> None:
        self.model.move_to(len(self.model.rows) - 1)

    def do_sort(self) -> None:
        self.model.sort_next(self.table.layout_now.columns)

    def do_reverse(self) -> None:
        self.model.sort_reversed()

    def do_range(self) -> None:
        self.model.anchor = None if self.model.anchor else self.model.cursor

    def do_group(self) -> None:
        self.model.toggle_grouping()

    def do_fold(self) -> None:
        self.model.fold_all()

    def do_clear(self) -> None:
        if self.model.anchor:
            self.model.anchor = None
        elif self.model.filter:
            self.model.set_filter("")
        elif self.model.scope:
            self.do_runs()

    def do_runs(self) -> None:
        if self.model.several_runs:
            from .runs import RunsPane

            self.open_pane(RunsPane(self.model, self.glyphs))
            self.model.show_run("")  # what is done from here is done to all runs
        else:
            self.say("there is one run here")

    def open_pane(self, pane: Pane) -> None:
        from .runs import RunsPane

        over_runs = isinstance(self.pane, RunsPane) or (self._from_runs and self.pane is not None)
        self._from_runs = over_runs and not isinstance(pane, RunsPane)
        super().open_pane(pane)

    def close_pane(self) -> None:
        back, self._from_runs = self._from_runs and self.pane is not None, False
        super().close_pane()
        if back:
            self.do_runs()

    def look_over(self) -> None:
        model = self.model
        if model.several_runs and model.untouched and not (self.pane or self.prompt):
            self.do_runs()

    def on_runs_pane_opened(self, message: RunsPane.Opened) -> None:
        self.model.show_run(message.directory)
        self.key_line.notice = ""
        self.close_pane()

    def do_mark(self) -> None:
        self.model.toggle_marks(self.model.selected())
        self.model.anchor = None

    def do_slim(self) -> None:
        self.model.toggle_slims(self.model.selected())
        self.model.anchor = None

    def do_filter(self) -> None:
        self.ask_text("/", self.model.filter, self._filter)

    def _filter(self, text: str) -> None:
        try:
            self.model.set_filter(text)
        except FilterError as error:
            self.say(f"filter: {error}", urgent=True)
        self.sync()

    def do_details(self) -> None:
        self.open_pane(DetailsPane(self.model, self.glyphs))

    def do_help(self) -> None:
        from .help import HelpPane

        self.open_pane(HelpPane(self.glyphs, self.keymap))

    def on_progressed(self, message: Progressed) -> None:
        if self.deeds.doing:
            self.say(message.text)

    def on_done(self, message: Done) -> None:
        outcome = message.outcome
        self.deeds.doing = ""
        if self._leaving:
            self.exit(self._code)
            return
        self.say(outcome.sentence, urgent=outcome.failed)
        if outcome.details:
            from .results import ResultPane

            self.open_pane(ResultPane(outcome, self.glyphs))
        self.rescan()

    def do_quit(self) -> None:
        from .leave import LeavePane

        if self.deeds.doing:
            self._leaving = True
            self.deeds.stop()
            self.say(f"{self.deeds.doing}; leaving after this checkpoint")
        elif self.model.read_only or not self.model.unsaved or isinstance(self.pane, LeavePane):
            self.exit(0)
        else:
            self.open_pane(LeavePane(self.model, self.glyphs))

    def on_leave_pane_chosen(self, message: LeavePane.Chosen) -> None:
        from .leave import Way

        self.close_pane()
        if message.way is Way.SAVE:
            self.save_then(lambda: self.exit(0))
        elif message.way is Way.DISCARD or (message.way is Way.EXPORT and self.export()):
            self.exit(0)
        self.sync()

    def on_pane_closed(self) -> None:
        from .runs import RunsPane

        self.key_line.notice = ""
        if isinstance(self.pane, RunsPane):
            self.model.show_run("")
        self.close_pane()

    def on_table_header_clicked(self, message: Table.HeaderClicked) -> None:
        self.model.sort_by(message.column)
        self.sync()

    def on_table_heading_clicked(self, message: Table.HeadingClicked) -> None:
        self.model.move_to(message.position)
        if self.model.heading is not None:
            self.model.toggle_fold(self.model.heading)
        self.sync()

    def on_table_row_clicked(self, message: Table.RowClicked) -> None:
        self.model.move_to(message.position)
        self.sync()
