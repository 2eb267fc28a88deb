"""What the installed command runs: the command line, spared a search for garbage at both ends.

What imports make is there to stay. To look through it again and again for what may go takes a fifth
of a short command: the search begins once all is imported, and leaves this out when Python ends.
"""

from __future__ import annotations

import gc
from typing import NoReturn


def main() -> NoReturn:
    """The entry point."""
    gc.disable()
    from .cli import main

    try:
        main()
    finally:
        gc.freeze()
