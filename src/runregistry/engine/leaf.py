"""A part of a rule, evaluated once per distinct combination of what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from runregistry.engine.columns import Coded, Distinct, IntArray, value_key
from runregistry.engine.outcome import FAILED, UNKNOWN, UNKNOWN_BOOLEAN, Outcomes, outcome_of
from runregistry.engine.ruletext import rule_text
from runregistry.engine.sources import WHOLE, Source, document, sources_of
from runregistry.engine.table import View
from runregistry.errors import LogicError
from runregistry.logic import ListNode, Literal, Node, Operation, Rule
from runregistry.logic.compiler import compile_tree
from runregistry.logic.paths import read_paths

__all__ = ["Failures", "Leaf", "Memo", "reads"]

# These give true or false and can't fail, whatever constants and paths they compare.
_COMPARISONS = frozenset({"==", "===", "!=", "!==", "<", "<=", ">", ">=", "in", "!", "!!"})

# A column with so many distinct values at most remembers, of so many parts of rules, what they make of each value.
_ANSWERED, _PARTS = 5_000, 500

# Combinations that a memo keeps. A rule that reads luminosities meets a new one at each lumisection, for ever.
_REMEMBERED = 20_000


class Failures:
    """The failures met so far; an outcome of ``FAILED + n`` stands for the n-th."""

    def __init__(self) -> None:
        self._met: list[LogicError] = []

    def add(self, failure: LogicError) -> int:
        """Keep a failure; return its outcome."""
        self._met.append(failure)
        return FAILED + len(self._met) - 1

    def raise_first(self, outcomes: Outcomes) -> None:
        """Raise the failure of the first row that has one."""
        failed = np.flatnonzero(outcomes >= FAILED)
        if len(failed):
            raise self._met[int(outcomes[failed[0]]) - FAILED]


class Leaf:
    """A part of a rule that is not taken apart any further.

    Attributes
    ----------
    node : Node
        The part.
    sources : tuple of Source
        What it reads.
    """

    def __init__(self, node: Node, failures: Failures) -> None:
        self.node = node
        paths, is_static = read_paths(node)
        self.sources = sources_of(paths) if is_static else (WHOLE,)
        self._evaluate = compile_tree(node)
        self._failures = failures
        self._unknown = UNKNOWN_BOOLEAN if _is_comparison(node) else UNKNOWN
        self._last: tuple[View, Outcomes] | None = None

    def outcomes(self, view: View) -> Outcomes:
        """Evaluate on all rows of a view; asked again for the same view, as the search for causes does, it remembers."""
        if self._last is None or self._last[0] is not view:
            self._last = (view, self._evaluate_all(view))
        return self._last[1]

    def _evaluate_all(self, view: View) -> Outcomes:
        columns = []
        for source in self.sources:
            column = view.column(source)
            if column is None:
                return np.full(view.size, self._unknown, dtype=np.int64)
            columns.append(column)
        if len(columns) == 1 and len(columns[0].values) <= _ANSWERED:
            return self.answers_to(columns[0].values)[columns[0].codes]
        codes, combinations = _combine(columns, view.size)
        return self.answers(combinations)[codes]

    def answers_to(self, values: list[Any]) -> Outcomes:
        """Evaluate on each value of the only source; the distinct values of a column remember it."""
        known = values.answers if isinstance(values, Distinct) and len(values) <= _ANSWERED else {}
        text = rule_text(self.node.source)
        if (found := known.get(text)) is None:
            found = self.answers([(value,) for value in values])
            if len(known) < _PARTS and not (found >= FAILED).any():  # failures are numbered, and belong to one evaluation
                known[text] = found
        return found

    def answers(self, combinations: Iterable[Sequence[Any]]) -> Outcomes:
        """Evaluate on combinations of values of the sources."""
        return np.array([self._outcome(document(self.sources, values)) for values in combinations], dtype=np.int64)

    def _outcome(self, data: Any) -> int:
        try:
            return outcome_of(self._evaluate(data))
        except LogicError as failure:
            return self._failures.add(failure)
        except RecursionError:
            return self._failures.add(LogicError("The data nests too deep to be evaluated.", path=self.node.path))


class Memo:
    """A function of some sources that remembers its answers.

    Parameters
    ----------
    sources : tuple of Source
        What the function reads.
    compute : callable
        The function, of the smallest document with these sources.
    """

    def __init__(self, sources: tuple[Source, ...], compute: Callable[[Any], Any]) -> None:
        self.sources = sources
        self._compute = compute
        self._known: dict[tuple[Any, ...], Any] = {}

    def __call__(self, values: Sequence[Any]) -> Any:
        """Answer for one combination of values of the sources."""
        key = tuple(map(value_key, values))
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self._compute(document(self.sources, values))
        return self._known[key]


def reads(rules: Iterable[Rule], depth: int | None = None) -> tuple[Source, ...]:
    """Return what any of some rules reads; everything, if one works out its paths as it goes.

    Parameters
    ----------
    rules : iterable of Rule
        The rules.
    depth : int, optional
        How many keys of a path lead to a column; by default as in the document of a lumisection.
    """
    rules = list(rules)
    if not all(rule.is_static for rule in rules):
        return (WHOLE,)
    return sources_of((path for rule in rules for path in rule.paths), depth)


def _combine(columns: Sequence[Coded], size: int) -> tuple[IntArray, Iterable[tuple[Any, ...]]]:
    """Number the distinct combinations of values that occur; return each row's number, and the combinations."""
    if len(columns) == 1:
        return _only_used(columns[0])
    codes = np.zeros(size, dtype=np.int64)
    combinations: list[tuple[Any, ...]] = [()] if size else []
    for column in columns:
        # One column at a time, so that the numbers can't grow beyond rows times distinct values.
        width = len(column.values)
        used, codes = np.unique(codes * width + column.codes, return_inverse=True)
        combinations = [(*combinations[code // width], column.values[code % width]) for code in used.tolist()]
    return codes, combinations


def _only_used(column: Coded) -> tuple[IntArray, list[tuple[Any, ...]]]:
    used = np.bincount(column.codes, minlength=len(column.values)) > 0
    values = [(value,) for value, occurs in zip(column.values, used.tolist(), strict=True) if occurs]
    return (np.cumsum(used) - 1)[column.codes], values


def _is_comparison(node: Node) -> bool:
    return isinstance(node, Operation) and node.operator in _COMPARISONS and all(map(_is_plain, node.operands))


def _is_plain(node: Node) -> bool:
    """Whether a node is made of constants and of paths that are written out: these can't fail."""
    if isinstance(node, ListNode):
        return all(map(_is_plain, node.items))
    if isinstance(node, Operation):
        return node.operator == "var" and all(isinstance(operand, Literal) for operand in node.operands)
    return True
