"""The words of a `where` text: names, values, operators, and where each stands, so that an error can point at it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, NoReturn

from runregistry.errors import FilterError

__all__ = ["Word", "refuse", "split_words"]

_WORDS = re.compile(
    r"""(?P<blank>\s+)
      | (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<operator><>|!=|==|<=|>=|[=<>])
      | (?P<mark>[(),])
      | (?P<word>[^\s()'",=<>!]+)""",
    re.VERBOSE,
)
_SAME = {"!=": "<>", "==": "="}
_SHOWN = 60


class Word(NamedTuple):
    """One word.

    Attributes
    ----------
    kind : str
        ``text`` (quoted), ``operator``, ``mark``, ``word``, or ``end`` after the last.
    value : str
        Without quotes; operators as on the wire.
    start : int
        Position of its first character, from 0.
    """

    kind: str
    value: str
    start: int

    def is_keyword(self, *keywords: str) -> bool:
        """Whether it is one of these keywords, in whatever case, and not quoted."""
        return self.kind == "word" and self.value.lower() in keywords


def split_words(text: str) -> list[Word]:
    """Split a text into words; the last one has the kind ``end``.

    Raises
    ------
    FilterError
        A quote is not closed, or a character belongs to nothing.

    Examples
    --------
    >>> [word.value for word in split_words("energy>=6000 and class != 'Collisions24'")]
    ['energy', '>=', '6000', 'and', 'class', '<>', 'Collisions24', '']
    """
    return [*_words(text), Word("end", "", len(text))]


def _words(text: str) -> Iterator[Word]:
    place = 0
    while place < len(text):
        found = _WORDS.match(text, place)
        if found is None:
            why = "this quote is never closed" if text[place] in "'\"" else f"{text[place]!r} means nothing here"
            refuse(text, Word("mark", text[place], place), why)
        kind, value = str(found.lastgroup), found.group()
        if kind == "text":
            value = value[1:-1].replace(value[0] * 2, value[0])
        if kind != "blank":
            yield Word(kind, _SAME.get(value, value) if kind == "operator" else value, place)
        place = found.end()


def refuse(text: str, word: Word, why: str, *, nearest: Sequence[str] = ()) -> NoReturn:
    """Raise the error of a word: what is wrong, where, and the text with a mark under it."""
    begin = max(0, word.start - _SHOWN)
    line = text[begin : word.start + _SHOWN].replace("\n", " ").replace("\t", " ")
    raise FilterError(
        f"where, character {word.start + 1}: {why}\n  {line}\n  {' ' * (word.start - begin)}^", key=word.value, nearest=nearest
    )
