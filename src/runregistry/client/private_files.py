"""Files with secrets: written whole or not at all, and readable by their owner only."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["is_exposed", "is_foreign", "write_private"]

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read; who reads it meanwhile sees the old text or the new one, never a part.

    Folders that are missing are made.

    Raises
    ------
    OSError
        It can't be written there.
    """
    path = path.resolve()  # a link stays one, and what it leads to is replaced
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def is_exposed(path: Path) -> bool:
    """Tell whether others than the owner may read or change a file; where modes mean nothing, never."""
    return os.name == "posix" and bool(path.stat().st_mode & _OTHERS)


def is_foreign(path: Path) -> bool:
    """Tell whether a file belongs to somebody else."""
    return os.name == "posix" and path.stat().st_uid != os.geteuid()
