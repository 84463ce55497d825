"""How a rule comes out on one document, part by part: what the classifier playground shows."""

from __future__ import annotations

from typing import Any

from runregistry.logic import parse_rule

__all__ = ["evaluation_tuple"]


def evaluation_tuple(rule: Any, data: Any) -> list[Any] | None:
    """Evaluate a rule and, of ``and`` and ``or``, every operand.

    Parameters
    ----------
    rule : JSON value
        A json-logic rule.
    data : JSON value
        A document.

    Returns
    -------
    list or None
        ``[rule, {"resulted_value": whether the result is exactly true}]``. Of ``and`` and ``or`` the operands are themselves
        written so, without those that are no objects. None for a rule that is no object, or whose operator is ``if``.

    Raises
    ------
    LogicError
        A part of the rule is wrong or fails. Here every operand is evaluated, also one that the rule would not reach.

    Notes
    -----
    Source: ``EvaluationTuple`` of ``/classifier_playground``. The causes in the statistics of golden JSONs follow the same parts.

    Examples
    --------
    >>> shown, result = evaluation_tuple({"or": [{"==": [{"var": "a"}, 1]}, {"var": "b"}]}, {"a": 1, "b": 2})
    >>> shown["or"]
    [[{'==': [{'var': 'a'}, 1]}, {'resulted_value': True}], [{'var': 'b'}, {'resulted_value': False}]]
    >>> result
    {'resulted_value': True}
    """
    if not isinstance(rule, dict) or "if" in rule:
        return None
    return _tuple(rule, data)


def _tuple(rule: dict[str, Any], data: Any) -> list[Any]:
    shown = rule
    for operator in ("and", "or"):
        if rule.keys() == {operator}:
            operands = rule[operator] if isinstance(rule[operator], list) else [rule[operator]]
            shown = {operator: [_tuple(operand, data) for operand in operands if isinstance(operand, dict)]}
    return [shown, {"resulted_value": parse_rule(rule).apply(data) is True}]
