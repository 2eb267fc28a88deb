"""Read from `training_args.bin` of the Hugging Face Trainer which metric is best, and how.

Nothing else on disk says whether greater is better there.
"""

from __future__ import annotations

from ...late_dataclass import dataclass
from ..tree import Folder
from .torch_content import Content
from .torch_file import read_torch_file

FILE = "training_args.bin"


@dataclass(frozen=True, slots=True)
class BestChoice:
    """What the run itself calls best; `mode` is None where it does not say."""

    metric: str
    mode: str | None


def read_best_choice(folder: Folder, name: str = FILE) -> BestChoice | None:
    """The metric and direction of a run, or None where it has none."""
    content = read_torch_file(folder, name)
    if content is None or content.kind is not Content.OBJECT:
        return None
    metric = content.scalars.get("metric_for_best_model")
    greater = content.scalars.get("greater_is_better")
    if not isinstance(metric, str) or not metric:
        return None
    mode = ("max" if greater else "min") if isinstance(greater, bool) else None
    # The Trainer looks the metric up under its evaluation prefix.
    return BestChoice(metric if metric.startswith("eval_") else f"eval_{metric}", mode)
