"""keepstep's core: catalog -> rules -> plan -> commit. It knows no terminal.

from keepstep.policies import load_policy, make_plan, scan

catalog = scan("/scratch/amy/run7")
plan = make_plan(catalog, load_policy("balanced"), now=time.time())
"""

from __future__ import annotations

from .catalog.scan import scan
from .plan import make_plan
from .refusal import Refusal
from .rules.preset_files import load_policy

__all__ = ["Refusal", "load_policy", "make_plan", "scan"]
