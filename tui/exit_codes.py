"""What a command's exit code says; scripts depend on these numbers."""

from __future__ import annotations

DONE = 0  # also: there was nothing to do
INCOMPLETE = 1  # some items could not be done, or the question was answered with no
REFUSED = 2  # refused, or bad usage; nothing changed
INTERRUPTED = 130
