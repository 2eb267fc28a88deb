"""Lays out a packed run of a real framework, with its times and links, and tells the truth of it.

Needs the standard library only, so that any test can start from what frameworks really write.
"""

import json
import os
import tarfile
from pathlib import Path
from typing import Any

ARCHIVES = Path(__file__).parent / "archives"


def unpack(name: str, where: Path) -> tuple[Path, dict[str, Any]]:
    """Extract archive `name` ("transformers", …) and return its run directory and truth."""
    with tarfile.open(ARCHIVES / f"{name}.tar.gz") as archive:
        archive.extractall(where, filter="data")
        links = [member for member in archive if member.issym()]
    for link in links:  # tarfile leaves a link with the time of its extraction
        os.utime(where / link.name, (link.mtime, link.mtime), follow_symlinks=False)
    truth: dict[str, Any] = json.loads((where / "truth.json").read_text())
    return where / truth["run"], truth
