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
        from .folded import folded

        entries = _entries(state.tree, journal.commit_ids(state.tree))
        for one in folded(state.tree):  # read last: what is folded meanwhile is in it
            entries.setdefault(one.id, one)
        return tuple(sorted(entries.values(), key=lambda one: one.id, reverse=True))


def in_trash(root: str) -> tuple[HistoryEntry, ...]:
    """The commits that have something in the trash, without a look at any other."""
    with open_if_present(root) as state:
        if state is None:
            return ()
        journals = set(journal.commit_ids(state.tree))
        ids = [one for one in reversed(journal.ids_in_trash(state.tree)) if one in journals]
        return tuple(one for one in _entries(state.tree, ids).values() if one.is_in_trash)


def entry_of(record: Journal) -> HistoryEntry:
    """One commit as its journal tells it."""
    intent = record.intent
    moved = record.chosen(record.trashed) if record.trashed else intent.items
    return HistoryEntry(
        id=intent.id,
        when=intent.when,
        who=intent.who,
        host=intent.host,
        policy=str((intent.policy or {}).get("name", "")),
        items=len(moved),
        bytes=sum(item.bytes for item in moved),
        state=_state(record),
        files=sum(item.artifact != "" for item in moved),
        slimmed=sum(bool(item.stays) for item in moved),
        ended=record.events[-1].at if record.events else 0.0,
    )


def _entries(tree: Tree, ids: list[str]) -> dict[str, HistoryEntry]:
    found: dict[str, HistoryEntry] = {}
    for commit_id in ids:
        try:
            record = journal.read(tree, commit_id)
        except FileNotFoundError:
            continue  # folded meanwhile
        except (Refusal, OSError):
            found[commit_id] = HistoryEntry(commit_id, 0.0, "", "", "", 0, 0, "unreadable")
        else:
            if record is not None:  # otherwise it had not begun, and nothing happened
                found[commit_id] = entry_of(record)
    return found


def _state(record: Journal) -> str:
    if record.open_step:
        return "interrupted"
    if not record.trashed:
        return "nothing moved"
    if record.purged and not record.in_trash:
        return "partly undone, the rest purged" if record.restored else "purged"
    if record.purged:
        return "partly purged"
    if record.restored:
        return "undone" if record.restored == record.trashed else "partly undone"
    return "in trash"
