"""Pins, commit, undo, purge and export by number: each change of a checkpoint after a question."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ...policies.commit.results import HistoryEntry, Progress
from ...policies.decisions import Plan
from ...policies.refusal import Refusal
from ..output import shown
from ..quantities import items, size
from ..review.artifacts import ArtifactsPane
from ..review.deeds import Outcome, commit_outcome, purge_outcome, undo_outcome, with_room
from ..review.disk import Disk
from ..review.glyphs import ASCII
from ..review.history import HistoryPane
from ..review.model import ReviewModel
from ..review.odd_facts import commitment
from ..review.rows import described
from .choosing import ChoiceError, chosen
from .dialogue import WIDTH, Dialogue

_EVERY = 5.0  # seconds between two lines of progress


class DiskCommands:
    """Everything here goes through `disk`, and the screen sees what it did by a new scan."""

    model: ReviewModel
    disk: Disk
    talk: Dialogue
    rescan: Callable[[], None]

    def rows(self, text: str) -> tuple[str, ...]:
        """The ids of the rows that a person named."""
        try:
            positions = chosen(text, len(self.model.visible))
        except ChoiceError as error:
            self.talk.say(str(error))
            return ()
        return tuple(self.model.visible[position].checkpoint.id for position in positions)

    def do_pin(self, text: str) -> None:
        ids = self.rows(text)
        free = [id_ for id_ in ids if id_ not in self.model.pins]
        if free:
            self._pin(free, "")
        elif ids:
            gone = set(self.disk.unpin(self.model.catalog, ids))
            pins = self.model.pins
            self.model.set_pins({id_: pin for id_, pin in pins.items() if id_ not in gone})
            self.talk.say(f"unpinned {len(gone)}")

    def do_note(self, text: str) -> None:
        ids = self.rows(text)
        if ids:
            self._pin(ids, self.talk.ask("why must it stay"))

    def _pin(self, ids: Sequence[str], note: str) -> None:
        model = self.model
        pins = self.disk.pin(model.catalog, ids, model.now, note)
        model.set_pins({**model.pins, **{pin.id: pin for pin in pins}})
        self.talk.say(f"pinned {len(pins)}")

    def do_artifacts(self, text: str) -> None:
        pane = ArtifactsPane(self.model, ASCII)
        self.talk.show(pane.before(WIDTH))
        self.talk.number(pane.items(WIDTH))
        if not pane.artifacts:
            return
        text = text or self.talk.ask("mark or unmark which file; nothing leaves")
        try:
            for position in chosen(text, len(pane.artifacts)):
                self.model.toggle_file_mark(pane.artifacts[position].path)
        except ChoiceError as error:
            self.talk.say(str(error))

    def do_commit(self, _: str) -> None:
        model = self.model
        if model.trouble or not model.sums_here.going:
            self.talk.say(model.trouble or "the plan deletes nothing; rules or mark change that")
            return
        found = commitment(model)
        plan = found.plan
        self.talk.say(*found.facts, *(f"Note: {fact}" for fact in found.odd))
        if self.talk.sure(f"List the {found.count} that go?"):
            self.talk.say(*(described(one, model) for one in found.going))
            self.talk.say(*(f"{d.artifact.path}, {size(d.artifact.bytes)}" for d in found.files))
        if found.typed:
            answer = self.talk.ask(f"Type {found.count} to move them to the trash")
            agreed = answer == str(found.count)
        else:
            agreed = self.talk.sure("Move them to the trash?")
        if not agreed:
            self.talk.say("nothing was moved")
            return
        self._do(lambda: self._committed(plan))

    def _committed(self, plan: Plan) -> Outcome:
        result = self.disk.commit(plan, self._progress(), lambda: False)
        return with_room(commit_outcome(result, "trash", "undo"), plan, self.disk.space(plan.root))

    def do_undo(self, _: str) -> None:
        entries = self.disk.history(self.model.root)
        last = next((entry for entry in entries if entry.is_in_trash), None)
        if last is None:
            self.talk.say("nothing is in the trash")
        else:
            self._undo(last)

    def _undo(self, entry: HistoryEntry) -> None:
        if self.talk.sure(f"Put back {items(entry.checkpoints, entry.files, entry.slimmed)}?"):
            root = self.model.root
            self._do(lambda: undo_outcome(self.disk.undo(root, entry.id, self._progress())))

    def do_trash(self, _: str) -> None:
        model = self.model
        entries = self.disk.history(model.root)
        pane = HistoryPane(entries, ASCII, model.clock(), read_only=model.read_only)
        self.talk.show(pane.before(WIDTH))
        self.talk.number(pane.items(WIDTH))
        if not any(entry.is_in_trash for entry in entries):
            return
        word, _, text = self.talk.ask("undo 1 puts back, purge 1 deletes for good").partition(" ")
        try:
            positions = chosen(text, len(entries)) if word in ("undo", "purge") else []
        except ChoiceError as error:
            self.talk.say(str(error))
            return
        for entry in (entries[position] for position in positions[:1]):
            if not entry.is_in_trash:
                self.talk.say("nothing of it is in the trash")
            elif word == "undo":
                self._undo(entry)
            else:
                self._purge(entry)

    def _purge(self, entry: HistoryEntry) -> None:
        many = items(entry.checkpoints, entry.files, entry.slimmed) + f", {size(entry.bytes)}"
        if self.talk.sure(f"Delete {many} for good? There is no undo."):
            root = self.model.root
            stop = lambda: False  # noqa: E731 - Ctrl+C stops it by itself
            progress = self._progress()
            self._do(lambda: purge_outcome(self.disk.purge(root, entry.id, progress, stop)))

    def do_export(self, _: str) -> bool:
        """Whether it was written."""
        try:
            self.talk.say(f"wrote {self.disk.export(self.model.plan_here)}")
        except Refusal as refusal:
            self.talk.say(str(refusal))
            return False
        self.model.note_kept()
        return True

    def _do(self, deed: Callable[[], Outcome]) -> None:
        """Change the disk, tell what came of it, and look again."""
        try:
            outcome = deed()
        finally:
            self.rescan()
        self.talk.say(outcome.sentence, *(shown(detail) for detail in outcome.details))

    def _progress(self) -> Callable[[Progress], None]:
        told = time.monotonic()

        def tell(progress: Progress) -> None:
            nonlocal told
            if time.monotonic() - told >= _EVERY:
                told = time.monotonic()
                self.talk.say(f"{progress.doing} {progress.done} of {progress.total}")

        return tell
