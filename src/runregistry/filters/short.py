"""The short filter form that people write, turned into the wire form that the registry reads.

People write ``{"class": "Collisions24", "tracker-strip": "good"}``; the registry reads
``{"rr_attributes.class": {"=": "Collisions24"}, "triplet_summary.tracker-strip.GOOD": {">": 0}}``. Both functions are pure: the
caller's dict is never changed, so that one filter can serve many questions.

Source: the rules of the official client, release 3.1.2. What it passed on and the registry refused or misread (an unknown
operator, a component that is not compared with a status) is refused here, with a name.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from runregistry.errors import FilterError, nearest, suggestion
from runregistry.terms.attributes import DATASET_ATTRIBUTES, OPERATORS, RUN_ATTRIBUTES
from runregistry.terms.components import DATASET_COMPONENTS, RUN_COMPONENTS
from runregistry.terms.vocabulary import EDITABLE_STATUSES, EMPTY

__all__ = ["Filter", "dataset_filter_to_wire", "run_filter_to_wire"]

Filter: TypeAlias = dict[str, Any]

_COMPARED = (*EDITABLE_STATUSES, EMPTY)
_KNOWN_OPERATORS = ("=", "<>", ">", "<", ">=", "<=", "like", "notlike", "and", "or", "LIKE", "NOTLIKE", "AND", "OR")
_GROUPS = ("and", "or", "AND", "OR")
_PATTERNS = ("like", "notlike", "LIKE", "NOTLIKE")
_WIRE_PREFIXES = ("rr_attributes", "oms_attributes", "triplet_summary")
_NOT_FOUND = "filter attribute {} not found within the listed attributes in runregistry/attributes.py"


def run_filter_to_wire(short: object) -> Filter:
    """Turn a short filter of runs into its wire form.

    Parameters
    ----------
    short : dict or object
        What the user wrote. Anything that is not a dict asks for nothing, as it always has.

    Returns
    -------
    dict
        The wire form; shares no dict that was changed with the argument.

    Raises
    ------
    FilterError
        An attribute, operator or status is unknown; ``key`` names the entry, ``nearest`` what may have been meant.

    Examples
    --------
    >>> run_filter_to_wire({"run_number": {"or": [355100, 355101]}, "dt-dt": "good"})
    {'run_number': {'or': [{'=': 355100}, {'=': 355101}]}, 'triplet_summary.dt-dt.GOOD': {'>': 0}}
    >>> run_filter_to_wire({"class": "Collisions24", "energy": {">": 6000}})
    {'rr_attributes.class': {'=': 'Collisions24'}, 'oms_attributes.energy': {'>': 6000}}
    """
    wire: Filter = {}
    for key, value in _entries(short):
        rule = _rule(value)
        if key in RUN_ATTRIBUTES:
            wire[RUN_ATTRIBUTES[key].wire] = _checked(key, rule)
        elif key in RUN_COMPONENTS:
            wire[_component(key, rule)] = {">": 0}
        elif key.startswith(_WIRE_PREFIXES):
            wire[key] = rule
        else:
            raise _unknown(key, (*RUN_ATTRIBUTES, *RUN_COMPONENTS), ".")
    return wire


def dataset_filter_to_wire(short: object) -> Filter:
    """Turn a short filter of datasets into its wire form.

    The run number and the dataset name keep bare values; every attribute of a dataset's run may be named too.

    Parameters, Returns, Raises
        As `run_filter_to_wire`.

    Examples
    --------
    >>> dataset_filter_to_wire({"run_number": 355100, "dataset_name": "online", "global_state": "OPEN"})
    {'run_number': 355100, 'name': 'online', 'dataset_attributes.global_state': {'=': 'OPEN'}}
    """
    wire: Filter = {}
    for key, value in _entries(short):
        attribute = DATASET_ATTRIBUTES.get(key)
        if attribute is not None and attribute.source == "table":
            wire[attribute.wire] = _checked(key, _rule(value)) if isinstance(value, dict) else value
        elif attribute is not None:
            wire[attribute.wire] = _checked(key, _rule(value))
        elif key in DATASET_COMPONENTS:
            wire[_component(key, _rule(value))] = {">": 0}
        elif key in RUN_ATTRIBUTES:
            wire[RUN_ATTRIBUTES[key].wire] = _checked(key, _rule(value))
        else:
            hint = ". If this is a key of the wire form, pass ignore_filter_transformation=True."
            raise _unknown(key, (*DATASET_ATTRIBUTES, *DATASET_COMPONENTS, *RUN_ATTRIBUTES), hint)
    return wire


def _entries(short: object) -> Collection[tuple[str, Any]]:
    return [(str(key), value) for key, value in short.items()] if isinstance(short, dict) else []


def _rule(value: Any) -> Filter:
    """Return a rule of operators: a bare value means equality, and so do bare numbers and strings of an ``or``."""
    if not isinstance(value, dict):
        return {"=": value}
    alternatives = value.get("or")
    if not isinstance(alternatives, list):
        return value
    # compat: only these three types, exactly; a bare true stays bare (test_short_filter_wraps_only_numbers_and_strings).
    return {**value, "or": [{"=": item} if type(item) in (int, float, str) else item for item in alternatives]}


def _checked(key: str, rule: Filter) -> Filter:
    """Return the rule if the registry knows all its operators: it takes any other for a JSON path, and silently finds nothing."""
    for operator, value in rule.items():
        if operator not in _KNOWN_OPERATORS or (key == "run_number" and operator in _PATTERNS):
            raise _bad_operator(key, operator)
        if operator in _GROUPS:
            for member in value if isinstance(value, list) else [value]:
                if isinstance(member, dict):
                    _checked(key, member)
    return rule


def _bad_operator(key: str, operator: object) -> FilterError:
    attribute = DATASET_ATTRIBUTES.get(key) or RUN_ATTRIBUTES[key]
    message = (
        f"operator {operator!r} can't be used with {key}, a {attribute.type}{suggestion(str(operator), _KNOWN_OPERATORS)}. "
        f"Allowed: {' '.join(attribute.operators)}, combined by 'and' or 'or' with a list."
    )
    return FilterError(message, key=key, nearest=nearest(str(operator), _KNOWN_OPERATORS))


def _component(key: str, rule: Filter) -> str:
    """Return the wire key that counts the lumisections in which a component has a status."""
    for operator in rule:
        if operator not in OPERATORS["component"]:
            message = f"operator {operator!r} can't be used with the component {key}. Allowed: =, with a status such as GOOD."
            raise FilterError(message, key=key)
    status = rule.get("=")
    wanted = status.upper() if isinstance(status, str) else status
    if wanted not in _COMPARED:
        message = f"status must be either {', '.join(_COMPARED[:-1])} or {_COMPARED[-1]}, not {status!r} as for {key}"
        raise FilterError(message + suggestion(str(wanted), _COMPARED), key=key, nearest=nearest(str(wanted), _COMPARED))
    return f"triplet_summary.{key}.{wanted}"


def _unknown(key: str, known: Collection[str], hint: str) -> FilterError:
    return FilterError(_NOT_FOUND.format(key) + suggestion(key, known) + hint, key=key, nearest=nearest(key, known))
