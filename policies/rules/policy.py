"""A policy: rules under each outcome, classes of artifacts to delete, and the trash.

The outcome of a checkpoint is the mildest that any rule asks for: `keep` keeps it whole, `slim`
its weights; what no rule asks for is deleted. Parsing lives in `rules/schema.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..late_dataclass import dataclass
from ..units import FreeSpace, format_duration
from .rule import Rule

DEFAULT_UNDO_WINDOW = 24 * 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Policy:
    """A named union of rules, those that keep whole before those that slim.

    `undo_window` is in seconds: how long the trash keeps what a commit removed. Below `min_free`
    the trash is emptied earlier. `source` says where the policy came from, for messages. The
    files of the classes in `artifacts` are deleted; of no other class is any.
    """

    name: str
    keep: tuple[Rule, ...]
    about: str = ""
    undo_window: float | None = None
    source: str = ""
    min_free: FreeSpace | None = None
    artifacts: tuple[str, ...] = ()
    slim: tuple[Rule, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules; a position in it is what reasons and evaluations call a rule's number."""
        return (*self.keep, *self.slim) if self.slim else self.keep

    def field(self, number: int) -> str:
        """Where the rule of a number stands in the policy file: "slim[0].last"."""
        first = len(self.keep)
        place = f"keep[{number}]" if number < first else f"slim[{number - first}]"
        return f"{place}.{self.rules[number].kind}"

    def document(self) -> dict[str, Any]:
        """The policy as a policy file would hold it."""
        document: dict[str, Any] = {"name": self.name}
        if self.about:
            document["about"] = self.about
        if self.keep or not self.slim:
            document["keep"] = [rule.document() for rule in self.keep]
        if self.slim:
            document["slim"] = [rule.document() for rule in self.slim]
        if self.artifacts:
            document["artifacts"] = list(self.artifacts)
        if self.undo_window is not None:
            document["undo_window"] = format_duration(self.undo_window)
        if self.min_free is not None:
            document["min_free"] = str(self.min_free)
        return document

    @property
    def trash_seconds(self) -> float:
        """How long the trash keeps what a commit removed."""
        return DEFAULT_UNDO_WINDOW if self.undo_window is None else self.undo_window

    def metrics(self) -> tuple[tuple[str, str], ...]:
        """Every metric that a rule names, with its mode, once."""
        return tuple(dict.fromkeys(pair for rule in self.rules for pair in rule.metrics()))

    def sentence(self) -> str:
        """The whole policy as one English sentence."""
        if not self.rules:
            return "Keep everything: no rule is on."
        files = ""
        if self.artifacts:
            noun = "class" if len(self.artifacts) == 1 else "classes"
            files = f" and the files of {noun} {_listed(self.artifacts)}"
        parts = []
        if self.keep:
            parts.append(f"keep {_listed([rule.sentence() for rule in self.keep])}")
        if self.slim:
            parts.append(f"keep only the weights of {_listed([r.sentence() for r in self.slim])}")
        sentence = "; ".join([*parts, f"delete the rest{files}."])
        return sentence[0].upper() + sentence[1:]

    def with_rules(self, keep: tuple[Rule, ...], slim: tuple[Rule, ...] | None = None) -> Policy:
        """The same policy with other rules, said to be changed when they are."""
        slim = self.slim if slim is None else slim
        if (keep, slim) == (self.keep, self.slim):
            return self
        name = self.name if self.name.endswith(" (changed)") else f"{self.name} (changed)"
        return replace(self, keep=keep, slim=slim, name=name)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
