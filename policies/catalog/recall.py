"""What a scan takes from the one before it, and what it leaves for the next.

Imports what it takes only where there is something to take or to leave: small runs have no index.
"""

from __future__ import annotations

import atexit
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from .cache_file import cache_path, is_off
from .local_tree import LocalTree
from .model import Catalog
from .survey import may_fork

if TYPE_CHECKING:
    from .index import Index

_WORTH = 2_000  # entries of a root; fewer are looked at again as soon as an index is read


def index_path(root: str) -> str | None:
    """The file of the index of a root (absolute, real); None where nobody wants one."""
    return None if is_off() else cache_path("scans", root)


def recalled_index(root: str) -> Index | None:
    """The index that an earlier scan of a root (absolute, real) left; None where there is none."""
    path = index_path(root)
    if path is None or not os.path.exists(path):
        return None
    from .index import load_index

    return load_index(path, root)


def recalled_catalog(index: Index | None, tree: LocalTree) -> Catalog | None:
    """The catalog of the scan before, with what people said since; None where the tree changed."""
    if index is None or index.catalog is None:
        return None
    from .beside import has_given_metrics, verdicts_on, with_what_lies_beside
    from .last_catalog import last_catalog

    found = last_catalog(index, tree)
    if found is None or has_given_metrics(tree.root, found[1]):
        return None
    catalog = with_what_lies_beside(*found)
    judged = map(verdicts_on(tree.root, found[1]), catalog.checkpoints)
    return replace(catalog, checkpoints=tuple(judged))


def leave_index(
    before: Index | None,
    tree: LocalTree,
    catalog: Catalog,
    folders: Sequence[str],
    *,
    read_all: bool,
) -> None:
    """Write an index for the next scan, where it is worth one; failing costs nothing.

    The catalog is sized, without verdicts, and kept if all logs were `read_all` the way to their
    ends; `folders` hold our own state. A process of its own
    does it, where there may be one: nobody waits for an index, but for what was found.
    """
    path = index_path(tree.root)
    if path is None or tree.entries() < _WORTH:
        return
    if not may_fork():
        _leave(path, before, tree, catalog, folders, read_all)
        return
    try:
        child = os.fork()
    except OSError:  # no more processes for this user
        return
    if child == 0:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent to answer
            _leave(path, before, tree, catalog, folders, read_all)
        finally:
            os._exit(0)
    else:
        atexit.register(_wait_for, child)


def _wait_for(child: int) -> None:
    with suppress(ChildProcessError, KeyboardInterrupt):
        os.waitpid(child, 0)


def _leave(
    path: str,
    before: Index | None,
    tree: LocalTree,
    catalog: Catalog,
    folders: Sequence[str],
    read_all: bool,
) -> None:
    from .beside import has_given_metrics
    from .index import Index, save_index, to_remember
    from .last_catalog import kept_catalog

    now = time.time()
    known = {} if before is None else before.remembered
    kept = to_remember(known, tree, catalog.checkpoints, now)
    rows, logs = None, list[bytes]()
    with suppress(OSError):  # the newest is read once more, and may be gone
        if read_all and not has_given_metrics(tree.root, folders):
            rows, logs = kept_catalog(tree, kept, catalog, folders, now)
    if rows is not None or kept != known:
        save_index(path, Index(tree.root, kept, rows, logs))
