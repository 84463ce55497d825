"""The text of brilcalc's CSV, taken apart: head, rows and footer, each with its line; several times, if files were joined."""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO, TypeAlias

from runregistry.errors import LuminosityError

__all__ = ["Line", "Section", "Source", "name_of", "read_text", "split_sections"]

Source: TypeAlias = str | os.PathLike[str] | TextIO
Line: TypeAlias = tuple[int, str]

_GZIP = b"\x1f\x8b"
_HEAD = "run:fill,"


@dataclass
class Section:
    """What one run of brilcalc wrote.

    Attributes
    ----------
    head : Line
        The line with the names of the columns, without its ``#``.
    rows : list of Line
        Lines of values.
    comments : list of Line
        Lines behind the head that begin with ``#``, without it: the footer.
    is_original : bool
        Whether lines end as brilcalc ends them (rows CR LF, the rest LF), so that no other program has written the file anew.
    """

    head: Line
    is_original: bool
    rows: list[Line] = field(default_factory=list)
    comments: list[Line] = field(default_factory=list)


def name_of(source: Source) -> str:
    """Return what errors call a source."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "name", "") or "the text")


def read_text(source: Source) -> str:
    """Return the text of a file, gzipped or not, or of a stream, its line ends as they are.

    Raises
    ------
    LuminosityError
        It is no text, or its compression is cut off.
    """
    name = name_of(source)
    if not isinstance(source, str | os.PathLike):
        return source.read()
    content = Path(source).read_bytes()
    try:
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (EOFError, gzip.BadGzipFile, OSError) as problem:
        raise LuminosityError(f"its compression is cut off or damaged: {problem}", file=name) from problem
    except UnicodeDecodeError as problem:
        raise LuminosityError(f"is no text: byte {problem.start} is not UTF-8", file=name) from problem


def split_sections(text: str, name: str) -> list[Section]:
    """Return the sections of a text.

    Raises
    ------
    LuminosityError
        There is no line with names of columns, rows stand where none belong, or the last row does not end.
    """
    lines = text.split("\n")
    if lines[-1] and not lines[-1].startswith("#"):
        raise LuminosityError(
            "is not ended by a line break: the file is cut off in the middle of a row (if it is not, end the line)",
            file=name,
            line=len(lines),
        )
    sections: list[Section] = []
    for number, line in enumerate(lines, 1):
        if not line or line == "\r":
            continue
        if line[0] == "#" or line.startswith(_HEAD):
            _add_comment(sections, number, line)
        elif not sections:
            raise LuminosityError(f"has values, {_cut(line)}, before the line with names, #run:fill,…", file=name, line=number)
        elif sections[-1].comments:
            raise LuminosityError(f"has values, {_cut(line)}, behind a footer", file=name, line=number)
        else:
            sections[-1].rows.append((number, line))
    if not sections:
        raise LuminosityError(
            "has no line #run:fill,ls,… with names of columns: it is cut off, or no output of brilcalc lumi --byls", file=name
        )
    _judge_line_ends(sections)
    return sections


def _add_comment(sections: list[Section], number: int, line: str) -> None:
    text = line.lstrip("#").strip()
    if text.startswith(_HEAD):
        sections.append(Section((number, text), not line.endswith("\r")))
    elif sections and not text.startswith("Data tag"):
        sections[-1].comments.append((number, text))


def _judge_line_ends(sections: list[Section]) -> None:
    for section in sections:
        section.is_original = section.is_original and bool(section.rows) and section.rows[0][1].endswith("\r")
        section.rows = [(number, line.rstrip("\r")) for number, line in section.rows]


def _cut(line: str) -> str:
    text = line.strip()
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
