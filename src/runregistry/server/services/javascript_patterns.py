"""Regular expressions as JavaScript reads them, for those that people have configured with the service.

Source: ECMA-262, "Patterns", with its Annex B, for expressions without flags.
"""

from __future__ import annotations

import re
from functools import lru_cache

from runregistry.errors import UsageError

__all__ = ["javascript_pattern"]

_SETS = frozenset("dDwWsS")
_SAME_ESCAPES = _SETS | frozenset("bBtnrfv")
_GROUPS = ("(?:", "(?=", "(?!", "(?<=", "(?<!")
_NAME = re.compile(r"\(\?<([A-Za-z_]\w*)>", re.ASCII)
_COUNT = re.compile(r"\{\d+(,\d*)?\}", re.ASCII)
_HEXADECIMAL = re.compile(r"x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}")


@lru_cache(maxsize=4096)
def javascript_pattern(text: str) -> re.Pattern[str]:
    """Return an expression of JavaScript as one to be searched with.

    Raises
    ------
    UsageError
        It is none, or uses what only JavaScript can do (looking behind over any length).

    Examples
    --------
    >>> bool(javascript_pattern("/.*/Run2022.-PromptReco-v.*/DQMIO").search("/ZeroBias/Run2022C-PromptReco-v1/DQMIO"))
    True
    >>> bool(javascript_pattern(r"^\\/(?<stream>[\\w-.]+)\\/").search("/Hlt-Physics.1/Run2022C"))
    True
    """
    try:
        return re.compile("".join(_translated(text)), re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{text!r} can't be used as a regular expression of JavaScript: {error}") from error


def _translated(text: str) -> list[str]:
    out, position, repeated = [], 0, False
    while position < len(text):
        char, was_repeated = text[position], repeated
        repeated = False
        if char == "\\":
            piece, position = _escape(text, position + 1)
        elif char == "[":
            piece, position = _character_class(text, position + 1)
        elif char == "(":
            piece, position = _group(text, position)
        elif char in "*+?" or (char == "{" and _COUNT.match(text, position)):
            if was_repeated and char != "?":
                raise re.error("nothing to repeat", text, position)  # Python takes a second + for another kind of repetition
            found = _COUNT.match(text, position)
            piece = found.group() if found else char
            position, repeated = position + len(piece), not was_repeated
        else:
            piece, position = _plain(char), position + 1
        out.append(piece)
    return out


def _plain(char: str) -> str:
    if char == "$":
        return r"\Z"  # Python's own $ also stands before a last line's end
    return char if char in "^.|)" else re.escape(char)


def _group(text: str, position: int) -> tuple[str, int]:
    if not text.startswith("(?", position):
        return "(", position + 1
    if named := _NAME.match(text, position):
        return f"(?P<{named.group(1)}>", named.end()
    for start in _GROUPS:
        if text.startswith(start, position):
            return start, position + len(start)
    raise re.error("invalid group", text, position)


def _escape(text: str, position: int) -> tuple[str, int]:
    r"""Read what follows a backslash outside of a class."""
    char = text[position : position + 1]
    if not char:
        raise re.error("a backslash at the end", text, position)
    if char in _SAME_ESCAPES:
        return f"\\{char}", position + 1
    if char == "k" and (named := re.compile(r"k<([A-Za-z_]\w*)>", re.ASCII).match(text, position)):
        return f"(?P={named.group(1)})", named.end()
    if char in "123456789":
        number = re.compile(r"\d{1,2}", re.ASCII).match(text, position)
        assert number is not None
        return f"(?:\\{number.group()})", number.end()
    code, after = _character(text, position)
    return re.escape(code), after


def _character(text: str, position: int) -> tuple[str, int]:
    r"""Read one character that is written with a backslash: ``\x41``, ``\u0041``, ``\cA``, ``\0``, or any as itself."""
    char = text[position]
    if found := _HEXADECIMAL.match(text, position):
        return chr(int(found.group()[1:], 16)), found.end()
    if char == "c" and text[position + 1 : position + 2].isalpha():
        return chr(ord(text[position + 1]) % 32), position + 2
    if char == "0":
        return "\0", position + 1
    return char, position + 1


def _character_class(text: str, position: int) -> tuple[str, int]:
    """Read a class behind its bracket; ranges with sets in them, which JavaScript allows, are not ranges."""
    negated = text.startswith("^", position)
    position += negated
    out: list[str] = []
    while not text.startswith("]", position):
        one, position = _class_atom(text, position)
        if text.startswith("-", position) and text[position + 1 : position + 2] not in ("", "]"):
            other, position = _class_atom(text, position + 1)
            is_range = one[1:] not in _SETS and other[1:] not in _SETS
            out.append(f"{one}-{other}" if is_range else rf"{one}\-{other}")
        else:
            out.append(one)
    if not out:
        return (r"[\s\S]" if negated else "(?!)"), position + 1
    return f"[{'^' * negated}{''.join(out)}]", position + 1


def _class_atom(text: str, position: int) -> tuple[str, int]:
    char = text[position : position + 1]
    if not char:
        raise re.error("a class that does not end", text, position)
    if char != "\\":
        return _in_class(char), position + 1
    escaped = text[position + 1 : position + 2]
    if not escaped:
        raise re.error("a backslash at the end", text, position)
    if escaped in _SETS or escaped in "tnrfv":
        return f"\\{escaped}", position + 2
    if escaped == "b":
        return r"\x08", position + 2
    code, after = _character(text, position + 1)
    return _in_class(code), after


def _in_class(char: str) -> str:
    return char if char.isalnum() or char == "_" else f"\\{char}" if char.isprintable() else re.escape(char)
