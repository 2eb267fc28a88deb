"""The folders in which a run keeps its records: that of its checkpoints, and few around it.

A folder above is looked at only where the checkpoints lie in a folder of their own, named as such:
otherwise it may be that of many runs, and their records would be mixed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...patterns import pattern
from ..tree import Folder, Tree, listed

_OF_ITS_OWN = pattern(r"checkpoints?|ckpts?|weights?|models?|saved_models?|snapshots?|states?")
_RECORDS = (
    "logs", "log", "tb", "tb_logs", "tensorboard", "events", "runs", "summaries", "eval", "results",
)  # fmt: skip


def near(tree: Tree, path: str) -> Iterator[Folder]:
    """Folders to search, each once; none where they cannot be listed."""
    paths = [path]
    parent, name = posixpath.split(path)
    if path and _OF_ITS_OWN.fullmatch(name.lower()):
        paths.append(parent)
    for one in paths:
        folder = listed(tree, one)
        if folder is None:
            continue
        yield folder
        for record in _RECORDS:
            if (child := folder.child(record)) is not None:
                yield child
