"""Rules: parsed once, applied to as many lumisections as there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runregistry.errors import LogicError
from runregistry.logic.compiler import Evaluate, compile_tree
from runregistry.logic.paths import read_paths
from runregistry.logic.tree import Node, Operation, parse_tree, walk
from runregistry.logic.values import UNDEFINED, js_truthy

__all__ = ["Rule", "parse_rule", "parse_rule_text"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rule:
    """A json-logic rule; make one with :func:`parse_rule`.

    A rule is immutable and may be shared by threads and, pickled, by processes. What it answers may share parts with the data
    or with the rule: treat an answer that is a list or dictionary as read-only.

    Attributes
    ----------
    source : JSON value
        What the rule was parsed from (a copy; don't change it).
    root : Node
        The frozen tree.
    paths : frozenset of str
        Every constant name that the rule may look up in the data; the empty name stands for the data as a whole.
    is_static : bool
        False if a name is computed, so that the rule may read more than ``paths``.

    Examples
    --------
    >>> rule = parse_rule({"and": [{">=": [{"var": "run.energy"}, 6000]}, {"==": [{"var": "rr.dt-dt"}, "GOOD"]}]})
    >>> rule.is_true({"run": {"energy": 6800}, "rr": {"dt-dt": "GOOD"}})
    True
    >>> sorted(rule.paths), rule.is_static
    (['rr.dt-dt', 'run.energy'], True)
    """

    source: Any
    root: Node
    paths: frozenset[str]
    is_static: bool
    _evaluate: Evaluate

    def apply(self, data: Any) -> Any:
        """Evaluate the rule on data and answer what json-logic-js answers (``None`` for ``null`` and ``undefined``).

        Parameters
        ----------
        data : JSON value
            Decoded JSON; never changed.

        Raises
        ------
        LogicError
            Where JavaScript throws (``*`` of nothing), or for data that is no JSON or nests too deep.

        Examples
        --------
        >>> parse_rule({"+": [{"var": "a"}, 1]}).apply({"a": "2.5"})
        3.5
        """
        return _guarded(self._evaluate, data)

    def is_true(self, data: Any) -> bool:
        """Tell whether the data passes: the answer is true in JavaScript's eyes, as empty arrays and objects are.

        Examples
        --------
        >>> parse_rule([]).is_true({}), parse_rule({"and": []}).is_true({})
        (True, False)
        """
        return js_truthy(_guarded(self._evaluate, data))

    def __repr__(self) -> str:
        return f"Rule({json.dumps(self.source)})"

    def __reduce__(self) -> tuple[Callable[[Any], Rule], tuple[Any]]:
        return _parse_deferred, (self.source,)


def parse_rule(rule: Any, *, defer_unknown: bool = False) -> Rule:
    """Parse a json-logic rule.

    Parameters
    ----------
    rule : dict, list or scalar
        Decoded JSON. A ``str`` is a rule that is a constant text; for JSON text see :func:`parse_rule_text`.
    defer_unknown : bool
        Accept unknown operators; they fail only where they are evaluated, as in json-logic-js. By default the rule is refused.

    Raises
    ------
    LogicError
        With the path of what is wrong: an unknown operator, nesting deeper than 256 levels, a number that is not finite.

    Notes
    -----
    The semantics are those of json-logic-js 2 with its standard operators. The older 1.2 differs from it in what rules of the
    registry hardly use: it has ``method``, does not evaluate the initial value of ``reduce``, and fails on ``all`` of ``null``.

    Examples
    --------
    >>> parse_rule({"<": [{"var": "luminosity"}, 1]}).apply({})
    True
    >>> parse_rule({"and": [{"var": "a"}, {"equal": [1, 1]}]})
    Traceback (most recent call last):
    runregistry.errors.LogicError: Unrecognized operation equal, in the rule at and[1]
    """
    try:
        root = parse_tree(rule, defer_unknown=defer_unknown)
        paths, is_static = read_paths(root)
        evaluate = compile_tree(root)
        return Rule(root.source, root, paths, is_static, _without_undefined(evaluate) if _makes_undefined(root) else evaluate)
    except RecursionError:
        raise LogicError("The rule nests too deep for Python's stack. Put conditions side by side in one list.") from None


def parse_rule_text(text: str | bytes, *, defer_unknown: bool = False) -> Rule:
    """Parse a rule from JSON text.

    Raises
    ------
    LogicError
        The text is not JSON, or not a rule.

    Examples
    --------
    >>> parse_rule_text('{"in": ["25ns", {"var": "injection_scheme"}]}').apply({"injection_scheme": "25ns_2352b"})
    True
    >>> parse_rule_text("[1, 2")
    Traceback (most recent call last):
    runregistry.errors.LogicError: The rule is not JSON: Expecting ',' delimiter: line 1 column 6 (char 5)
    """
    try:
        rule = json.loads(text)
    except RecursionError:
        raise LogicError("The rule nests too deep. Put conditions side by side in one list.") from None
    except ValueError as error:  # malformed, not UTF-8, or a number of thousands of digits
        raise LogicError(f"The rule is not JSON: {error}") from error
    return parse_rule(rule, defer_unknown=defer_unknown)


def _parse_deferred(source: Any) -> Rule:
    """Unpickle: what was once accepted is accepted again."""
    return parse_rule(source, defer_unknown=True)


def _guarded(evaluate: Evaluate, data: Any) -> Any:
    try:
        return evaluate(data)
    except RecursionError:
        raise LogicError("The data nests too deep to be evaluated.") from None


def _makes_undefined(root: Node) -> bool:
    """Tell whether some operation lacks the operand that would be its answer."""
    needed = {"and": 1, "or": 1, "log": 1, "map": 2, "reduce": 2}
    return any(isinstance(node, Operation) and len(node.operands) < needed.get(node.operator, 0) for node in walk(root))


def _without_undefined(evaluate: Evaluate) -> Evaluate:
    return lambda data: _plain(evaluate(data))


def _plain(value: Any) -> Any:
    if value is UNDEFINED:
        return None
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value
