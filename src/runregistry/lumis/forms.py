"""The forms of a mask as text, by name, and which of them a text has."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args

from runregistry.errors import RangeError, suggestion
from runregistry.lumis.cmssw import parse_cmssw
from runregistry.lumis.formats import parse_golden_json
from runregistry.lumis.texts import parse_csv, parse_lists, parse_pairs

__all__ = ["FORMS", "Form", "checked_form", "decoded", "form_of", "parse_text"]

Form: TypeAlias = Literal["json", "compact", "pairs", "cmssw", "csv", "list"]
FORMS: tuple[Form, ...] = get_args(Form)

_CMSSW = re.compile(r"\d:\s*(?:\d|min|max)", re.IGNORECASE)
_PARSERS: dict[Form, Callable[[str], dict[Any, Any]]] = {
    "json": parse_golden_json,
    "compact": parse_golden_json,
    "pairs": parse_pairs,
    "cmssw": parse_cmssw,
    "csv": parse_csv,
    "list": parse_lists,
}


def decoded(text: str | bytes) -> str:
    """Return text without a byte-order mark.

    Raises
    ------
    RangeError
        Bytes are not UTF-8.
    """
    try:
        return (text.decode("utf-8") if isinstance(text, bytes) else text).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise RangeError(f"no text: byte {problem.start} is not UTF-8") from None


def form_of(text: str) -> Form:
    """Return the form that a text has, judged by how it begins; ``json`` where it has none.

    Examples
    --------
    >>> [form_of(text) for text in ('{"1": [[1, 2]]}', "[[1, 1], [1, 2]]", "1:1-1:2", "run_number,first,last", "1 1 2")]
    ['json', 'pairs', 'cmssw', 'csv', 'list']
    """
    begin = text.lstrip()[:4096]
    if begin.startswith("{"):
        return "json"
    if _CMSSW.search(begin):
        return "cmssw"
    if begin.startswith("["):
        return "pairs"
    line = begin.partition("\n")[0]
    return "csv" if "," in line else "list" if line[:1].isdigit() else "json"


def checked_form(name: str) -> Form:
    """Return the name of a form.

    Raises
    ------
    RangeError
        There is none of that name.

    Examples
    --------
    >>> checked_form("cmsw")
    Traceback (most recent call last):
    runregistry.errors.RangeError: there is no form 'cmsw' (did you mean cmssw?): json, compact, pairs, cmssw, csv or list
    """
    for form in FORMS:
        if form == name:
            return form
    raise RangeError(f"there is no form {name!r}{suggestion(name, FORMS)}: {', '.join(FORMS[:-1])} or {FORMS[-1]}")


def parse_text(text: str, form: Form) -> dict[Any, Any]:
    """Return what a text says, its ranges not yet checked.

    Raises
    ------
    RangeError
        It does not have that form; the message says where.
    """
    return _PARSERS[form](text)
