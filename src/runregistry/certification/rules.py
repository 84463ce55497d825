"""Rules as people hand them over: json-logic in Python, as text, in a file, or the name of a preset."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runregistry.certification.preset import get_preset
from runregistry.errors import LogicError, UsageError
from runregistry.logic import Rule, parse_rule

__all__ = ["GivenRule", "read_rule", "rule_digest"]

_PRESET = "preset:"
# A text of JSON, or else a comment to its end; commas before a closing bracket are left, as JSON has none.
_TEXT_OR_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


class GivenRule(NamedTuple):
    """A rule, and what came with it.

    Attributes
    ----------
    rule : Rule
        Parsed.
    name : str
        What it was given as: ``preset:golden-2022``, a file; empty for a rule that was written out.
    dataset_name_filter : str or None
        The datasets that it is for, if the preset or the file says so.
    """

    rule: Rule
    name: str = ""
    dataset_name_filter: str | None = None


def read_rule(given: Any) -> GivenRule:
    """Read a rule.

    Parameters
    ----------
    given : dict, list, str, path or Rule
        json-logic; its text; a file with it; or ``preset:name``. Text and files may have ``//`` comments, and a first line that
        names the dataset.

    Raises
    ------
    UsageError
        The file can't be read; there is no such preset.
    LogicError
        It is no json-logic; the message says where.

    Examples
    --------
    >>> read_rule("preset:dcs-only").dataset_name_filter
    'online'
    >>> given = read_rule('''/PromptReco/Collisions2022/DQM
    ... {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}  // the drift tubes only
    ... ''')
    >>> given.dataset_name_filter, given.rule
    ('/PromptReco/Collisions2022/DQM', Rule({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}))
    """
    if isinstance(given, Rule):
        return GivenRule(given)
    if isinstance(given, Mapping | list):
        return GivenRule(parse_rule(given))
    if isinstance(given, str) and given.startswith(_PRESET):
        preset = get_preset(given)
        return GivenRule(parse_rule(preset.rule), _PRESET + preset.name, preset.dataset_name_filter)
    if isinstance(given, str) and ("\n" in given or given.lstrip().startswith(("{", "["))):
        return _parsed(given, "")
    if isinstance(given, str | os.PathLike):
        return _parsed(_text_of(given), os.fspath(given))
    raise UsageError(f"a rule is json-logic, its text, a file or preset:name, not {given!r:.80}")


def rule_digest(rule: Any) -> str:
    """Return the SHA-256 of a rule, whatever its spacing; the order of what is in it counts.

    Examples
    --------
    >>> rule_digest({"==": [1, 1]}) == rule_digest({"==": [1, 1.0]}), rule_digest({"==": [1, 1]})[:8]
    (False, 'ecb628d9')
    """
    return hashlib.sha256(json.dumps(rule, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _text_of(path: str | os.PathLike[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"can't read the rule {os.fspath(path)}: {error.strerror}; give a file, the rule itself, or preset:name"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the rule {os.fspath(path)} is no text: {error}") from error


def _parsed(text: str, name: str) -> GivenRule:
    where = f"{name}: " if name else ""
    head, _, rest = text.lstrip().partition("\n")
    dataset = head.strip() if head.startswith("/") and not head.startswith(("//", "/*")) else None
    # As many lines as before, so that places in messages are those of the file.
    body = _TEXT_OR_COMMENT.sub(_blank, "\n" + rest if dataset is not None else text)
    try:
        rule = parse_rule(json.loads(body))
    except LogicError as error:
        raise LogicError(f"{where}{error}", path=error.path) from None
    except (ValueError, RecursionError) as error:
        raise LogicError(f"{where}the rule is not JSON: {error}") from error
    return GivenRule(rule, name, dataset)


def _blank(found: re.Match[str]) -> str:
    return found[1] or "\n" * found[0].count("\n")
