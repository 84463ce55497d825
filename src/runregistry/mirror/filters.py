"""Selections as filters of the wire, in a form that the service does not misread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runregistry.model.selection import Selection
from runregistry.terms import ONLINE

__all__ = ["dataset_filter", "run_filter"]

_CLASS = "rr_attributes.class"


def run_filter(selection: Selection, after: int | None = None) -> dict[str, Any]:
    """Return the filter for the runs of a selection, with `after` only for those with a newer version.

    Examples
    --------
    >>> run_filter(Selection(355100, None, ("Collisions%",)), 900)
    {'and': [{'or': [{'rr_attributes.class': {'like': 'Collisions%'}}]}, {'run_number': {'>=': 355100}}, {'version': {'>': 900}}]}
    >>> run_filter(Selection())
    {}
    """
    return _joined(_alternatives(_CLASS, selection.run_class) + _numbers(selection, after))


def dataset_filter(selection: Selection, after: int | None = None) -> dict[str, Any]:
    """Return the filter for the datasets of a selection, ``online`` ones too.

    The group about the run comes first: the service drops alternatives of another table that follow a condition of its own.
    """
    names = (*selection.dataset_name, ONLINE) if selection.dataset_name else ()
    groups = _alternatives(_CLASS, selection.run_class) + _alternatives("name", names)
    return _joined(groups + _numbers(selection, after))


def _alternatives(key: str, texts: Sequence[str]) -> list[dict[str, Any]]:
    return [{"or": [{key: {"like" if "%" in text else "=": text}} for text in texts]}] if texts else []


def _numbers(selection: Selection, after: int | None) -> list[dict[str, Any]]:
    bounds = ((">=", selection.run_min), ("<=", selection.run_max))
    parts: list[dict[str, Any]] = [{"run_number": {operator: bound}} for operator, bound in bounds if bound is not None]
    return parts + ([{"version": {">": after}}] if after is not None else [])


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"and": parts} if parts else {}
