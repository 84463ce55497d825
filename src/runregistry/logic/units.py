"""Text as JavaScript counts it: in units of UTF-16.

Positions, lengths and order in JavaScript go by 16-bit units, of which a character outside the basic plane takes two. Text from
the registry is nearly always plain ASCII, where both ways of counting agree; operators convert, work, and convert back.
"""

from __future__ import annotations

import re

__all__ = ["from_units", "to_units"]

_WIDE = re.compile("[\U00010000-\U0010ffff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def to_units(text: str) -> str:
    """Split wide characters, so that Python's ``len``, slices and ``<`` see what JavaScript sees.

    Examples
    --------
    >>> len("😀"), len(to_units("😀"))
    (1, 2)
    """
    return text if text.isascii() else _WIDE.sub(_split, text)


def from_units(text: str) -> str:
    """Join the halves of wide characters that have come to stand side by side.

    Examples
    --------
    >>> from_units(to_units("é😀")) == "é😀"
    True
    """
    return text if text.isascii() else _PAIR.sub(_join, text)


def _split(found: re.Match[str]) -> str:
    offset = ord(found.group()) - 0x10000
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))


def _join(found: re.Match[str]) -> str:
    high, low = map(ord, found.group())
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
