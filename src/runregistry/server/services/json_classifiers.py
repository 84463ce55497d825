"""Rules for JSONs that users keep: everybody may add one; its maker and the experts may replace or remove it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from runregistry.errors import APIError, NotFound
from runregistry.server.services.configuration import MayChange, add_item, edit_item, remove_item
from runregistry.store import Item, Store
from runregistry.terms import EXPERTS_EGROUP

__all__ = ["add_rule", "edit_rule", "remove_rule"]

_FAMILY = "json_classifier"


def add_rule(store: Store, category: str, body: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Add a rule.

    Raises
    ------
    NotFound
        The category is another one: rules that decide about runs are changed under ``/classifiers``, where rights are asked for.
    """
    _check_category(category)
    return add_item(store, _FAMILY, body, by)


def edit_rule(
    store: Store, category: str, number: object, body: Mapping[str, Any], by: str, egroups: Collection[str]
) -> dict[str, Any]:
    """Replace a rule by a new one, which keeps its maker.

    Raises
    ------
    APIError
        The user has neither made the stored rule nor is an expert.
    """
    _check_category(category)
    return edit_item(store, _FAMILY, number, body, by, _only_owner("edit", by, egroups))


def remove_rule(store: Store, category: str, number: object, by: str, egroups: Collection[str]) -> dict[str, Any]:
    """Remove a rule; see `edit_rule` for who may."""
    _check_category(category)
    return remove_item(store, _FAMILY, number, by, _only_owner("delete", by, egroups))


def _check_category(category: str) -> None:
    if category != _FAMILY:
        raise NotFound(f"/json_classifiers holds {_FAMILY} only, not {category!r}; other classifiers are under /classifiers")


def _only_owner(action: str, by: str, egroups: Collection[str]) -> MayChange:
    def check(item: Item) -> None:
        owner = item.fields.get("created_by")
        if by != owner and EXPERTS_EGROUP not in egroups:
            text = f"To {action} this classifier you must be the creator ({owner}) or be part of {EXPERTS_EGROUP} e-group"
            raise APIError(text, status=403)

    return check
