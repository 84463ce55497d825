"""The families of configuration: the fields of their items, how items are checked, and how they are answered.

In answers to reading, adding and editing, a classifier's rule is JSON *text*; in requests, and in the answer to removing, it is
JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from runregistry.errors import NotFound, UsageError, suggestion
from runregistry.logic import parse_rule, parse_rule_text
from runregistry.server.services.values import integer
from runregistry.store import Item
from runregistry.terms import STATUSES

__all__ = ["CATEGORIES", "FAMILIES", "Family", "check_category", "check_item", "check_settings", "item_object", "removed_object"]


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
CATEGORIES = [name for name, family in FAMILIES.items() if family.is_classifier]


def check_category(category: str) -> None:
    """Refuse a category of classifiers that does not exist.

    Raises
    ------
    NotFound
        With the nearest names.
    """
    if category not in CATEGORIES:
        hint = suggestion(category, CATEGORIES)
        raise NotFound(f"there are no classifiers of category {category!r}{hint}; known are {', '.join(CATEGORIES)}")


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
        # Whoever reads a rule gets its text, and may send it back as it is.
        rule = body["classifier"]
        fields["classifier"] = (parse_rule_text(rule) if isinstance(rule, str) else parse_rule(rule)).source
    return fields


def check_settings(settings: Mapping[str, Any]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return the families of items of a settings file, each item checked."""
    classifiers = settings.get("classifiers", {})
    families = {name: classifiers.get(name, []) for name in CATEGORIES}
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


def item_object(family: str, item: Item) -> dict[str, Any]:
    """Return an item as it is answered."""
    fields = dict(item.fields)
    if "classifier" in fields:
        fields["classifier"] = msgspec.json.encode(fields["classifier"]).decode()
    return {"id": item.id} | fields | {"createdAt": item.created_at}


def removed_object(item: Item) -> dict[str, Any]:
    """Return an item as it is answered when it was removed: there the rule is JSON."""
    return {"id": item.id} | item.fields | {"createdAt": item.created_at}


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
