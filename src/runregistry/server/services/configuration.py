"""Classifiers, accepted datasets, permissions and workspaces, as the service shows and takes them.

Items are never changed: an edit makes a new one with a new id. In answers to reading, adding and editing, a classifier's rule is
JSON *text*, in requests it is JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from runregistry.errors import NotFound, UsageError, suggestion
from runregistry.logic import parse_rule
from runregistry.server.identity import Permission
from runregistry.server.services.values import integer
from runregistry.store import Item, Store
from runregistry.terms import STATUSES

__all__ = [
    "FAMILIES",
    "add_item",
    "check_item",
    "list_accepted_datasets",
    "list_classifiers",
    "list_component_classifiers",
    "list_workspaces",
    "read_permissions",
]

_HALVES = ("online", "offline")
_LARGEST_PRIORITY = 2**31 - 1


class Family(NamedTuple):
    """How a family of items looks on the wire.

    Attributes
    ----------
    fields : dict of str to (type, required)
        Fields of an item besides ``id``, ``createdAt`` and, for classifiers, who made and changed it.
    is_classifier : bool
        Whether items hold a rule.
    model : str
        The service's name of the family, for refusals and for the names of its lists.
    list_id : str
        How the id of the family's list is called.
    """

    fields: dict[str, tuple[type, bool]]
    is_classifier: bool
    model: str
    list_id: str


FAMILIES = {
    "class": Family({"class": (str, True), "priority": (int, True), "enabled": (bool, True)}, True, "ClassClassifier", "CCL_id"),
    "component": Family(
        {"status": (str, True), "component": (int, True), "priority": (int, True), "enabled": (bool, True)},
        True,
        "ComponentClassifier",
        "CPCL_id",
    ),
    "dataset": Family({"class": (str, True), "enabled": (bool, True)}, True, "DatasetClassifier", "DCL_id"),
    "offline_dataset": Family({"workspace": (str, True), "enabled": (bool, True)}, True, "OfflineDatasetClassifier", "ODCL_id"),
    "json_classifier": Family({"name": (str, True)}, True, "JsonClassifier", "JCL_id"),
    "datasets_accepted": Family(
        {
            "name": (str, True),
            "regexp": (str, True),
            "enabled": (bool, True),
            "class": (str, True),
            "run_from": (int, False),
            "run_to": (int, True),
        },
        False,
        "DatasetsAccepted",
        "DAL_id",
    ),
    "permission": Family({"egroup": (str, True), "routes": (list, True)}, False, "Permission", "PL_id"),
}
_CATEGORIES = [name for name, family in FAMILIES.items() if family.is_classifier]


def list_classifiers(store: Store, category: str) -> list[dict[str, Any]]:
    """Return the classifiers of a category that are in force."""
    _check_category(category)
    return _list(store, category)


def list_component_classifiers(store: Store, half: str) -> list[dict[str, Any]]:
    """Return the component classifiers of the online or offline half, each with its column and workspace."""
    if half not in _HALVES:
        raise UsageError("component classifiers must be either online or offline")
    with store.reading() as connection:
        columns = _columns_of_half(store, connection, half)
        items = _items(store, connection, "component")
    return [item | {"WorkspaceColumn": columns[item["component"]]} for item in items if item["component"] in columns]


def list_accepted_datasets(store: Store, run_class: str | None = None) -> list[dict[str, Any]]:
    """Return which datasets a run that leaves OPEN gets, of all run classes or of one."""
    return [item for item in _list(store, "datasets_accepted") if run_class is None or item["class"] == run_class]


def list_workspaces(store: Store, half: str) -> list[dict[str, Any]]:
    """Return the workspaces of one half with their columns; of a half that does not exist, none."""
    with store.reading() as connection:
        rows = store.configuration.workspaces(connection, half)
    return [
        _workspace_object(row)
        | {"columns": [column.name for column in row.columns], "columns_with_id": list(map(_column_object, row.columns))}
        for row in rows
    ]


def read_permissions(store: Store, connection: Connection) -> list[Permission]:
    """Return the permissions that are in force."""
    items = store.configuration.items(connection, "permission")
    return [Permission(item.fields["egroup"], tuple(item.fields["routes"])) for item in items]


def add_item(store: Store, family: str, body: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Add an item to a family; the body holds its fields, other keys are ignored."""
    if family != "datasets_accepted":
        _check_category(family)
    fields = check_item(family, body)
    with store.changing() as connection:
        if family == "component":
            _check_column(store, connection, fields["component"])
        if FAMILIES[family].is_classifier:
            fields |= {"created_by": by or None, "updated_by": None}
        return item_object(family, store.configuration.add(connection, family, fields, by))


