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
        self.resized = False  # the last news were of sizes alone: the names are as they were

    @property
    def known(self) -> int:
        """How many checkpoints have been found."""
        return len(self._checkpoints)

    def known_after(self, events: Iterable[ScanEvent]) -> int:
        """About how many checkpoints will be known after these."""
        found = 0
        for event in events:
            if isinstance(event, Found):
                found += len(event.checkpoints)
            elif not isinstance(event, Sized):
                found = max(found, len(event.catalog.checkpoints))
        return max(self.known, found)

    def take(self, events: Iterable[ScanEvent]) -> Catalog:
        """The catalog after these events."""
        self.resized = self.named
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
            self.resized = False
        elif isinstance(event, Sized):
            self._checkpoints[self._positions[event.checkpoint.id]] = event.checkpoint
            self.sized += 1
        elif isinstance(event, Named):
            self._adopt(event.catalog)
            self.named, self.resized = True, False
        elif isinstance(event, Finished):
            before = [one.id for one in self._checkpoints]
            self._adopt(event.catalog)
            # A second one brings the metrics of long logs.
            same = before == [one.id for one in self._checkpoints]
            self.resized = self.resized and same and not self.finished
            self.named = self.finished = True

    def _adopt(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._checkpoints = list(catalog.checkpoints)
        self._positions = {one.id: i for i, one in enumerate(self._checkpoints)}
