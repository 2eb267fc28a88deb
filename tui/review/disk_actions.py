"""What keys do to the disk: pins at once, commit, undo and purge after a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...policies.decisions import Plan
from ...policies.refusal import Refusal
from ..output import shown
from ..quantities import counted, items, size
from .deeds import Deeds, Outcome, commit_outcome, purge_outcome, undo_outcome, with_room
from .disk import Disk
from .stage import Stage

if TYPE_CHECKING:
    from ...policies.commit.results import OnProgress
    from .artifacts import ArtifactsPane
    from .confirm import ConfirmPane
    from .history import HistoryPane


class DiskActions(Stage):
    """Everything here goes through `disk`; what takes time runs as a deed."""

    disk: Disk
    deeds: Deeds

    def do_pin(self) -> None:
        """Pin the selection, or unpin it when all of it is pinned."""
        ids = self.model.selected()
        free = [id_ for id_ in ids if id_ not in self.model.pins]
        if free:
            self._pin(free)
        elif ids:
            self._unpin(ids)
        self.model.anchor = None

    def do_note(self) -> None:
        """Pin the selection with a note, or give its pins another one."""
        ids = self.model.selected()
        if not ids:
            return
        notes = {pin.note for id_ in ids if (pin := self.model.pins.get(id_))}
        what = shown(ids[0]) if len(ids) == 1 else counted(len(ids), "checkpoint")
        old = notes.pop() if len(notes) == 1 else ""
        self.ask_text(f"pin {what}, because:", old, lambda text: self._note(ids, text))

    def _note(self, ids: Sequence[str], text: str) -> None:
        self._pin(ids, note=text.strip())
        self.model.anchor = None
        self.sync()

    def _pin(self, ids: Sequence[str], note: str = "") -> None:
        model = self.model
        try:
            pins = self.disk.pin(model.catalog, ids, model.now, note)
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
        else:
            model.set_pins({**model.pins, **{pin.id: pin for pin in pins}})

    def _unpin(self, ids: Sequence[str]) -> None:
        model = self.model
        try:
            gone = set(self.disk.unpin(model.catalog, ids))
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
        else:
            model.set_pins({id_: pin for id_, pin in model.pins.items() if id_ not in gone})

    def do_artifacts(self) -> None:
        from .artifacts import ArtifactsPane

        self.open_pane(ArtifactsPane(self.model, self.glyphs))

    def on_artifacts_pane_marked(self, message: ArtifactsPane.Marked) -> None:
        self.model.toggle_file_mark(message.path)
        self.key_line.notice = ""
        self.say_what_changed()
        self.sync()

    def do_history(self) -> None:
        from .history import HistoryPane

        try:
            entries = self.disk.history(self.model.root)
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
            return
        read_only = self.model.read_only
        self.open_pane(HistoryPane(entries, self.glyphs, self.model.clock(), read_only=read_only))

    def do_commit(self) -> None:
        if self.model.trouble:
            self.say(f"the scan failed, so nothing is committed: {self.model.trouble}")
        elif self.model.sums_here.going:
            from .confirm import ConfirmPane

            self.open_pane(ConfirmPane(self.model, self.glyphs, self.keymap))
        else:
            mark = self.keymap.said("mark")
            self.say(f"the plan deletes nothing; digits switch rules on, {mark} marks by hand")

    def on_confirm_pane_confirmed(self, message: ConfirmPane.Confirmed) -> None:
        self.close_pane()
        plan = message.plan
        sums = plan.summary
        self.say(f"moving {items(sums.delete, sums.artifacts, sums.slim)}")
        self.deeds.start(
            "committing",
            lambda tell: self._committed(plan, tell),
        )

    def _committed(self, plan: Plan, tell: OnProgress) -> Outcome:
        purge, undo = self.keymap.said("history"), self.keymap.said("undo")
        outcome = commit_outcome(self.disk.commit(plan, tell, self.deeds.stopped), purge, undo)
        return with_room(outcome, plan, self.disk.space(plan.root))

    def do_undo(self) -> None:
        try:
            entries = self.disk.history(self.model.root)
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
            return
        last = next((entry for entry in entries if entry.is_in_trash), None)
        if last is None:
            self.say("nothing is in the trash")
            return
        many = items(last.checkpoints, last.files, last.slimmed)
        self.ask(f"Put back {many} of the last commit?", lambda: self._undo(last.id))

    def _undo(self, commit_id: str) -> None:
        root = self.model.root
        self.close_pane()
        self.deeds.start(
            "undoing", lambda tell: undo_outcome(self.disk.undo(root, commit_id, tell))
        )

    def _purge(self, commit_id: str) -> None:
        root = self.model.root
        self.close_pane()
        self.deeds.start(
            "purging",
            lambda tell: purge_outcome(self.disk.purge(root, commit_id, tell, self.deeds.stopped)),
        )

    def on_history_pane_wanted(self, message: HistoryPane.Wanted) -> None:
        entry = message.entry
        many = items(entry.checkpoints, entry.files, entry.slimmed) + f", {size(entry.bytes)}"
        if message.purge:
            self.ask(f"Delete {many} for good? There is no undo.", lambda: self._purge(entry.id))
        else:
            self.ask(f"Put back {many}?", lambda: self._undo(entry.id))

    def do_export(self) -> None:
        self.export()

    def export(self) -> bool:
        """Write the plan; whether it was written."""
        try:
            self.say(f"wrote {self.disk.export(self.model.plan_here)}")
        except Refusal as refusal:
            self.say(str(refusal), urgent=True)
            return False
        self.model.note_kept()
        return True
