"""A cache of scans of each test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from keepstep.policies.catalog import index, last_catalog, recall


@pytest.fixture
def own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written just now counts as finished, and the index is written by the scan itself."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(index, "_QUIET", -1.0)
    monkeypatch.setattr(recall, "_WORTH", 0)
    monkeypatch.setattr(recall, "may_fork", lambda: False)  # it is there when the scan has ended
    monkeypatch.setattr(last_catalog, "_SETTLED", -1.0)
