"""Builds the catalog of the review out of scan events, as they come.

Until every name is known there is no order to judge by, so no rule may act on it yet: `named`
says when it may.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...policies.catalog.model import Catalog, Checkpoint
from ...policies.catalog.scan_event import Finished, Found, Named, ScanEvent, Sized


class Arrivals:
    """What one scan has brought so far."""

    def __init__(self, root: str) -> None:
        self._catalog = Catalog(root)
        self._checkpoints: list[Checkpoint] = []
        self._positions: dict[str, int] = {}
        self.named = False
        self.finished = False
        self.sized = 0

    @property
    def known(self) -> int:
        """How many checkpoints have been found."""
        return len(self._checkpoints)

    def take(self, events: Iterable[ScanEvent]) -> Catalog:
        """The catalog after these events."""
        for event in events:
            self._take(event)
        if not self.finished:
            self._catalog = replace(self._catalog, checkpoints=tuple(self._checkpoints))
        return self._catalog

    def _take(self, event: ScanEvent) -> None:
        if isinstance(event, Found):
            for one in event.checkpoints:  # what names told may be told again, with more
                at = self._positions.setdefault(one.id, len(self._checkpoints))
                self._checkpoints[at : at + 1] = [one]
        elif isinstance(event, Sized):
            self._checkpoints[self._positions[event.checkpoint.id]] = event.checkpoint
            self.sized += 1
        elif isinstance(event, Named):
            self._adopt(event.catalog)
            self.named = True
        elif isinstance(event, Finished):
            self._adopt(event.catalog)
            self.named = self.finished = True

    def _adopt(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._checkpoints = list(catalog.checkpoints)
        self._positions = {one.id: i for i, one in enumerate(self._checkpoints)}
