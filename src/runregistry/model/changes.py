"""What a new list of lumisections changes: the difference between what is stored and what was received, as ranges.

Source: the service's updating of lumisections (its data model, *Writing ranges*), with its defect mended that forgot a change
equal to the one before an unchanged lumisection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runregistry.errors import RangeError, UsageError
from runregistry.lumis.steps import Step, elementary, from_positions, overlay, same
from runregistry.model.lumisections import Columns, triplet
from runregistry.terms import EMPTY, LUMINOSITY_ATTRIBUTES, OMS_LUMISECTION_WHITELIST

__all__ = ["columns_of", "differences", "joint_steps", "rr_differences", "stored_oms", "triplet_steps"]

_STORED_OMS = OMS_LUMISECTION_WHITELIST | set(LUMINOSITY_ATTRIBUTES)


def stored_oms(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a lumisection's OMS attributes what the registry stores: the whitelist and the luminosities.

    Examples
    --------
    >>> stored_oms({"cms_active": True, "pileup": 31.2})
    {'cms_active': True}
    """
    return {name: value for name, value in values.items() if name in _STORED_OMS}


def joint_steps(lumisections: object, *, what: str, oms: bool = False) -> list[Step]:
    """Collapse a positional list of objects (element 0 is lumisection 1) into ranges of equal objects.

    Parameters
    ----------
    lumisections : list of dict
        As received.
    what : str
        Name of the list, for the error.
    oms : bool
        Keep only the OMS attributes that are stored.

    Raises
    ------
    UsageError
        It is no list, or an element is no object.
    """
    if not isinstance(lumisections, Sequence) or isinstance(lumisections, str):
        raise UsageError(f"{what} must be a list with one object per lumisection, not {type(lumisections).__name__}")
    for number, values in enumerate(lumisections, 1):
        if not isinstance(values, dict):
            raise UsageError(f"{what}: lumisection {number} must be an object, not {values!r}")
    return from_positions(map(stored_oms, lumisections) if oms else lumisections)


def triplet_steps(lumisections: object, *, what: str) -> list[Step]:
    """Collapse a positional list of components with their triplets, as `joint_steps` does.

    Raises
    ------
    UsageError
        It is no list of objects, or what a component has is no triplet.

    Examples
    --------
    >>> triplet_steps([{"dt-dt": {"status": "GOOD"}}] * 3, what="rr_lumisections")
    [(1, 3, {'dt-dt': {'status': 'GOOD'}})]
    """
    steps = joint_steps(lumisections, what=what)
    for first, _, values in steps:
        _check_triplets(values, f"{what}: lumisection {first}")
    return steps


def _check_triplets(values: Mapping[str, Any], where: str) -> None:
    for component, value in values.items():
        if not isinstance(value, dict) or not isinstance(value.get("status"), str):
            raise UsageError(f"{where}: {component} must be an object with a text as status, not {value!r}")
        for name in ("comment", "cause"):
            if not isinstance(value.get(name, ""), str | None):
                raise UsageError(f"{where}: the {name} of {component} must be a text, not {value[name]!r}")


def columns_of(steps: Iterable[Step]) -> Columns:
    """Turn joint steps, ``(first, last, {name: value})``, into one column per name.

    Examples
    --------
    >>> columns_of([(1, 2, {"a": 1}), (3, 3, {"a": 1, "b": None})])
    {'a': [(1, 3, 1)], 'b': [(3, 3, None)]}
    """
    columns: Columns = {}
    for first, last, values in steps:
        for name, value in values.items():
            overlay(columns.setdefault(name, []), first, last, value)
    return columns


def differences(old: Columns, new: Columns) -> list[Step]:
    """Return what of `new` differs from `old`, as joint steps; what only `old` has is no difference.

    Examples
    --------
    >>> differences({"a": [(1, 4, True)]}, {"a": [(1, 1, False), (2, 4, True)], "b": [(1, 2, None)]})
    [(1, 1, {'a': False, 'b': None}), (2, 2, {'b': None})]
    """
    changed: Columns = {}
    for name, steps in new.items():
        for first, last, here in elementary({"new": steps, "old": old.get(name, [])}):
            if "new" in here and ("old" not in here or not same(here["new"], here["old"])):
                overlay(changed.setdefault(name, []), first, last, here["new"])
    return list(elementary(changed))


def rr_differences(old: Columns, new: Columns, last: int) -> list[Step]:
    """Return what of the components differs, where one without value is the same as an EMPTY one.

    Parameters
    ----------
    last : int
        The last lumisection of the stored list.
    """
    empty = triplet(EMPTY)
    filled: Columns = {}
    for name in new:
        steps: list[Step] = [(1, last, empty)] if last else []
        for step in old.get(name, []):
            overlay(steps, *step)
        filled[name] = steps
    return differences(filled, new)


def check_not_shorter(stored_last: int, new_last: int) -> None:
    """Refuse a list that is shorter than what is stored.

    Raises
    ------
    RangeError
        With the service's text.
    """
    if new_last < stored_last:
        raise RangeError(f"Lumisections cannot be deleted: {stored_last} are stored, {new_last} were received")
