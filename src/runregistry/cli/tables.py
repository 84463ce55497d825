"""Rows as a table for people: as wide as the screen, long texts cut, statuses in colour."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from runregistry.cli.colours import coloured

__all__ = ["TextTable", "cell_text", "make_table"]

_GAP = 2
_LEAST = 10  # characters to which a text may be cut; less says nothing
_LONG = 20
_CUT = "…"


class TextTable(NamedTuple):
    """A table as lines of text.

    Attributes
    ----------
    lines : list of str
        The head, and a line for each row.
    left_out : list of str
        Columns for which there was no room.
    """

    lines: list[str]
    left_out: list[str]


class _Column(NamedTuple):
    name: str
    head: tuple[str, ...]
    texts: list[str]
    is_number: bool
    has_blanks: bool
    width: int


def make_table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, width: int | None = None, in_colour: bool = False
) -> TextTable:
    """Return a table of some columns of rows.

    Parameters
    ----------
    columns : sequence of str
        Most important first: where the width does not suffice, texts are cut first, then the last columns left out.
    width : int, optional
        Of the screen; nothing is cut without it.
    in_colour : bool
        Whether statuses and states are coloured; the words are there in any case.

    Examples
    --------
    >>> rows = [{"run_number": 355100, "class": "Collisions22"}]
    >>> print("\\n".join(make_table(rows, ["run_number", "class"]).lines))
    run_number  class
        355100  Collisions22
    """
    made = [_column(name, rows) for name in columns]
    if width is not None:
        made = _fitted(made, width)
    n_heads = max((len(column.head) for column in made), default=0)
    heads = [("",) * (n_heads - len(column.head)) + column.head for column in made]
    lines = [_line([head[number] for head in heads], made, False) for number in range(n_heads)]
    lines += [_line([column.texts[number] for column in made], made, in_colour) for number in range(len(rows))]
    kept = {column.name for column in made}
    return TextTable(lines, [name for name in columns if name not in kept])


def cell_text(value: Any) -> str:
    """Return a value as the text of a cell: one line, nothing that a terminal would obey.

    Examples
    --------
    >>> cell_text(None), cell_text(True), cell_text("two\\nlines"), cell_text(["a", "b"]), cell_text({"GOOD": 20, "BAD": 0})
    ('', 'true', 'two lines', 'a, b', 'GOOD 20')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(cell_text, value))
    if isinstance(value, Mapping):
        filled = sorted(((name, one) for name, one in value.items() if one), key=lambda pair: not _is_number(pair[1]))
        return ", ".join(f"{name} {cell_text(one)}" for name, one in filled)
    text = str(value)
    return text if text.isprintable() else " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _column(name: str, rows: Sequence[Mapping[str, Any]]) -> _Column:
    values = [row.get(name) for row in rows]
    texts = list(map(cell_text, values))
    is_number = any(value is not None for value in values) and all(value is None or _is_number(value) for value in values)
    return _headed(_Column(name, (), texts, is_number, any(" " in text for text in texts), 0), (name,))


def _headed(column: _Column, head: tuple[str, ...]) -> _Column:
    return column._replace(head=head, width=max(map(_width, (*head, *column.texts))))


def _folded(column: _Column) -> _Column:
    """Put a head that is wider than what is below it into two lines, at its middle-most hyphen or underscore."""
    (name,) = column.head
    places = [number + 1 for number, one in enumerate(name) if one in "-_"]
    if not places:
        return column
    place = min(places, key=lambda one: max(one, len(name) - one))
    return min(column, _headed(column, (name[:place], name[place:])), key=lambda one: one.width)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fitted(columns: list[_Column], width: int) -> list[_Column]:
    """Fold heads if it must be, cut the longest texts, and then leave columns out, from the end."""
    if _total(map(_least, columns)) > width:
        columns = list(map(_folded, columns))
    least = list(map(_least, columns))
    n_kept = next((number for number in range(len(columns), 1, -1) if _total(least[:number]) <= width), min(len(columns), 1))
    widths = [max(least[number], min(column.width, width)) for number, column in enumerate(columns[:n_kept])]
    while _total(widths) > width:
        # Long texts first, then sentences, and words like names and times last.
        longest = [
            (widths[one] > _LONG, columns[one].has_blanks, widths[one], one) for one in range(n_kept) if widths[one] > least[one]
        ]
        if not longest:
            break  # a single column that is wider than the screen
        widths[max(longest)[-1]] -= 1
    return [_narrowed(column, new) for column, new in zip(columns[:n_kept], widths, strict=True)]


def _least(column: _Column) -> int:
    """Return how narrow a column may be: sentences can be cut to a few words, names and times only if they are long."""
    floor = _LEAST if column.has_blanks else _LONG
    return column.width if column.is_number else min(column.width, max(floor, *map(_width, column.head)))


def _total(widths: Iterable[int]) -> int:
    several = list(widths)
    return sum(several) + _GAP * (len(several) - 1)


def _narrowed(column: _Column, width: int) -> _Column:
    if width >= column.width:
        return column
    return column._replace(texts=[_cut(text, width) for text in column.texts], width=width)


def _cut(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    kept = text[: width - 1]
    while _width(kept) > width - 1:
        kept = kept[:-1]
    return kept.rstrip() + _CUT


def _width(text: str) -> int:
    """Return how many places of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _line(texts: Sequence[str], columns: Sequence[_Column], in_colour: bool) -> str:
    placed = []
    last = max((number for number, text in enumerate(texts) if text), default=-1)
    for number, (text, column) in enumerate(zip(texts, columns, strict=True)):
        if number > last:
            break
        blanks = " " * (column.width - _width(text))
        shown = coloured(text, text) if in_colour else text
        if column.is_number:
            placed.append(blanks + shown)
        else:
            placed.append(shown if number == last else shown + blanks)
    return (" " * _GAP).join(placed)