def check_item(family: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an item, checked.

    Raises
    ------
    UsageError, LogicError
        A field is missing or of the wrong type, or the rule is none.
    """
    shape = FAMILIES[family]
    fields = {name: _field(shape, name, kind, required, body.get(name)) for name, (kind, required) in shape.fields.items()}
    if family == "component" and fields["status"] not in STATUSES:
        raise UsageError(f"status {fields['status']!r} is none of {', '.join(STATUSES)}{suggestion(fields['status'], STATUSES)}")
    if shape.is_classifier:
        if body.get("classifier") is None:
            raise UsageError(f"notNull Violation: {shape.model}.classifier cannot be null")
        parse_rule(body["classifier"])
        fields["classifier"] = body["classifier"]
    return fields


def item_object(family: str, item: Item) -> dict[str, Any]:
    """Return an item as it is answered."""
    fields = dict(item.fields)
    if "classifier" in fields:
        fields["classifier"] = msgspec.json.encode(fields["classifier"]).decode()
    return {"id": item.id} | fields | {"createdAt": item.created_at}


def _field(shape: Family, name: str, kind: type, required: bool, value: Any) -> Any:
    if value is None:
        if required:
            raise UsageError(f"notNull Violation: {shape.model}.{name} cannot be null")
        return None
    if kind is int:
        return integer(value, name)
    if not isinstance(value, kind):
        raise UsageError(f"{name} must be of type {kind.__name__}, not {value!r}")
    return value


def _check_category(category: str) -> None:
    if category not in _CATEGORIES:
        hint = suggestion(category, _CATEGORIES)
        raise NotFound(f"there are no classifiers of category {category!r}{hint}; known are {', '.join(_CATEGORIES)}")


def _check_column(store: Store, connection: Connection, number: int) -> None:
    known = [column.id for half in _HALVES for row in store.configuration.workspaces(connection, half) for column in row.columns]
    if number not in known:
        raise UsageError(
            f"component {number} is no id of a workspace column; /workspaces/online and /workspaces/offline list them"
        )


def _list(store: Store, family: str) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return _items(store, connection, family)


def _items(store: Store, connection: Connection, family: str) -> list[dict[str, Any]]:
    """Return a family's items; each names, as the service does, the list and the settings that it belongs to."""
    settings = store.configuration.current_settings(connection)
    shape = FAMILIES[family]
    row = {"id": settings.id, "metadata": {"by": settings.by}, "createdAt": settings.created_at}
    row |= {other.list_id: settings.lists[name] for name, other in FAMILIES.items()}
    number = settings.lists[family]
    answer = []
    for item in store.configuration.items(connection, family):
        entries = {"id": item.id, shape.list_id: number}
        lists = [{"id": number, f"{shape.model}Entries": entries, "Settings": [row]}]
        answer.append(item_object(family, item) | {f"{shape.model}Lists": lists})
    return answer


def _columns_of_half(store: Store, connection: Connection, half: str) -> dict[int, dict[str, Any]]:
    rows = store.configuration.workspaces(connection, half)
    return {column.id: _column_object(column) | {"Workspace": _workspace_object(row)} for row in rows for column in row.columns}


def _workspace_object(row: Any) -> dict[str, Any]:
    dates = {"createdAt": row.created_at, "updatedAt": row.updated_at}
    return {"id": row.id, "workspace": row.workspace, "online_or_offline": row.online_or_offline} | dates


def _column_object(row: Any) -> dict[str, Any]:
    dates = {"createdAt": row.created_at, "updatedAt": row.updated_at}
    return {"id": row.id, "id_workspace": row.id_workspace, "name": row.name} | dates


def check_settings(settings: Mapping[str, Any]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return the families of items of a settings file, each item checked."""
    classifiers = settings.get("classifiers", {})
    families = {name: classifiers.get(name, []) for name in _CATEGORIES}
    families |= {"permission": settings.get("permissions", []), "datasets_accepted": settings.get("datasets_accepted", [])}
    checked: dict[str, Sequence[Mapping[str, Any]]] = {}
    for family, items in families.items():
        rows = []
        for item in items:
            extra = {"created_by": item.get("created_by"), "updated_by": None} if FAMILIES[family].is_classifier else {}
            number = {"id": integer(item["id"], "id")} if item.get("id") is not None else {}
            rows.append(check_item(family, item) | extra | number)
        checked[family] = rows
    return checked
