"""The part of a rule that is plain logic: ``and``, ``or``, ``!``, ``!!``, ``if``, with leaves in between.

The whole rule is evaluated by numpy at this level, and each leaf by the slow evaluator, once per distinct combination of values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from runregistry.engine.leaf import Failures, Leaf
from runregistry.engine.outcome import Outcomes, both, choose, either, negate
from runregistry.engine.sources import Source
from runregistry.engine.table import View
from runregistry.logic import Node, Operation, Rule

__all__ = ["Choice", "Fold", "Negation", "Part", "Truth"]

_FOLDS: dict[str, Callable[[Outcomes, Outcomes], Outcomes]] = {"and": both, "or": either}


class Truth:
    """A rule, taken apart.

    Attributes
    ----------
    root : Part
        The rule as a whole.
    failures : Failures
        What failed while it was evaluated.
    sources : set of Source
        Everything that the rule reads.
    """

    def __init__(self, rule: Rule) -> None:
        self.failures = Failures()
        self.root = _take_apart(rule.root, self.failures)
        self.sources: set[Source] = {source for leaf in _leaves(self.root) for source in leaf.sources}

    def outcomes(self, view: View) -> Outcomes:
        """Evaluate on all rows of a view."""
        return self.root.outcomes(view)


class Fold:
    """``and`` or ``or``."""

    def __init__(self, node: Operation, operands: Sequence[Part]) -> None:
        self.node = node
        self.operands = operands

    def outcomes(self, view: View) -> Outcomes:
        """Combine the operands from the last to the first."""
        combine = _FOLDS[self.node.operator]
        answer = self.operands[-1].outcomes(view)
        for operand in reversed(self.operands[:-1]):
            answer = combine(operand.outcomes(view), answer)
        return answer


class Negation:
    """``!``, or twice of it."""

    def __init__(self, node: Operation, operands: Sequence[Part]) -> None:
        self.node = node
        self.operands = operands

    def outcomes(self, view: View) -> Outcomes:
        """Turn the operand round."""
        answer = self.operands[0].outcomes(view)
        for _ in self.node.operator:
            answer = negate(answer)
        return answer


class Choice:
    """``if`` with an else branch: condition, then, condition, then, …, else."""

    def __init__(self, node: Operation, operands: Sequence[Part]) -> None:
        self.node = node
        self.operands = operands

    def outcomes(self, view: View) -> Outcomes:
        """Choose row by row."""
        parts = [operand.outcomes(view) for operand in self.operands]
        answer = parts.pop()
        while parts:
            yes, condition = parts.pop(), parts.pop()
            answer = choose(condition, yes, answer)
        return answer


Part: TypeAlias = Leaf | Fold | Negation | Choice


def _take_apart(node: Node, failures: Failures) -> Part:
    form = _form(node)
    if form is None or not isinstance(node, Operation):
        return Leaf(node, failures)
    return form(node, [_take_apart(operand, failures) for operand in node.operands])


def _form(node: Node) -> type[Fold | Negation | Choice] | None:
    """What combines the operands of a node. Odd forms (``if`` without else) are rare: the slow evaluator knows what they mean."""
    if isinstance(node, Operation):
        count = len(node.operands)
        if node.operator in _FOLDS and count:
            return Fold
        if node.operator in ("!", "!!") and count == 1:
            return Negation
        if node.operator in ("if", "?:") and count > 2 and count % 2:
            return Choice
    return None


def _leaves(part: Part) -> Iterator[Leaf]:
    if isinstance(part, Leaf):
        yield part
    else:
        for operand in part.operands:
            yield from _leaves(operand)
