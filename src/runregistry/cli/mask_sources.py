"""Where the masks of a command come from: files, URLs, and other commands through a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from runregistry.cli.console import note
from runregistry.errors import RangeError, UsageError
from runregistry.lumis import LumiMask, Problem

__all__ = ["USUAL", "Strictness", "read_mask", "read_masks", "read_source"]

_LARGEST = 64 << 20  # bytes; the JSON of a year has 50 kB
_TIMEOUT_S = 30.0
_SHOWN = 10


class Strictness(NamedTuple):
    """What of a JSON that can be understood is refused all the same.

    Attributes
    ----------
    join : bool
        Take ranges that overlap as one, and say so, instead of refusing them.
    strict : bool
        Refuse also ranges that are out of order or touch, bounds of 0, and runs without ranges.
    """

    join: bool = False
    strict: bool = False


USUAL = Strictness()


def read_masks(words: Sequence[str], strictness: Strictness = USUAL) -> list[LumiMask]:
    """Return the masks that words of a command line name.

    Raises
    ------
    UsageError
        More than one of them is stdin, or one can't be read.
    RangeError
        One is no mask; the message says where.
    """
    if list(words).count("-") > 1:
        raise UsageError("- can be given once: stdin can't be read a second time")
    return [read_mask(word, strictness) for word in words]


def read_mask(word: str, strictness: Strictness = USUAL) -> LumiMask:
    """Return the mask in a file, behind a URL, or in stdin for ``-``: a golden JSON, or another form that `LumiMask` reads."""
    content, name = read_source(word), name_of(word)
    try:
        mask = LumiMask.from_text(content)
        _judge(LumiMask.problems(content), strictness, name)
    except RangeError as error:
        raise RangeError(f"{name}: {error}", run_number=error.run_number, ranges=error.ranges) from None
    return mask


def name_of(word: str) -> str:
    """Return what an input is called in messages."""
    return "stdin" if word == "-" else word


def _judge(problems: list[Problem], strictness: Strictness, name: str) -> None:
    """Refuse what may hide a mistake: always if two ranges of a run overlap, everything else only if asked to be strict."""
    overlaps = [problem for problem in problems if problem.kind == "overlap"]
    if strictness.join:
        for problem in overlaps[:_SHOWN]:
            note(f"Joined: {name}: {problem}")
        if len(overlaps) > _SHOWN:
            note(f"Joined: {name}: {len(overlaps) - _SHOWN} more ranges that overlap")
    refused = problems if strictness.strict else [] if strictness.join else overlaps
    if refused:
        rest = f" (and {len(refused) - 1} more; json print --check shows all)" if len(refused) > 1 else ""
        hint = "" if strictness.strict else "; --join takes them as one"
        raise RangeError(f"{refused[0]}{rest}{hint}", run_number=refused[0].run_number)


def read_source(word: str) -> bytes:
    """Return what a file, a URL, or stdin for ``-`` holds.

    Raises
    ------
    UsageError
        It can't be read, is too large for a JSON, or is a page for people.
    """
    if word == "-":
        if sys.stdin.isatty():
            raise UsageError("- reads what another command writes into a pipe, and stdin is a terminal")
        binary = getattr(sys.stdin, "buffer", None)
        return bytes(binary.read()) if binary is not None else sys.stdin.read().encode()
    if word.startswith(("http://", "https://")):
        return _fetch(word)
    try:
        return Path(word).expanduser().read_bytes()
    except OSError as error:
        raise UsageError(f"can't read {word}: {error.strerror}; give a file, a URL, or - for stdin") from error


def _fetch(url: str) -> bytes:
    """Return what a web server has under a URL. Nothing of the user is sent: no token, no cookie, no password of ``~/.netrc``."""
    import httpx2

    try:
        if httpx2.URL(url).userinfo:
            raise UsageError(
                "a URL with a user name or password in it would end up in logs; read it with another tool, and use -"
            )
        # An authentication that does nothing keeps that of ~/.netrc away, and proxies of the environment in use.
        with (
            httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=True, auth=httpx2.Auth()) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code != httpx2.codes.OK:
                raise UsageError(f"can't read {url}: the server says {answer.status_code} {answer.reason_phrase}".rstrip())
            content = _bounded(answer, url)
    except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
        why = "no answer in time" if isinstance(fault, httpx2.TimeoutException) else str(fault) or type(fault).__name__
        raise UsageError(f"can't read {url}: {why}") from fault
    if content.lstrip()[:1] == b"<":
        raise UsageError(f"{url} is a web page and no JSON; perhaps one has to sign in there: download the file, and name that")
    return content


def _bounded(answer: object, url: str) -> bytes:
    content = bytearray()
    for part in answer.iter_bytes():  # type: ignore[attr-defined]  # httpx2 is imported where it is used
        content += part
        if len(content) > _LARGEST:
            raise UsageError(f"{url} is larger than {_LARGEST >> 20} MB, which no JSON of lumisections is")
    return bytes(content)
