"""What each keyword filter asks: a condition of the filter language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from runregistry.client.chosen_runs import chosen_runs, integer
from runregistry.errors import FilterError, nearest, suggestion
from runregistry.filters import AllOf, Column, Comparison, Node, TableName
from runregistry.filters.conditions import either, has_status
from runregistry.filters.literals import known_word, wire_time
from runregistry.filters.spread import plain
from runregistry.filters.subjects import components_of
from runregistry.filters.where import parse_where
from runregistry.terms import DATASET_ATTRIBUTES, DATASET_STATES, RUN_STATES, STATUSES

__all__ = ["CONDITIONS", "ONLY_DATASETS"]

Condition: TypeAlias = Callable[[str, Any, TableName], Node]

_FILL = Column("oms_attributes", ("fill_number",))
_START = Column("oms_attributes", ("start_time",))
_ERA = re.compile(r"(?:Run)?(?:20(?=\d\d))?(\d\d)?([A-Z])", re.IGNORECASE)
_AFTER_ERA = ("/", "\\_", "-")
_STATE = "_state"
_WORKSPACES = tuple(name.removesuffix(_STATE) for name in DATASET_ATTRIBUTES if name.endswith(_STATE))


def _bound(operator: str, name: str, value: Any, table: TableName) -> Node:
    return Comparison(Column("run_number"), operator, integer(name, value, what="a run number"))


def _runs(name: str, value: Any, table: TableName) -> Node:
    return chosen_runs(value)


def _words(kind: str, *path: str) -> Condition:
    """Return the condition on a text: the text, a pattern with ``%``, or any of several."""

    def condition(name: str, value: Any, table: TableName) -> Node:
        return either([_word(Column(kind, path), text) for text in _texts(name, value)])

    return condition


def _word(column: Column, text: str) -> Node:
    return Comparison(column, "like" if "%" in text else "=", text)


def _one_of(column: Column, known: Collection[str], name: str, value: Any, table: TableName) -> Node:
    return either([Comparison(column, "=", known_word(name, text, known)) for text in _texts(name, value)])


def _texts(name: str, value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Iterable) or isinstance(values, Mapping | bytes):
        raise FilterError(f"{name} must be a text or a list of texts, not {value!r}", key=name)
    texts = list(values)
    for text in texts:
        if not isinstance(text, str):
            raise FilterError(f"each of {name} must be a text, not {text!r}", key=name)
    return [str(text) for text in texts]


def _significant(name: str, value: Any, table: TableName) -> Node:
    flag = plain(value)
    if not isinstance(flag, bool):
        raise FilterError(f"{name} must be True or False, not {value!r}", key=name)
    return Comparison(Column("rr_attributes", ("significant",)), "=", flag)


def _fill(name: str, value: Any, table: TableName) -> Node:
    if isinstance(value, tuple):
        if len(value) != 2:
            raise FilterError(f"{name}: a tuple is (first, last), both included and None for no bound, not {value!r}", key=name)
        bounds = [(operator, bound) for operator, bound in zip((">=", "<="), value, strict=True) if bound is not None]
        return AllOf(tuple(Comparison(_FILL, operator, integer(name, bound)) for operator, bound in bounds))
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    numbers = [integer(name, number, what="a fill number") for number in (value if several else [value])]
    return either([Comparison(_FILL, "=", number) for number in dict.fromkeys(numbers)])


def _since(name: str, value: Any, table: TableName) -> Node:
    return Comparison(_START, ">=", wire_time(value, name))


def _until(name: str, value: Any, table: TableName) -> Node:
    return Comparison(_START, "<=", wire_time(value, name, is_last=True))


def _era(name: str, value: Any, table: TableName) -> Node:
    """Look for an era in the dataset name, the only thing that carries it: ``/PromptReco/Collisions2018A/DQM``."""
    if table == "runs":
        raise FilterError(
            "era: the registry keeps no era with a run. Take the runs of the datasets of the era, "
            "runs=client.datasets(era=…), or say run_min and run_max, or since and until.",
            key=name,
        )
    return either([_of_era(name, era) for era in _texts(name, value)])


def _of_era(name: str, era: str) -> Node:
    found = _ERA.fullmatch(era.strip())
    if found is None:
        raise FilterError(f"{name} is a letter, with its year or without: '2018A', 'Run2018A' or 'A', not {era!r}", key=name)
    # No digit that a pattern could ask for: a letter without year is one after any of the ten.
    years = [found[1]] if found[1] else [str(digit) for digit in range(10)]
    patterns = [f"%{year}{found[2].upper()}{after}%" for year in years for after in _AFTER_ERA]
    return either([Comparison(Column("name"), "like", pattern) for pattern in patterns])


def _components(name: str, value: Any, table: TableName) -> Node:
    conditions = []
    for component, statuses in _mapping(name, value, '{"dt-dt": "GOOD"}').items():
        _check_component(name, component, table)
        words = [known_word(component, status, STATUSES) for status in _texts(f"{name} {component}", statuses)]
        conditions.append(either([has_status(component, word) for word in words]))
    return AllOf(tuple(conditions))


def _mapping(name: str, value: Any, example: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise FilterError(f"{name} must be a dict such as {example}, not {value!r}", key=name)
    return value


def _check_component(name: str, component: Any, table: TableName) -> None:
    known = components_of(table)
    if component not in known:
        raise FilterError(
            f"{name}: there is no component {component!r}{suggestion(str(component), known)}. "
            f'One that only this registry has can be asked for as where="triplet_summary.{component}.GOOD > 0".',
            key=str(component),
            nearest=nearest(str(component), known),
        )


def _said(part: str, name: str, value: Any, table: TableName) -> Node:
    """Look into the comments or the causes of one component, or of all."""
    if not isinstance(value, Mapping):
        texts = _sought(name, value)
        return either([_in_list(Column("triplet_summary", (one, part)), text) for one in components_of(table) for text in texts])
    conditions = []
    for component, wanted in value.items():
        _check_component(name, component, table)
        column = Column("triplet_summary", (component, part))
        conditions.append(either([_in_list(column, text) for text in _sought(f"{name} {component}", wanted)]))
    return AllOf(tuple(conditions))


def _sought(name: str, value: Any) -> list[str]:
    texts = _texts(name, value)
    if "" in texts:
        raise FilterError(f"{name}: an empty text is in everything; '%' finds whatever has one", key=name)
    return texts


def _in_list(column: Column, text: str, *, is_whole: bool = False) -> Node:
    """Look for a text anywhere in a list of texts; or for one of its texts, as a pattern or as it is.

    The registry compares the list as JSON, ``["HV trip", "noise"]``: so a text of it stands between quotes.
    """
    as_json = json.dumps(text, ensure_ascii=False)[1:-1].replace("\\", "\\\\")
    if "%" not in text:
        as_json = as_json.replace("_", "\\_")
        as_json = as_json if is_whole else f"%{as_json}%"
    return Comparison(column, "like", f'%"{as_json}"%')


def _appeared_in(name: str, value: Any, table: TableName) -> Node:
    column = Column("dataset_attributes", ("appeared_in",))
    return either([_in_list(column, text, is_whole=True) for text in _texts(name, value)])


def _states(name: str, value: Any, table: TableName) -> Node:
    conditions = []
    for workspace, states in _mapping(name, value, '{"tracker": "OPEN"}').items():
        if workspace not in _WORKSPACES:
            close = nearest(str(workspace), _WORKSPACES)
            message = f"{name}: there is no workspace {workspace!r}{suggestion(str(workspace), _WORKSPACES)}"
            raise FilterError(f"{message}; there are {', '.join(_WORKSPACES)}", key=str(workspace), nearest=close)
        column = Column("dataset_attributes", (workspace + _STATE,))
        conditions.append(_one_of(column, DATASET_STATES, f"{name} {workspace}", states, table))
    return AllOf(tuple(conditions))


def _where(name: str, value: Any, table: TableName) -> Node:
    return parse_where(value, table)


CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        "run_min": partial(_bound, ">="),
        "run_max": partial(_bound, "<="),
        "runs": _runs,
        "run_class": _words("rr_attributes", "class"),
        "fill": _fill,
        "era": _era,
        "state": partial(_one_of, Column("rr_attributes", ("state",)), RUN_STATES),
        "significant": _significant,
        "since": _since,
        "until": _until,
        "components": _components,
        "comment": partial(_said, "comments"),
        "cause": partial(_said, "causes"),
        "where": _where,
        "dataset_name": _words("name"),
        "dataset_state": partial(_one_of, Column("dataset_attributes", ("global_state",)), DATASET_STATES),
        "states": _states,
        "appeared_in": _appeared_in,
    }
)
ONLY_DATASETS = frozenset({"dataset_name", "dataset_state", "states", "appeared_in"})
