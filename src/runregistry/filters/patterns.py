"""SQL's LIKE without regard to case, in time that grows with pattern times text, whatever the pattern.

A regular expression with many ``.*`` can take for ever on a text that almost matches, and patterns come from users. Here the
pieces between the ``%`` are looked for from left to right, each as early as possible; none ever has to be looked for again.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from runregistry.errors import FilterError

__all__ = ["like"]

_ANY = None  # `_`: one character, whichever
_Piece = list[str | None]


def like(pattern: str) -> Callable[[str], bool]:
    """Return the test of a pattern: ``%`` is any text, ``_`` any character, ``\\`` takes the next character as it is.

    Raises
    ------
    FilterError
        The pattern ends with a lone ``\\``.

    Examples
    --------
    >>> matches = like("%cosmics2_%")
    >>> matches("Cosmics22CRUZET"), matches("Cosmics")
    (True, False)
    """
    parts = _pieces(pattern.lower())
    usual = _usual(parts)
    if usual is not None:
        return usual
    pieces = [_finder(piece) for piece in parts]
    if len(pieces) == 1:
        whole, length = pieces[0]
        return lambda text: len(text := text.lower()) == length and whole(text, 0) == 0
    (first, first_length), *middle, (last, last_length) = pieces

    def matches(text: str) -> bool:
        text = text.lower()
        end = len(text) - last_length
        # Only the place at the very beginning, and only the one at the very end, will do for the two outer pieces.
        if end < first_length or first(text[:first_length], 0) != 0 or last(text[end:], 0) != 0:
            return False
        position = first_length
        for find, length in middle:
            found = find(text[:end], position)
            if found < 0:
                return False
            position = found + length
        return True

    return matches


def _usual(pieces: list[_Piece]) -> Callable[[str], bool] | None:
    """Return the test of one text, with or without a ``%`` before and after it: what people nearly always write."""
    texts = ["".join(filter(None, piece)) for piece in pieces if _ANY not in piece]
    if len(texts) < len(pieces):
        return None
    match texts:
        case [whole]:
            return lambda text: text.lower() == whole
        case [start, ""]:
            return lambda text: text.lower().startswith(start)
        case ["", end]:
            return lambda text: text.lower().endswith(end)
        case ["", middle, ""]:
            return lambda text: middle in text.lower()
    return None


def _pieces(pattern: str) -> list[_Piece]:
    """Cut a pattern at its ``%``."""
    pieces: list[_Piece] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == "%":
            pieces.append([])
        elif character == "\\":
            escaped = next(characters, None)
            if escaped is None:
                raise FilterError(f"LIKE pattern must not end with escape character: {pattern!r}; write \\\\ for a backslash")
            pieces[-1].append(escaped)
        else:
            pieces[-1].append(_ANY if character == "_" else character)
    # Two `%` in a row are one; the pieces at both ends stay, even empty.
    return [piece for place, piece in enumerate(pieces) if piece or place in (0, len(pieces) - 1)]


def _finder(piece: _Piece) -> tuple[Callable[[str, int], int], int]:
    """Return how to find a piece from a position on (-1: nowhere), and its length."""
    if _ANY not in piece:
        literal = "".join(filter(None, piece))
        return lambda text, start: text.find(literal, start), len(piece)
    # No repetition in it, so the expression can't backtrack.
    expression = re.compile("".join("." if part is _ANY else re.escape(part) for part in piece), re.DOTALL)

    def find(text: str, start: int) -> int:
        found = expression.search(text, start)
        return found.start() if found else -1

    return find, len(piece)
