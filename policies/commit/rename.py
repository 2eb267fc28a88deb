"""Rename that never replaces what stands at the target.

Plain rename(2) silently replaces a file or an empty directory; here that would be a checkpoint.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import cache

_NO_REPLACE = 1  # RENAME_NOREPLACE of linux/fs.h
# What a kernel or a filesystem answers when it does not know the flag.
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM})

SystemRename = Callable[[int, bytes, int, bytes], int]  # 0, or the errno


def move(source: str, target: str, *, source_fd: int, target_fd: int) -> None:
    """Rename below two directory descriptors; FileExistsError when the target is taken."""
    system_rename = _system_rename()
    if system_rename is not None:
        code = system_rename(source_fd, os.fsencode(source), target_fd, os.fsencode(target))
        if code == 0:
            return
        if code not in _UNSUPPORTED:
            raise OSError(code, os.strerror(code), source)
    _move_with_check(source, target, source_fd, target_fd)


def _move_with_check(source: str, target: str, source_fd: int, target_fd: int) -> None:
    """The same with a gap between looking and renaming, for NFS and other systems."""
    try:
        os.stat(target, dir_fd=target_fd, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)


@cache
def _system_rename() -> SystemRename | None:
    """renameat2 of the C library, which Python does not offer; None where it has none."""
    try:
        import ctypes  # some builds of Python come without it

        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, AttributeError, TypeError):
        return None
    function.argtypes = (
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    )

    def rename(source_fd: int, source: bytes, target_fd: int, target: bytes) -> int:
        if function(source_fd, source, target_fd, target, _NO_REPLACE) == 0:
            return 0
        return ctypes.get_errno()

    return rename
