"""Rules as the text that names them in statistics: what JavaScript's ``JSON.stringify`` makes of them."""

from __future__ import annotations

import json
import math
from typing import Any

from runregistry.logic.coercion import number_text

__all__ = ["rule_text"]


def rule_text(rule: Any) -> str:
    """Write a JSON value compactly, keys in their order, numbers as JavaScript prints them.

    Examples
    --------
    >>> rule_text({"and": [{">=": [{"var": "run.oms.b_field"}, 3.70]}, {"<": [{"var": "run.oms.energy"}, 7e3]}, True]})
    '{"and":[{">=":[{"var":"run.oms.b_field"},3.7]},{"<":[{"var":"run.oms.energy"},7000]},true]}'
    """
    if isinstance(rule, dict):
        return "{" + ",".join(f"{_quoted(key)}:{rule_text(value)}" for key, value in rule.items()) + "}"
    if isinstance(rule, list | tuple):
        return "[" + ",".join(map(rule_text, rule)) + "]"
    if isinstance(rule, str):
        return _quoted(rule)
    if isinstance(rule, int | float) and not isinstance(rule, bool):
        return number_text(rule) if math.isfinite(rule) else "null"
    return json.dumps(rule)


def _quoted(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)
