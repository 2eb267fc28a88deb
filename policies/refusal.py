"""Refusals: what keepstep will not do, told in one sentence that names the thing.

Every front end shows the sentence as it is and ends with exit code 2.
"""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The request cannot be carried out as asked; `str()` is the sentence for the user."""


class PolicyRefusal(Refusal):
    """A policy, preset or rule that cannot be used; the sentence names file and field."""


class RootRefusal(Refusal):
    """A directory that cannot be reviewed or must not be touched."""


class PlanRefusal(Refusal):
    """A plan that belongs elsewhere or no longer fits."""


class BusyRefusal(Refusal):
    """Somebody else holds the lock."""
