"""`python -m keepstep.tui` is `keepstep`."""

from __future__ import annotations

from .cli import main

main()
