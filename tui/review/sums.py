"""What the lines around the table say, as words: the place, and what the plan does to it.

They word sums that the plan has made; nothing is added up here. The plain review says the same.
"""

from __future__ import annotations

from ..quantities import age, counted, size, with_files
from .glyphs import Glyphs
from .model import ReviewModel
from .words import percent, size_range

_RECENT = 15 * 60  # seconds; a younger write means that a run is probably going on


def title_facts(model: ReviewModel, disk_share: float | None) -> list[tuple[str, bool]]:
    """What to know about the place, the most important first, and whether it is urgent."""
    summary = model.sums_here
    total = summary.total_apparent if model.apparent else summary.total_bytes
    facts = [(counted(len(model.in_scope), "checkpoint"), False)]
    if model.summary_is_final:
        facts[0] = (f"{facts[0][0]}, {size(total)}", False)
    elif not model.all_named:
        facts[0] = (f"{facts[0][0]} so far", False)
    writers = model.catalog.activity.writers
    if writers:
        others = f" and {len(writers) - 1} more" if len(writers) > 1 else ""
        facts.append((f"pid {writers[0].pid}{others} {'are' if others else 'is'} writing", True))
    if model.read_only:
        facts.append(("read-only", False))
    if model.apparent:
        facts.append(("apparent sizes: files are sparse", False))
    elif disk_share is not None:
        facts.append((f"disk {percent(disk_share, 1)} full", disk_share >= 0.9))
    if not writers and model.written_ago is not None and model.written_ago < _RECENT:
        facts.append((f"written {age(model.written_ago)} ago", False))
    return facts


def freed_words(model: ReviewModel, glyphs: Glyphs) -> str:
    """The line that never leaves the screen: what the plan frees, keeps, slims and deletes."""
    dot = glyphs.dot
    if model.trouble:
        return f"the scan failed {dot} rescan tries again"
    if not model.all_named:
        known = model.scan_progress[1]
        found = f": {known} so far {dot} rules judge when all are known" if known else ""
        return f"looking for checkpoints{found}"
    summary = model.sums_here
    total = summary.total_apparent if model.apparent else summary.total_bytes
    gone = with_files(summary.delete, summary.artifacts)
    slims = f" {dot} slims {summary.slim}" if summary.slim else ""
    frees = _frees(model, glyphs, total)
    words = f"{frees} {dot} keeps {summary.keep}{slims} {dot} deletes {gone}"
    if not model.telling:
        return words
    done, known = model.scan_progress
    return f"sizing {done} of {known} {dot} {words}" if known else "looking for checkpoints"


def _frees(model: ReviewModel, glyphs: Glyphs, total: int) -> str:
    summary = model.sums_here
    freed = summary.freed
    if model.plan.policy is None and not model.by_hand:
        return "frees nothing: no rule is on"
    if not model.summary_is_final:
        return f"frees {size(freed.apparent if model.apparent else freed.certain)} so far"
    if not summary.going:
        return f"frees nothing of {size(total)}"
    if model.apparent:
        share = percent(freed.apparent, total)
        return f"frees {size(freed.apparent)} of {size(total)} ({share})"
    frees = size_range(freed.certain, freed.possible).replace("-", glyphs.dash)
    return f"frees {frees} of {size(total)} ({percent(freed.certain, total)})"
