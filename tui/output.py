"""The one owner of stdout: data goes there, narration goes to stderr.

A name from the disk is shown with its odd characters escaped, so that it can neither steer a
terminal nor fail to encode. A reader who has gone away ends no command: what it would have read
is dropped and the work goes on, since a commit must not depend on who is watching.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ..policies.json_text import Document

_GONE = frozenset({errno.EPIPE, errno.EIO})


def data(text: str) -> None:
    """What the command was asked for, on stdout."""
    if sys.stdout is None:
        return
    try:
        _write(sys.stdout, text + "\n")
    except OSError as error:
        if error.errno not in _GONE:
            raise
        _discard(sys.stdout)


def document(content: Document) -> None:
    """A JSON document on stdout."""
    from ..policies.json_text import dumps

    data(dumps(content))


def note(text: str, *, end: str = "\n") -> None:
    """What a person should know besides, on stderr; its loss never matters."""
    if sys.stderr is None:
        return
    try:
        _write(sys.stderr, text + end)
    except OSError:
        pass


def shown(text: str) -> str:
    """A name or sentence without anything that a terminal would act upon."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def width() -> int | None:
    """Columns of the terminal that shows stdout; None when there is none, and nothing is cut."""
    if not is_terminal(sys.stdout):
        return None
    import shutil

    return shutil.get_terminal_size().columns


def can_draw() -> bool:
    """Whether the terminal of stdout takes characters beyond those of a typewriter."""
    return is_terminal(sys.stdout) and (sys.stdout.encoding or "").lower().startswith("utf")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person sits at the other end."""
    return stream is not None and not stream.closed and stream.isatty()


def _escaped(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _discard(stream: TextIO) -> None:
    """Lead the stream nowhere, so that the flush at exit is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
