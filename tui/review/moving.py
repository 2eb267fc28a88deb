"""The cursor and the range of the table, kept by id while rows come, go and change places."""

from __future__ import annotations

from ...policies.decisions import Decision, Plan
from .inventory import Inventory
from .visible import TableRows, heading_id


class Moving:
    """The part of the model that arrows and v act on."""

    inventory: Inventory
    plan: Plan
    rows: TableRows
    cursor: str | None  # the id of a checkpoint or of a heading
    anchor: str | None  # where a range began
    _moved: bool  # until then the cursor stays at the top while rows arrive
    _was_at: int = 0  # the row of the cursor, should its checkpoint vanish

    @property
    def cursor_position(self) -> int:
        """The row of the cursor; 0 when there is none."""
        return self.position_of(self.cursor) or 0

    @property
    def current(self) -> Decision | None:
        """The decision under the cursor; None on a heading."""
        place = self.place_of(self.cursor)
        return None if self.rows.row_of(place) is None else self.plan.decisions[place or 0]

    def position_of(self, id_: str | None) -> int | None:
        """The row of a checkpoint or a heading, when it is visible."""
        row = self.rows.row_of(self.place_of(id_))
        return self.rows.row_of_heading(id_) if row is None else row

    def place_of(self, id_: str | None) -> int | None:
        """Where a checkpoint stands in the catalog, when it is there."""
        return None if id_ is None else self.inventory.places.get(id_)

    def series_at(self, place: int) -> str:
        """The series of a place in the catalog."""
        return self.inventory.catalog.checkpoints[place].series

    def move_to(self, position: int) -> None:
        if self.rows:
            self._moved = True
            self._was_at = max(0, min(position, len(self.rows) - 1))
            self.cursor = self.rows.id_at(self._was_at)

    def selected(self) -> tuple[str, ...]:
        """The ids that the next action is for: the range, or the row of the cursor."""
        at = self.cursor_position
        return tuple(self.rows.ids(self.selection or range(at, at + 1)))

    @property
    def selection(self) -> range:
        """The rows of the range that has been begun; none without one."""
        first, last = self.position_of(self.anchor), self.position_of(self.cursor)
        if first is None or last is None:
            return range(0)
        return range(min(first, last), max(first, last) + 1)

    def _stay(self, folded: frozenset[str]) -> None:
        """Keep the cursor on its checkpoint, on the heading that hides it, or near where it was."""
        if not self._moved:
            self.cursor = self.rows.id_at(0)
        elif self.position_of(self.cursor) is None:
            place, above = self.place_of(self.cursor), None
            if place is not None and (series := self.series_at(place)) in folded:
                above = self.rows.row_of_heading(heading_id(series))
            row = min(self._was_at, len(self.rows) - 1) if above is None else above
            self.cursor = self.rows.id_at(row)
        self._was_at = self.cursor_position
