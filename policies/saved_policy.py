"""The run's own policy: `.keepstep/policy.yaml`, which every command without another one uses.

Written beside and then put in its place, so that cron never reads half of one; another policy that
stands there is replaced only when that was asked for.
"""

from __future__ import annotations

import os

from .commit.safety import refuse_root
from .commit.state import ensure_state_directory, replace_shared
from .places import POLICY_FILE, state_directory
from .refusal import PolicyRefusal, Refusal
from .rules.combinations import refuse_useless_in
from .rules.policy import Policy
from .rules.preset_files import policy_text
from .rules.schema import load_policy_file


def save_policy(root: str, policy: Policy, *, overwrite: bool = False) -> str:
    """Save a policy for a run; the path of the file. Refuses to replace another one unasked."""
    refuse_root(root)
    state = state_directory(os.path.realpath(root))
    path = os.path.join(state, POLICY_FILE)
    refuse_useless_in(policy, f"{policy.source}: ")  # it could not be read back
    if not overwrite and os.path.lexists(path) and not _holds(path, policy):
        raise PolicyRefusal(f"{path} holds another policy; --force replaces it")
    try:
        ensure_state_directory(os.path.dirname(state))
        replace_shared(path, policy_text(policy).encode())
    except OSError as error:
        raise Refusal(f"{path}: cannot be written: {error.strerror or error}") from None
    return path


def _holds(path: str, policy: Policy) -> bool:
    try:
        return load_policy_file(path).document() == policy.document()
    except Refusal:
        return False
