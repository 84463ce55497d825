"""What verbs about many runs take, checked before anything is sent: run numbers, datasets, edits."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from runregistry.client.flows.changes import check_status
from runregistry.errors import RangeError, UsageError, suggestion
from runregistry.terms import BAD, DATASET_COMPONENTS, RUN_COMPONENTS

__all__ = ["DatasetKey", "Edit", "dataset_keys", "read_edits", "run_keys"]

DatasetKey: TypeAlias = tuple[int, str]

_SHORTEST_COMMENT = 3  # the registry's own rule


class Edit(NamedTuple):
    """A change of a component's triplet from the first to the last lumisection, both included."""

    run_number: int
    first: int
    last: int
    component: str
    status: str
    comment: str = ""
    cause: str = ""
    dataset_name: str = "online"


def run_keys(run_numbers: Any) -> list[int]:
    """Return run numbers as integers, each once, in their order.

    Raises
    ------
    UsageError
        There are none, or one is no integer.

    Examples
    --------
    >>> run_keys([355100, {"run_number": 355101}, 355100])
    [355100, 355101]
    >>> run_keys(355100)
    [355100]
    """
    return list(dict.fromkeys(_number(one) for one in _several(run_numbers)))


def dataset_keys(which: Any, dataset_name: str) -> list[DatasetKey]:
    """Return what a verb about many datasets was asked for, each once.

    Parameters
    ----------
    which : iterable
        Run numbers, pairs ``(run_number, dataset_name)``, or rows of runs or datasets.
    dataset_name : str
        Of those that name none.

    Examples
    --------
    >>> dataset_keys([355100, (355101, "/PromptReco/Collisions2022/DQM")], "online")
    [(355100, 'online'), (355101, '/PromptReco/Collisions2022/DQM')]
    """
    return list(dict.fromkeys(_dataset(one, dataset_name) for one in _several(which)))


def read_edits(edits: Iterable[Any]) -> list[Edit]:
    """Return edits, all of them checked; each may be an `Edit`, a tuple, or a row with these names.

    Raises
    ------
    UsageError
        One of them can't work, or comes twice; the text says which.
    """
    found: dict[Edit, int] = {}
    for number, given in enumerate(edits, 1):
        edit = _edit(number, given)
        if edit in found:  # the second one may undo what is between them, or be a slip: only the caller knows
            raise UsageError(f"edits {found[edit]} and {number} are the same: {tuple(edit)}. Leave one out, or send them apart.")
        found[edit] = number
    return list(found)


def _several(given: Any) -> list[Any]:
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        return [given]
    return list(given)


def _number(given: Any) -> int:
    value: Any = given.get("run_number") if isinstance(given, Mapping) else given
    try:
        if isinstance(value, bool):
            raise TypeError
        return int(value) if isinstance(value, str) else operator.index(value)
    except (TypeError, ValueError):
        raise UsageError(f"a run number is an integer such as 355100, not {given!r}") from None


def _dataset(given: Any, dataset_name: str) -> DatasetKey:
    if isinstance(given, Mapping):
        return _number(given), given.get("name") or given.get("dataset_name") or dataset_name
    if isinstance(given, tuple | list):
        if len(given) != 2 or not isinstance(given[1], str):
            raise UsageError(f"a dataset is given as (run_number, dataset_name), not {given!r}")
        return _number(given[0]), given[1]
    return _number(given), dataset_name


def _edit(number: int, given: Any) -> Edit:
    try:
        edit = given if isinstance(given, Edit) else Edit(**given) if isinstance(given, Mapping) else Edit(*given)
    except TypeError:
        names = ", ".join(Edit._fields)
        raise UsageError(f"edit {number} is {given!r}; an edit has {names}, the last three of which may be left out") from None
    return _checked(f"edit {number} (run {edit.run_number}, {edit.component})", edit)


def _checked(who: str, edit: Edit) -> Edit:
    check_status(who, edit.status)
    if edit.status == BAD and len(edit.comment) < _SHORTEST_COMMENT:
        raise UsageError(f"{who}: BAD needs a comment that says why, of at least {_SHORTEST_COMMENT} characters")
    first, last = _number(edit.first), _number(edit.last)
    if not 1 <= first <= last:
        raise RangeError(f"{who}: from {first} to {last} is no range of lumisections, which count from 1")
    if edit.component not in RUN_COMPONENTS and edit.component not in DATASET_COMPONENTS:
        hint = suggestion(edit.component, (*RUN_COMPONENTS, *DATASET_COMPONENTS))
        warnings.warn(f"{who}: the component is not one that this package knows{hint}", stacklevel=4)
    return edit._replace(run_number=_number(edit.run_number), first=first, last=last)
