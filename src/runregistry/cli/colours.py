"""Words in colour, where somebody looks: a colour repeats what the word says, and never says anything alone."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import Any

__all__ = ["coloured", "is_coloured"]

_GREEN, _RED, _YELLOW, _MAGENTA, _CYAN, _DIM = "32", "31", "33", "35", "36", "2"
_OF_WORDS = MappingProxyType(
    {
        "GOOD": _GREEN,
        "BAD": _RED,
        "STANDBY": _YELLOW,
        "EXCLUDED": _MAGENTA,
        "NOTSET": _CYAN,
        "EMPTY": _DIM,
        "NO VALUE FOUND": _DIM,
        "OPEN": _CYAN,
        "SIGNOFF": _YELLOW,
        "COMPLETED": _GREEN,
        "waiting dqm gui": _MAGENTA,
        "done": _GREEN,
        "failed": _RED,
        "unknown": _RED,
        "not tried": _YELLOW,
    }
)


def is_coloured(stream: Any) -> bool:
    """Whether a stream shows colours: a terminal that is not dumb, unless ``NO_COLOR`` or ``FORCE_COLOR`` say otherwise.

    Examples
    --------
    >>> import io
    >>> is_coloured(io.StringIO())
    False
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return bool(stream.isatty()) and os.environ.get("TERM", "") != "dumb"


def coloured(text: str, word: str) -> str:
    """Return a text in the colour of a status, state or outcome; as it is, if the word is none.

    Examples
    --------
    >>> coloured("GOOD  ", "GOOD")
    '\\x1b[32mGOOD  \\x1b[0m'
    """
    code = _OF_WORDS.get(word)
    return f"\x1b[{code}m{text}\x1b[0m" if code else text
