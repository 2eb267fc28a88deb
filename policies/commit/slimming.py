"""Slimming as a commit sees it: a part of a checkpoint leaves, the rest of it stays.

What leaves goes to the trash like anything else, by the same journal. First a file can be set
aside: it stays where it is under a name that ends in `.slimmed`, so that a framework which would
resume without an optimizer and say nothing does not find it (`catalog/resume_state.py` says which
and why). Coming back goes the other way round, so at every moment between the checkpoint is whole,
slimmed, or refused by its framework; and an interrupted one is put together again by recovery.

Nothing is put back where the rest of the checkpoint is not: that would leave a folder with an
optimizer and nothing else.
"""

from __future__ import annotations

from ..catalog.model import Kind, Member
from ..catalog.resume_state import SET_ASIDE
from ..decisions import Unit
from .descent import Tree
from .outcome import Unmoved
from .records import JournalItem, JournalMember

REST_GONE = "the rest of it is not in its place; put that back first"
TAKEN_NAME = f"a file whose name ends in {SET_ASIDE} stands there already"


def pieces(unit: Unit) -> tuple[Member, ...]:
    """What is moved for a unit, in the order in which it leaves."""
    return (*(Member(path, Kind.FILE) for path in unit.aside), *unit.members)


def aside(path: str) -> str:
    """The name under which a file is set aside, in its own folder."""
    return path + SET_ASIDE


def is_aside(member: JournalMember) -> bool:
    """Whether the member only gets another name."""
    return member.to == aside(member.path)


def staying(unit: Unit) -> tuple[str, ...]:
    """The members of the checkpoint that must be there for its part to come back."""
    leaving = {member.path for member in unit.members}
    return tuple(member.path for member in unit.stays if member.path not in leaving)


def rest_is_gone(tree: Tree, item: JournalItem) -> bool:
    """Whether a slimmed checkpoint is no longer where its part would go back to."""
    return any(not tree.exists(path) for path in item.stays)


def require_rest(tree: Tree, item: JournalItem) -> None:
    """Raise Unmoved where the part has nothing to come back to."""
    if rest_is_gone(tree, item):
        raise Unmoved(REST_GONE)
