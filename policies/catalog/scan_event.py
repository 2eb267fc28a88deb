"""What a scan tells as it goes on; apart from the scan, which who only listens need not import."""

from __future__ import annotations

from ..late_dataclass import dataclass
from .model import Catalog, Checkpoint


@dataclass(frozen=True, slots=True)
class Found:
    """Checkpoints of one folder, neither sized nor with pointers.

    Perhaps by their names alone; then they are told again when more is known.
    """

    checkpoints: tuple[Checkpoint, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """All names are known: the catalog, with sizes still to come."""

    catalog: Catalog


@dataclass(frozen=True, slots=True)
class Sized:
    """One checkpoint has been sized."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Finished:
    """The whole catalog; told once more where the metrics of long logs come later."""

    catalog: Catalog


ScanEvent = Found | Named | Sized | Finished
