"""The text of a golden JSON, and files that hold one."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from runregistry.errors import RangeError
from runregistry.lumis.checks import shown

__all__ = ["format_golden_json", "parse_golden_json", "write_whole"]


def parse_golden_json(text: str | bytes) -> dict[str, Any]:
    """Return the object that a golden JSON's text holds, its ranges not yet checked.

    A byte-order mark is skipped. A run that is written twice is refused: readers of JSON that keep the last one silently, as most
    do, would certify something else than those that join them.

    Raises
    ------
    RangeError
        The text is no JSON (the message gives line and column), no object, or names a run twice.

    Examples
    --------
    >>> parse_golden_json('{"314487": [[1, 15]]}')
    {'314487': [[1, 15]]}
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(decoded.removeprefix("\ufeff"), object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as problem:
        raise RangeError(f"not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}") from None
    except RangeError:
        raise
    except UnicodeDecodeError as problem:
        raise RangeError(f"not JSON: byte {problem.start} is not UTF-8") from None
    except (ValueError, RecursionError) as problem:
        raise RangeError(f"not a golden JSON: {problem}") from None
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else shown(value)
        raise RangeError(f'a golden JSON is an object such as {{"314487": [[1, 15]]}}, not {kind}', ranges=value)
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build one JSON object, refusing a key that comes twice."""
    built = dict(pairs)
    if len(built) < len(pairs):
        repeated = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        ranges = [value for key, value in pairs if key == repeated]
        raise RangeError(f"run {repeated} is written twice; join its ranges in one entry", run_number=repeated, ranges=ranges)
    return built


def format_golden_json(runs: Iterable[tuple[int, Iterable[Sequence[int]]]]) -> str:
    """Return the text of a golden JSON as CMS publishes it: a run a line, two blanks before it.

    Examples
    --------
    >>> print(format_golden_json([(314487, [(1, 15)]), (314488, [(1, 3), (5, 9)])]))
    {
      "314487": [[1, 15]],
      "314488": [[1, 3], [5, 9]]
    }
    """
    lines = [f'  "{run_number}": {[list(one) for one in ranges]}' for run_number, ranges in runs]
    return "{\n" + ",\n".join(lines) + "\n}" if lines else "{}"


def write_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write a file so that readers see the old one or the new one, never a part.

    The text goes to a temporary file beside it, which then takes its place. A file that exists keeps its permissions, a new one
    gets what the user's mask allows; a symbolic link stays and the file it leads to is replaced.
    """
    target = Path(path).resolve()
    # Not tempfile: its files can be read by their owner only, and a published JSON must be readable by others.
    temporary = target.with_name(f".runregistry-{os.urandom(6).hex()}.tmp")
    try:
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
