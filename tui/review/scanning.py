"""How scans reach the screen: the first one, those asked for, and those that the watch asks for."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.message import Message

from ..quantities import counted
from .deeds import Deeds
from .disk import Disk
from .feed import Feed
from .stage import Stage
from .watch import Watch, places_of

_LATER = 1.0  # seconds


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

    def begin_scanning(self, feed: Feed, new_feed: Callable[[], Feed], watch: Watch | None) -> None:
        """Take what the feed knows already, so that it is in the first picture."""
        self._feed, self._new_feed, self._watch = feed, new_feed, watch
        self._scan_began = time.time()
        self._scan_took = 0.0
        self._known: frozenset[str] | None = None  # before a scan that nobody asked for
        self._looked_over = False
        self._drained_at = self._drain_cost = 0.0
        self._drain_planned = False
        self._drain()

    def listen_to_scans(self) -> None:
        """Hear of news from now on."""
        self._measure_disk()
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
        if wait <= 0:
            self._drain()
        elif not self._drain_planned:
            self._drain_planned = True
            self.set_timer(wait, self._drain)

    def _drain(self) -> None:
        self._drain_planned = False
        begun = time.monotonic()
        ended = self._feed.ended  # asked first: what comes before the end is then drained
        events = self._feed.drain()
        if events:
            self.model.take(events)
        if ended and self._feed.trouble:
            self.model.abandon_scan(self._feed.trouble)
            self.say(f"the scan failed: {self._feed.trouble}", urgent=True)
        if ended and not self.model.scanning:
            self._scanned()
        elif events and not self.model.scanning:
            self._look_over()  # only the metrics of long logs are still to come
        self.say_what_changed()
        self.sync()
        self._drained_at = time.monotonic()
        self._drain_cost = self._drained_at - begun

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
        self._feed = self._new_feed()
        self._feed.listen(self._news)
