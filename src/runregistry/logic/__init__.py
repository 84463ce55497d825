"""json-logic: the language of golden-JSON rules and classifiers, evaluated exactly as json-logic-js evaluates it."""

from __future__ import annotations

from runregistry.logic.rule import Rule, parse_rule, parse_rule_text
from runregistry.logic.tree import KNOWN_OPERATORS, ListNode, Literal, Node, Operation, walk
from runregistry.logic.values import js_truthy, truthy

__all__ = [
    "KNOWN_OPERATORS",
    "ListNode",
    "Literal",
    "Node",
    "Operation",
    "Rule",
    "js_truthy",
    "parse_rule",
    "parse_rule_text",
    "truthy",
    "walk",
]
