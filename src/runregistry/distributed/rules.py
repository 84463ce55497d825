"""Rules as they travel: whatever a user may give as a rule is parsed before it is sent, so that mistakes show at once."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, TypeAlias

from runregistry.logic import Rule, parse_rule, parse_rule_text

__all__ = ["RuleLike", "as_rule", "parse_sent", "to_sent"]

RuleLike: TypeAlias = Rule | str | bytes | dict[str, Any] | list[Any] | bool


def as_rule(rule: RuleLike) -> Rule:
    """Return a rule that was given parsed, as decoded JSON or as JSON text.

    Raises
    ------
    LogicError
        It is no rule.

    Examples
    --------
    >>> as_rule('{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}')
    Rule({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]})
    """
    if isinstance(rule, Rule):
        return rule
    return parse_rule_text(rule) if isinstance(rule, str | bytes) else parse_rule(rule)


def to_sent(rule: RuleLike) -> str:
    """Return the text that workers get."""
    return json.dumps(as_rule(rule).source)


@lru_cache(maxsize=16)
def parse_sent(text: str) -> Rule:
    """Parse the text on a worker: once, not for every batch. What was accepted where it was sent from is accepted here."""
    return parse_rule_text(text, defer_unknown=True)
