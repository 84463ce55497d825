"""Keyword filters: the questions that people ask most, each under a name, and joined with what else they filter by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypedDict

from runregistry.client.conditions import CONDITIONS, ONLY_DATASETS
from runregistry.client.flows.pages import RUNS, Listing
from runregistry.client.names import check_names
from runregistry.errors import FilterError, nearest, suggestion
from runregistry.filters import TableName, dataset_filter_to_wire, parse_filter, run_filter_to_wire
from runregistry.filters.conditions import NOTHING
from runregistry.filters.render import joined, to_parts
from runregistry.filters.spread import plain, spread
from runregistry.terms import DATASET_ATTRIBUTES, RUN_ATTRIBUTES

__all__ = ["DatasetKeywords", "RunKeywords", "wire_filter"]


class RunKeywords(TypedDict, total=False):
    """What runs can be filtered by. All that are given must hold; None is not given; an empty list matches nothing.

    Attributes
    ----------
    run_min, run_max : int
        First and last run number, both included.
    runs : int, text, iterable or mapping
        Run numbers, also of numpy or pandas; ``"315257-316995,317000"``; rows of runs or datasets; a golden JSON or a `LumiMask`.
    run_class : text or list of texts
        ``Collisions24``, or a pattern: ``%`` stands for any text, and then ``_`` for any character.
    fill : int, list of int or (first, last)
        LHC fill; a tuple is a range, both included, None for no bound.
    era : text or list of texts
        ``2018A``, ``Run2018A`` or ``A``, as the name of a dataset has it. A run carries no era.
    state : text or list of texts
        State of the run: ``OPEN``, ``SIGNOFF``, ``COMPLETED``.
    significant : bool
        Whether somebody, or a classifier, marked the run.
    since, until : datetime, date or text
        When the run began, UTC where no zone is given; of a day without time the whole day.
    components : dict
        ``{"dt-dt": "GOOD"}``, or a list of statuses: at least one lumisection has it, or one of them.
    comment, cause : text, list of texts or dict
        A text anywhere in the comments or causes, whatever its case; with ``%`` a pattern of a whole comment. Of any component,
        or of one: ``{"dt-dt": "HV"}``.
    where : text or dict
        A condition, ``"energy > 6000 and not significant"``, or a filter in the short form.
    """

    run_min: int | None
    run_max: int | None
    runs: int | str | Iterable[Any] | Mapping[Any, Any] | None
    run_class: str | Iterable[str] | None
    fill: int | Iterable[int] | tuple[int | None, int | None] | None
    era: str | Iterable[str] | None
    state: str | Iterable[str] | None
    significant: bool | None
    since: date | str | None
    until: date | str | None
    components: Mapping[str, str | Iterable[str]] | None
    comment: str | Iterable[str] | Mapping[str, str | Iterable[str]] | None
    cause: str | Iterable[str] | Mapping[str, str | Iterable[str]] | None
    where: str | Mapping[str, Any] | None


class DatasetKeywords(RunKeywords, total=False):
    """What datasets can be filtered by: everything of their run, and their own. Components, comments and causes are their own.

    Attributes
    ----------
    dataset_name : text or list of texts
        ``/PromptReco/Collisions2018A/DQM``, ``online``, or a pattern with ``%``.
    dataset_state : text or list of texts
        State in the workspace *global*: ``OPEN``, ``SIGNOFF``, ``COMPLETED`` or ``waiting dqm gui``.
    states : dict
        State in a workspace: ``{"tracker": "OPEN"}``, or a list of states.
    appeared_in : text or list of texts
        Where the dataset was seen: ``DBS``, ``DQM GUI``.
    """

    dataset_name: str | Iterable[str] | None
    dataset_state: str | Iterable[str] | None
    states: Mapping[str, str | Iterable[str]] | None
    appeared_in: str | Iterable[str] | None


def wire_filter(listing: Listing, filter: Any, is_wire_filter: bool, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Join a filter and keyword filters into one filter of the wire form, all of which must hold, and check it.

    Parameters
    ----------
    listing : Listing
        `RUNS` or `DATASETS`.
    filter : dict or None
        The short form, or the wire form with ``is_wire_filter``. It is not changed.
    keywords : mapping
        As in `RunKeywords` or `DatasetKeywords`.

    Raises
    ------
    FilterError
        A keyword, attribute, component, status, state or operator is unknown, or a value of the wrong kind; the message has the
        nearest names.

    Warns
    -----
    UserWarning
        A key of the wire form names an attribute or component that is not in the tables of `terms`. The registry may have it.

    Examples
    --------
    >>> wire_filter(RUNS, {"run_number": {"<": 355200}}, False, {"run_min": 355100, "components": {"dt-dt": "good"}})
    {'and': [{'run_number': {'<': 355200}}, {'run_number': {'>=': 355100}}, {'triplet_summary.dt-dt.GOOD': {'>': 0}}]}
    >>> wire_filter(RUNS, {"class": "Collisions24"}, False, {})
    {'rr_attributes.class': {'=': 'Collisions24'}}
    """
    table: TableName = "runs" if listing is RUNS else "datasets"
    given = {name: value for name, value in keywords.items() if value is not None}
    for name in given:
        _check_keyword(name, table)
    written = _wire(table, filter, is_wire_filter)
    parts = spread(written)
    for name, value in given.items():
        if name == "where" and isinstance(value, Mapping):
            parts += spread(_wire(table, value, False))
        else:
            parts += to_parts(CONDITIONS[name](name, value, table), table)
    # What a user wrote in the wire form stays as it is: whoever writes it knows the registry.
    wire = written if is_wire_filter and not given else joined(parts)
    parse_filter(wire, table)
    check_names(wire, table)
    return wire


def _check_keyword(name: str, table: TableName) -> None:
    if name in ONLY_DATASETS and table == "runs":
        raise FilterError(f"{name} is a filter of datasets, not of runs", key=name)
    if name in CONDITIONS:
        return
    known = [one for one in CONDITIONS if table == "datasets" or one not in ONLY_DATASETS]
    if name in RUN_ATTRIBUTES or (name in DATASET_ATTRIBUTES and table == "datasets"):
        hint = f': it is an attribute; write where="{name} = …" or the filter {{{name!r}: …}}'
    else:
        hint = suggestion(name, known) or f"; there are {', '.join(known)}"
    raise FilterError(f"there is no keyword filter {name!r}{hint}", key=name, nearest=nearest(name, known))


def _wire(table: TableName, filter: Any, is_wire_filter: bool) -> dict[str, Any]:
    """Return a copy of a user's filter in the wire form."""
    if filter is None:
        return {}
    if not isinstance(filter, Mapping):
        hint = "; a condition in words is passed as where=" if isinstance(filter, str) else ""
        raise FilterError(f"a filter is a dict such as {{'class': 'Collisions24'}}, not {filter!r}{hint}")
    copy = plain(filter)
    if is_wire_filter:
        return dict(copy)
    convert = run_filter_to_wire if table == "runs" else dataset_filter_to_wire
    if any(value == [] for value in copy.values()):
        return joined(to_parts(NOTHING, table))
    # A list is any of its values, which the short form calls `or`.
    return convert({key: {"or": value} if isinstance(value, list) else value for key, value in copy.items()})
