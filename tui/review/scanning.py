"""How scans reach the screen: the first one, those asked for, and those that the watch asks for."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from textual.message import Message

from ...policies.catalog.scan_event import ScanEvent
from ...policies.decisions import Plan
from ..quantities import counted
from .arrivals import Arrivals
from .deeds import Deeds
from .disk import Disk
from .feed import Feed, scanner
from .inventory import Inventory
from .planning import MANY, Asked, planned
from .stage import Stage
from .watch import Watch, places_of

_LATER = 1.0  # seconds
_LONG = 0.5  # seconds; a scan that takes longer has a process of its own


def rescan_of(root: str, *, aside: bool, remember: bool) -> Feed:
    """A new scan, begun: in a process of its own where it would hold up keys."""
    if aside:
        from .scan_process import scan_in_process

        with suppress(OSError):  # no process to be had; a thread does as well, only slower
            return Feed(scan_in_process(root, remember=remember)).start()
    return Feed(scanner(root, remember=remember)).start()


class ScanNews(Message):
    """The scan has found something; one of these is enough."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ScanNews)


class Changed(Message):
    """Something has changed in the directory; one of these is enough."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Changed)


class Scanning(Stage):
    """Feeds events to the model, and spends little of the time on it."""

    disk: Disk
    deeds: Deeds

    def begin_scanning(
        self, feed: Feed, new_feed: Callable[[bool], Feed], watch: Watch | None
    ) -> None:
        """Take what the feed knows already, so that it is in the first picture."""
        self._feed, self._new_feed, self._watch = feed, new_feed, watch
        self._scan_began = time.time()
        self._scan_took = 0.0
        self._known: frozenset[str] | None = None  # before a scan that nobody asked for
        self._looked_over = False
        self._drained_at = self._drain_cost = 0.0
        self._drain_planned = False
        self._taking = self._more = self._planning = False
        self._drain()

    def listen_to_scans(self) -> None:
        """Hear of news from now on."""
        self._measure_disk()
        self.model.defers = self.plan_aside
        self._feed.listen(self._news)
        if self._watch is not None:
            self._watch.start(self._changed)
        self.call_after_refresh(self._look_over)  # all may have been known before

    def _look_over(self) -> None:
        if not self._looked_over and self.is_running and not self.left and not self.model.scanning:
            self._looked_over = True
            self.look_over()

    def look_over(self) -> None:
        """The first scan is complete: show what a person should see first."""
        raise NotImplementedError

    def end_scanning(self) -> None:
        """No more news."""
        self.model.defers = None  # what is asked now has no screen to wait for it
        self._feed.cancel()
        if self._watch is not None:
            self._watch.stop()

    def _changed(self) -> None:
        self.post_message(Changed())

    def _measure_disk(self) -> None:
        self.title_line.disk_share = self.disk.full(self.model.root)

    def _news(self) -> None:
        self.post_message(ScanNews())

    def on_scan_news(self) -> None:
        """Take the news, but spend at most a fifth of the time on it."""
        wait = self._drained_at + 4 * self._drain_cost - time.monotonic()
        if self._taking:
            self._more = True
        elif wait <= 0:
            self._drain()
        elif not self._drain_planned:
            self._drain_planned = True
            self.set_timer(wait, self._drain)

    def _drain(self) -> None:
        self._drain_planned = False
        if self._taking:
            return
        begun, feed = time.monotonic(), self._feed
        ended = feed.ended  # asked first: what comes before the end is then drained
        events = feed.drain()
        if events and self.is_running and self.model.arriving.known_after(events) >= MANY:
            self._taking = True
            self.run_worker(self._take_aside(events, feed, begun, ended=ended))
            return
        if events:
            self.model.take(events)
        self._taken(feed, begun, ended=ended)

    async def _take_aside(
        self, events: Sequence[ScanEvent], feed: Feed, begun: float, *, ended: bool
    ) -> None:
        """Take the news of a large run, and plan, while the screen answers keys."""
        arrivals = self.model.arriving
        found = await asyncio.to_thread(self._looked_through, arrivals, events)
        if found is not None:
            self.model.adopt_of(arrivals, *found)
        self._taking = False
        if self._more:
            self._more = False
            self._news()
        self._taken(feed, begun, ended=ended)

    def _looked_through(
        self, arrivals: Arrivals, events: Sequence[ScanEvent]
    ) -> tuple[Inventory, tuple[Asked, Plan | None]] | None:
        inventory = self.model.arrived(arrivals, events)
        if inventory is None:
            return None
        asked = self.model.asked(inventory)
        return inventory, (asked, planned(asked))

    def _taken(self, feed: Feed, begun: float, *, ended: bool) -> None:
        """Say and draw what the news have changed."""
        ended = ended and feed is self._feed
        if ended and feed.trouble:
            self.model.abandon_scan(feed.trouble)
            self.say(f"the scan failed: {feed.trouble}", urgent=True)
        if ended and not self.model.scanning:
            self._scanned()
        elif not self.model.scanning:
            self._look_over()  # only the metrics of long logs are still to come
        self.say_what_changed()
        self.sync()
        if self.model.arriving.known >= MANY:
            gc.freeze()  # a search for garbage among so many would hold up everything
        self._drained_at = time.monotonic()
        self._drain_cost = self._drained_at - begun

    def plan_aside(self) -> None:
        """The model's plan is stale: make the next one in a thread, once for many keys."""
        if not self._planning:
            self._planning = True
            self.run_worker(self._plan_aside())

    async def _plan_aside(self) -> None:
        model = self.model
        try:
            while model.stale:
                asked = model.asked()
                model.answer(asked, await asyncio.to_thread(planned, asked))
                self.say_what_changed()
                self.sync()
        finally:
            self._planning = False

    def _scanned(self) -> None:
        """Look on from here; tell what a scan found that nobody asked for."""
        model = self.model
        self._scan_took = time.time() - self._scan_began
        if self._watch is not None:
            self._watch.look_at(places_of(model.catalog, model.now), self._scan_began)
        self._look_over()
        before, self._known = self._known, None
        if before is None:
            return
        known = frozenset(one.id for one in model.catalog.checkpoints)
        new, gone = known - before, before - known
        news = [f"{counted(len(new), 'new checkpoint')}"] if new else []
        news += [f"{counted(len(gone), 'checkpoint')} gone"] if gone else []
        if news and not self.key_line.notice:
            self.say(", ".join(news))

    def on_changed(self) -> None:
        """Look again, unasked: not amid something else, and not most of the time."""
        pause = self._watch.rest * self._scan_took if self._watch else 0.0
        rest = self._scan_began + pause - time.time()
        if rest > 0 or self.model.scanning or self.deeds.doing or self.prompt is not None:
            self.set_timer(max(rest, _LATER), self._changed)
            return
        self._known = frozenset(one.id for one in self.model.catalog.checkpoints)
        self.rescan(unasked=True)

    def do_rescan(self) -> None:
        self.rescan()

    def rescan(self, *, unasked: bool = False) -> None:
        """Look again; what is shown stays until all of it is known anew."""
        self._feed.cancel()
        self.model.begin_rescan(unasked=unasked)
        self._scan_began = time.time()
        self._measure_disk()
        self._feed = self._new_feed(self._scan_took > _LONG)
        self._feed.listen(self._news)
