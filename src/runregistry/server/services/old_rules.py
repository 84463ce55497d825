"""Rules written for the old way of making JSONs, whose variables are called differently and may be in any case.

``dataset.dataset_attributes.global_state`` became ``dataset.global_state``, ``dataset.run_number`` became ``run.run_number``; all
others are called as in the document of a lumisection (see `runregistry.model.CertifiedDataset`).
"""

from __future__ import annotations

from typing import Any

from runregistry.errors import LogicError, suggestion
from runregistry.logic.tree import SCOPED_OPERATORS
from runregistry.terms import DATASET_COMPONENTS, RUN_COMPONENTS

__all__ = ["translated"]

_PARTS = ("dataset", "run", "lumisection")
_COMPONENTS = {name.casefold(): name for name in (*RUN_COMPONENTS, *DATASET_COMPONENTS)}
_RENAMED = {"dataset.run_number": "run.run_number"}
_ATTRIBUTES = "dataset.dataset_attributes."


def translated(rule: Any) -> Any:
    """Return a rule with its variables called as in the document of a lumisection.

    Parameters
    ----------
    rule : JSON value
        A rule that `runregistry.logic.parse_rule` takes.

    Raises
    ------
    LogicError
        A variable belongs to neither dataset, run nor lumisection.

    Examples
    --------
    >>> translated({"and": [{"==": [{"var": "Dataset.Dataset_Attributes.dt_state"}, "OPEN"]}, {"var": "run.oms.Energy"}]})
    {'and': [{'==': [{'var': 'dataset.dt_state'}, 'OPEN']}, {'var': 'run.oms.energy'}]}
    """
    if isinstance(rule, list):
        return [translated(part) for part in rule]
    if not isinstance(rule, dict) or len(rule) != 1:
        return rule
    [(operator, operands)] = rule.items()
    if operator == "var":
        return {operator: _named(operands)}
    if operator in SCOPED_OPERATORS and isinstance(operands, list):
        # The second operand names what is inside an element, not what is in the document.
        return {operator: [part if place == 1 else translated(part) for place, part in enumerate(operands)]}
    return {operator: translated(operands)}


def _named(operands: Any) -> Any:
    if isinstance(operands, list):
        return [_named(part) if place == 0 else translated(part) for place, part in enumerate(operands)]
    return _variable(operands) if isinstance(operands, str) and operands else translated(operands)


def _variable(written: str) -> str:
    name = written.lower()
    part = name.partition(".")[0]
    if part not in _PARTS:
        raise LogicError(f"variable {written} is not known{suggestion(part, _PARTS)}; it must begin with {', '.join(_PARTS)}")
    if name.startswith(_ATTRIBUTES):
        return f"dataset.{name.removeprefix(_ATTRIBUTES)}"
    head, _, component = name.partition("lumisection.rr.")
    if component and not head:
        return f"lumisection.rr.{_COMPONENTS.get(component, component)}"
    return _RENAMED.get(name, name)
