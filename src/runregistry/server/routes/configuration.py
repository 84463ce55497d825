"""Endpoints of classifiers, accepted datasets and workspaces."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import configuration as service

__all__ = ["HANDLERS"]


def _classifiers(registry: Registry, call: Call) -> Any:
    return service.list_classifiers(registry.store, call.parameters["category"])


def _component_classifiers(registry: Registry, call: Call) -> Any:
    return service.list_component_classifiers(registry.store, call.parameters["online_or_offline"])


def _add_classifier(registry: Registry, call: Call) -> Any:
    return service.add_item(registry.store, call.parameters["category"], call.body, call.author)


def _accepted(registry: Registry, call: Call) -> Any:
    return service.list_accepted_datasets(registry.store, call.parameters.get("run_class"))


def _add_accepted(registry: Registry, call: Call) -> Any:
    return service.add_item(registry.store, "datasets_accepted", call.body, call.author)


def _workspaces(registry: Registry, call: Call) -> Any:
    return service.list_workspaces(registry.store, call.parameters["online_or_offline"])


HANDLERS = {
    "get_classifiers": _classifiers,
    "component_classifiers": _component_classifiers,
    "create_classifier": _add_classifier,
    "get_datasets_accepted": _accepted,
    "datasets_accepted_of_class": _accepted,
    "create_dataset_accepted": _add_accepted,
    "get_workspaces": _workspaces,
}
