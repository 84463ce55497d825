"""Reading the documentation as its readers do: what it tells them to run, and what it promises that they will see."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

__all__ = ["Block", "Ran", "blocks", "command_lines", "promised", "python_of", "run_python"]

_FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page: its language, its text, and the line of the page on which the text begins."""

    language: str
    text: str
    line: int


class Ran(NamedTuple):
    """How a program ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page, in order; those of some languages if any are given."""
    text = page.read_text(encoding="utf-8")
    found = [Block(match[1], match[2], text.count("\n", 0, match.start(2)) + 1) for match in _FENCED.finditer(text)]
    return [block for block in found if not languages or block.language in languages]


def python_of(page: Path) -> str:
    """Return all Python of a page as one program, on the lines on which the page has it, so that a traceback leads there."""
    lines: list[str] = []
    for block in blocks(page, "python"):
        lines += [""] * (block.line - 1 - len(lines)) + block.text.splitlines()
    return "\n".join(lines) + "\n"


def promised(program: str) -> list[str]:
    """Return the lines that a program says it prints: ``print(1 + 1)  # → 2``."""
    return re.findall(r"# → (.+)$", program, re.MULTILINE)


def command_lines(page: Path) -> list[list[str]]:
    """Return the words of every command that a page shows, without comments."""
    lines = (line for block in blocks(page, "console") for line in block.text.splitlines())
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def run_python(program: str, folder: Path, environment: Mapping[str, str], *, name: str = "page.py") -> Ran:
    """Run a program as a script in a folder, with warnings as errors; as in a notebook, nobody closes clients at the end."""
    script = folder / name
    script.write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", script.name],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "Agg", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
