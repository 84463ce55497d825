"""The clauses of a rule: the conditions that ``and`` and ``or`` combine, each with a number and a name for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from runregistry.engine.ruletext import rule_text
from runregistry.engine.truth import Fold, Part, Truth
from runregistry.errors import UsageError, suggestion
from runregistry.logic import Literal, Node, Operation, Rule
from runregistry.logic.paths import read_paths

__all__ = ["Clause", "chosen_clauses", "clause_parts", "clauses_of", "is_clause", "label_of", "rule_without"]

_ORDERED = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_EQUAL, _UNEQUAL = ("==", "==="), ("!=", "!==")
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_LONGEST = 60
_GONE: Any = object()


@dataclass(frozen=True)
class Clause:
    """A condition of a rule.

    Attributes
    ----------
    number : int
        Its place in the rule, from 1; a condition that is written twice is one clause.
    label : str
        For people: ``dt-dt is GOOD``.
    text : str
        Its compact JSON, which names it in the portal's statistics.
    where : str
        Its path in the rule: ``and[7]``.
    paths : tuple of str
        What it reads, sorted.
    """

    number: int
    label: str
    text: str
    where: str
    paths: tuple[str, ...]

    @property
    def names(self) -> set[str]:
        """What it can be called by: what it reads, in full and by the last name; the label; the JSON; where it is."""
        return {self.label, self.text, self.where, *self.paths, *(path.rpartition(".")[2] for path in self.paths)} - {""}


Clauses: TypeAlias = Sequence[Clause]


def clauses_of(rule: Rule) -> list[Clause]:
    """Return the clauses of a rule, in their order.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> rule = parse_rule({"and": [{">=": [{"var": "run.oms.energy"}, 6000]}, {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}]})
    >>> [(clause.number, clause.label, clause.where) for clause in clauses_of(rule)]
    [(1, 'energy >= 6000', 'and[0]'), (2, 'dt-dt is GOOD', 'and[1]')]
    """
    found: dict[str, Clause] = {}
    for part in clause_parts(Truth(rule).root):
        text = rule_text(part.node.source)
        if text not in found:
            paths = tuple(sorted(read_paths(part.node)[0]))
            found[text] = Clause(len(found) + 1, label_of(part.node), text, part.node.path, paths)
    return list(found.values())


def clause_parts(root: Part) -> list[Part]:
    """Return the parts of a rule that are clauses, in their order; the same ones that `find_causes` names."""
    if not isinstance(root, Fold):
        return [root]
    found: list[Part] = []
    for operand in root.operands:
        if isinstance(operand, Fold) or is_clause(operand):
            found += clause_parts(operand)
    return found


def is_clause(part: Part) -> bool:
    """Whether an operand of ``and`` or ``or`` is a condition of its own: no constant or list, and no ``and`` or ``or``."""
    node = part.node
    if isinstance(node, Literal):
        return isinstance(node.value, dict)
    return isinstance(node, Operation) and node.operator not in ("and", "or")


def chosen_clauses(clauses: Clauses, names: Iterable[str | int]) -> list[Clause]:
    """Return the clauses that somebody means.

    Parameters
    ----------
    names : iterable of str or int
        Numbers, or any of `Clause.names`: ``dt-dt`` is every clause that reads this component.

    Raises
    ------
    UsageError
        A name is none; the message has the nearest ones.
    """
    chosen: dict[int, Clause] = {}
    for name in names:
        meant = [clause for clause in clauses if _is_meant(clause, name)]
        if not meant:
            known = {one for clause in clauses for one in clause.names}
            places = f"1 to {len(clauses)}" if len(clauses) > 1 else "1"
            raise UsageError(
                f"no clause of the rule is called {name}, or reads it{suggestion(str(name), known)};"
                f" name a component, an attribute, or a clause by its number, {places}"
            )
        chosen |= {clause.number: clause for clause in meant}
    return [chosen[number] for number in sorted(chosen)]


def rule_without(rule: Rule, ignored: Iterable[Clause]) -> Any:
    """Return a rule in which some clauses count as fulfilled: json-logic.

    A clause of an ``and`` is left out; an ``or`` with such a clause is fulfilled as a whole, and is left out too.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> rule = parse_rule({"and": [{"==": [{"var": "a"}, 1]}, {"or": [{"==": [{"var": "b"}, 1]}, {"==": [{"var": "c"}, 1]}]}]})
    >>> a, b, c = clauses_of(rule)
    >>> rule_without(rule, [c])
    {'and': [{'==': [{'var': 'a'}, 1]}]}
    >>> rule_without(rule, [a, b])
    True
    """
    found = _without(Truth(rule).root, {clause.text for clause in ignored})
    return True if found is _GONE else found


def _without(part: Part, ignored: set[str]) -> Any:
    if not isinstance(part, Fold):
        return _GONE if rule_text(part.node.source) in ignored else part.node.source
    operands = [_without(operand, ignored) for operand in part.operands]
    kept = [operand for operand in operands if operand is not _GONE]
    is_gone = not kept or (part.node.operator == "or" and len(kept) < len(operands))
    return _GONE if is_gone else {part.node.operator: kept}


def _is_meant(clause: Clause, name: str | int) -> bool:
    if isinstance(name, int) or name.strip().isdigit():
        return clause.number == int(name)
    return name in clause.names


def label_of(node: Node) -> str:
    """Return a condition as people say it; its JSON, if that can't be said shortly.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> label_of(parse_rule({"==": [{"in": ["WMass", {"var": "run.oms.hlt_key"}]}, False]}).root)
    'hlt_key does not contain WMass'
    >>> label_of(parse_rule({"<": [3.7, {"var": "run.oms.b_field"}]}).root)
    'b_field > 3.7'
    """
    said = _said(node)
    if said is not None:
        return said
    text = rule_text(node.source)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _said(node: Node) -> str | None:
    if not isinstance(node, Operation):
        return None
    if node.operator in ("!", "!!") and len(node.operands) == 1:
        name = _name(node.operands[0])
        inner = f"{name} is on" if name is not None else _said(node.operands[0])
        return inner if node.operator == "!!" or inner is None else f"not ({inner})" if name is None else f"{name} is off"
    if node.operator == "var":
        name = _name(node)
        return None if name is None else f"{name} is on"
    if len(node.operands) != 2:
        return None
    return _compared(node.operator, *node.operands)


def _compared(operator: str, left: Node, right: Node) -> str | None:
    if operator == "in":
        return _contained(left, right)
    if operator in _EQUAL and isinstance(right, Literal) and isinstance(right.value, bool) and _name(left) is None:
        said = _said(left)
        return said if right.value or said is None else _denied(said)
    name, constant = _name(left), _constant(right)
    if name is None:
        name, constant, operator = _name(right), _constant(left), _MIRRORED.get(operator, operator)
    if name is None or constant is None:
        return None
    if operator in _EQUAL:
        return f"{name} is {constant}"
    if operator in _UNEQUAL:
        return f"{name} is not {constant}"
    return f"{name} {operator} {constant}" if operator in _ORDERED else None


def _contained(left: Node, right: Node) -> str | None:
    name, constants = _name(left), _constant(right)
    if name is not None and constants is not None:
        return f"{name} is one of {constants}" if not isinstance(right, Literal) else f"{name} is part of {constants}"
    name, constant = _name(right), _constant(left)
    return None if name is None or constant is None else f"{name} contains {constant}"


def _denied(said: str) -> str:
    if " contains " in said:
        return said.replace(" contains ", " does not contain ", 1)
    return said.replace(" is ", " is not ", 1) if " is " in said else f"not ({said})"


def _name(node: Node) -> str | None:
    """Return the last name of what is read; of the dataset, and of what is nowhere in a document, in full."""
    if not isinstance(node, Operation) or node.operator != "var" or len(node.operands) != 1:
        return None
    (operand,) = node.operands
    if not isinstance(operand, Literal) or not isinstance(operand.value, str) or not operand.value:
        return None
    keys = operand.value.split(".")
    if keys[:2] in (["run", "oms"], ["run", "rr"], ["lumisection", "oms"], ["lumisection", "rr"]) and len(keys) > 2:
        return ".".join(keys[2:])
    return keys[1] if operand.value in ("run.run_number", "lumisection.lumisection_number") else operand.value


def _constant(node: Node) -> str | None:
    source = node.source
    if isinstance(source, dict) or (isinstance(source, list) and any(isinstance(each, dict | list) for each in source)):
        return None
    if isinstance(source, list):
        return ", ".join(map(_scalar, source))
    return _scalar(source)


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) and value else rule_text(value)
