"""What commits there were, newest first, as their journals tell; reads only."""

from __future__ import annotations

from ..refusal import Refusal
from . import journal
from .descent import Tree
from .records import Journal
from .results import HistoryEntry
from .state import open_if_present


def history(root: str) -> tuple[HistoryEntry, ...]:
    """Every commit below a root; one that cannot be read is listed as such."""
    with open_if_present(root) as state:
        if state is None:
            return ()
        ids = reversed(journal.commit_ids(state.tree))
        entries = (_entry(state.tree, commit_id) for commit_id in ids)
        return tuple(entry for entry in entries if entry is not None)


def _entry(tree: Tree, commit_id: str) -> HistoryEntry | None:
    try:
        record = journal.read(tree, commit_id)
    except (Refusal, OSError):
        return HistoryEntry(commit_id, 0.0, "", "", "", 0, 0, "unreadable")
    if record is None:
        return None  # interrupted before its intent was written: nothing happened
    intent = record.intent
    moved = record.chosen(record.trashed) if record.trashed else intent.items
    return HistoryEntry(
        id=commit_id,
        when=intent.when,
        who=intent.who,
        host=intent.host,
        policy=str((intent.policy or {}).get("name", "")),
        items=len(moved),
        bytes=sum(item.bytes for item in moved),
        state=_state(record),
        files=sum(item.artifact != "" for item in moved),
        slimmed=sum(bool(item.stays) for item in moved),
    )


def _state(record: Journal) -> str:
    if record.open_step:
        return "interrupted"
    if not record.trashed:
        return "nothing moved"
    if record.purged:
        return "purged" if record.purged == record.trashed else "partly purged"
    if record.restored:
        return "undone" if record.restored == record.trashed else "partly undone"
    return "in trash"
