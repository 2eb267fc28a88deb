"""One plain review: says where things stand, takes a number or a word, and does it.

The same model, plans, words and disk as the full-screen review; only the way of asking differs.
"""

from __future__ import annotations

from collections.abc import Callable

from ...policies.refusal import Refusal
from ..output import shown
from ..quantities import counted
from ..review.details import details_of
from ..review.disk import Disk
from ..review.feed import Feed
from ..review.filtering import FilterError
from ..review.glyphs import ASCII
from ..review.model import ReviewModel
from ..review.ordering import Column
from ..review.rows import described, layout_for
from ..review.runs import RunsPane
from ..review.sums import freed_words, title_facts
from .choosing import ChoiceError, chosen
from .dialogue import WIDTH, Dialogue, GoneError
from .disk_commands import DiskCommands
from .menu import Command, found, menu_lines
from .policy_commands import PolicyCommands

_PAGE = 20
_ALL_COLUMNS = 200


class Session(PolicyCommands, DiskCommands):
    """Until its user leaves."""

    def __init__(
        self, model: ReviewModel, disk: Disk, talk: Dialogue, scan: Callable[[], Feed], title: str
    ) -> None:
        self.model, self.disk, self.talk = model, disk, talk
        self._scan, self._title = scan, title
        self._next = 1  # the row that list goes on with
        self._left = False

    def run(self) -> int:
        """The exit code."""
        try:
            self.talk.say(f"scanning {self._title}")
            self._take(self._scan())
            if self.model.trouble:
                return 2
            self._tell_state()
            self._tell_message()
            if self.model.several_runs:
                self.talk.say("there are several runs here; runs lists them")
            self.talk.say(*menu_lines(read_only=self.model.read_only))
            while not self._left:
                self._one(self.talk.ask("number or word"))
        except GoneError:
            pass
        return 0

    def _one(self, text: str) -> None:
        """One command; whatever it says, the freed line follows when it has changed."""
        before = freed_words(self.model, ASCII)
        word, _, rest = text.partition(" ")
        command = found(word)
        if command is None:
            self.talk.say(f"{word!r} is no command; help lists them" if word else "help lists all")
        elif command.writes and self.model.read_only:
            self.talk.say("this review is read-only: it changes nothing on disk")
        else:
            self._do_command(command, rest.strip())
        self._tell_message()
        if freed_words(self.model, ASCII) != before and not self._left:
            self._tell_state()

    def _do_command(self, command: Command, text: str) -> None:
        if command.asks and not text:
            text = self.talk.ask(command.asks)
            if not text:
                return
        try:
            getattr(self, f"do_{command.word}")(text)
        except Refusal as refusal:
            self.talk.say(str(refusal))
        except KeyboardInterrupt:
            self.talk.say("", "interrupted")

    def _tell_message(self) -> None:
        if self.model.message:
            self.talk.say(self.model.message)
            self.model.message = ""

    def _tell_state(self) -> None:
        model = self.model
        facts = ", ".join(fact for fact, _ in title_facts(model, self.disk.full(model.root)))
        policy = model.plan.policy
        where = f"{self._title}, only {model.scope}" if model.scope else self._title
        self.talk.say(f"{where}: {facts}")
        self.talk.say(policy.sentence() if policy else "no rule is on")
        marks = f"; {counted(model.marked_here, 'mark')} by hand" if model.marked_here else ""
        self.talk.say(freed_words(model, ASCII) + marks)
        if model.filter:
            self.talk.say(f"the filter {model.filter} shows {counted(len(model.visible), 'row')}")

    def do_list(self, text: str) -> None:
        rows = self.model.visible
        first = int(text) if text.isdecimal() else self._next
        first = first if 1 <= first <= len(rows) else 1
        for number, row in enumerate(rows[first - 1 : first - 1 + _PAGE], start=first):
            self.talk.say(f"{number} {described(row, self.model)}")
        self._next = first + _PAGE
        more = len(rows) - self._next + 1
        self.talk.say(f"{more} more; list goes on" if more > 0 else f"end; {len(rows)} in all")

    def do_runs(self, text: str) -> None:
        if not self.model.several_runs:
            self.talk.say("there is one run here")
            return
        before = self.model.scope
        self.model.show_run("")
        pane = RunsPane(self.model, ASCII)
        self.talk.show(pane.before(WIDTH))
        self.talk.number(pane.items(WIDTH))
        text = text or self.talk.ask("which one to go into; nothing stays with all")
        try:
            positions = chosen(text, len(pane.runs))
        except ChoiceError as error:
            self.talk.say(str(error))
            self.model.show_run(before)
            return
        for position in positions[:1]:
            self.model.show_run(pane.runs[position].name)
        self._next = 1
        scope = self.model.scope
        self.talk.say(f"only {scope}; a commit is about that run alone" if scope else "all runs")

    def do_why(self, text: str) -> None:
        for id_ in self.rows(text)[:1]:
            position = self.model.position_of(id_)
            if position is not None:
                self.talk.show(details_of(self.model.visible[position], self.model, ASCII, WIDTH))

    def do_mark(self, text: str) -> None:
        ids = self.rows(text)
        if ids:
            self.model.toggle_marks(ids)

    def do_slim(self, text: str) -> None:
        ids = self.rows(text)
        if ids:
            self.model.toggle_slims(ids)

    def do_sort(self, text: str) -> None:
        cells = layout_for(self.model.inventory, self.model.shown, _ALL_COLUMNS).cells
        titles = {cell.title.lower(): cell.column for cell in cells}
        text = text or self.talk.ask(f"by which of {', '.join(titles)}; nothing leaves")
        column: Column | None = titles.get(text.lower())
        if column is not None:
            self.model.sort_by(column)
            way = "descending" if self.model.sort.descending else "ascending"
            self.talk.say(f"sorted by {text.lower()}, {way}")
            self._next = 1
        elif text:
            self.talk.say(f"{text!r} is no column")

    def do_filter(self, text: str) -> None:
        text = text or self.talk.ask("show only; nothing shows all")
        try:
            self.model.set_filter(text)
        except FilterError as error:
            self.talk.say(f"filter: {error}")
            return
        self._next = 1
        self.talk.say(f"{counted(len(self.model.visible), 'row')} shown")

    def do_rescan(self, _: str) -> None:
        self.rescan()
        self._tell_state()

    def rescan(self) -> None:
        """Look again, to the end."""
        self.model.begin_rescan()
        self._take(self._scan())

    def _take(self, feed: Feed) -> None:
        feed.join()
        self.model.take(feed.drain())
        if feed.trouble:
            self.model.abandon_scan(feed.trouble)
            self.talk.say(f"the scan failed: {shown(feed.trouble)}")

    def do_help(self, _: str) -> None:
        self.talk.say(*menu_lines(read_only=self.model.read_only))

    def do_quit(self, _: str) -> None:
        """A plan that would be lost is asked about; Enter stays."""
        if self.model.read_only or not self.model.unsaved:
            self._left = True
            return
        self.talk.say(
            "Nothing of this plan has been committed.",
            "1 stay", "2 save the policy and leave", "3 export the plan and leave", "4 leave",
        )  # fmt: skip
        answer = self.talk.ask("which one; nothing stays")
        if answer == "2":
            name = self.talk.ask("name")
            self._left = bool(name) and self.do_save(name)
        elif answer == "3":
            self._left = self.do_export("")
        elif answer == "4":
            self._left = True
