"""Endpoints of classifiers, accepted datasets and workspaces."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import configuration as service
from runregistry.server.services import json_classifiers

__all__ = ["HANDLERS"]


def _classifiers(registry: Registry, call: Call) -> Any:
    return service.list_classifiers(registry.store, call.parameters["category"])


def _component_classifiers(registry: Registry, call: Call) -> Any:
    return service.list_component_classifiers(registry.store, call.parameters["online_or_offline"])


def _add_classifier(registry: Registry, call: Call) -> Any:
    return service.add_item(registry.store, call.parameters["category"], call.body, call.author)


def _edit_classifier(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return service.edit_item(registry.store, path["category"], path["id"], call.body, call.author)


def _remove_classifier(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return service.remove_item(registry.store, path["category"], path["id"], call.author)


def _of_component(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return service.list_classifiers_of_component(registry.store, path["category"], path["component"])


def _add_rule(registry: Registry, call: Call) -> Any:
    return json_classifiers.add_rule(registry.store, call.parameters["category"], call.body, call.author)


def _edit_rule(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return json_classifiers.edit_rule(registry.store, path["category"], path["id"], call.body, call.author, call.identity.egroups)


def _remove_rule(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return json_classifiers.remove_rule(registry.store, path["category"], path["id"], call.author, call.identity.egroups)


def _accepted(registry: Registry, call: Call) -> Any:
    return service.list_accepted_datasets(registry.store, call.parameters.get("run_class"))


def _add_accepted(registry: Registry, call: Call) -> Any:
    return service.add_item(registry.store, "datasets_accepted", call.body, call.author)


def _edit_accepted(registry: Registry, call: Call) -> Any:
    return service.edit_item(registry.store, "datasets_accepted", call.parameters["id"], call.body, call.author)


def _remove_accepted(registry: Registry, call: Call) -> Any:
    return service.remove_item(registry.store, "datasets_accepted", call.parameters["id"], call.author)


def _workspaces(registry: Registry, call: Call) -> Any:
    return service.list_workspaces(registry.store, call.parameters["online_or_offline"])


HANDLERS = {
    "get_classifiers": _classifiers,
    "component_classifiers": _component_classifiers,
    "classifiers_of_component": _of_component,
    "create_classifier": _add_classifier,
    "edit_classifier": _edit_classifier,
    "delete_classifier": _remove_classifier,
    "create_json_classifier": _add_rule,
    "edit_json_classifier": _edit_rule,
    "delete_json_classifier": _remove_rule,
    "get_datasets_accepted": _accepted,
    "datasets_accepted_of_class": _accepted,
    "create_dataset_accepted": _add_accepted,
    "edit_dataset_accepted": _edit_accepted,
    "delete_dataset_accepted": _remove_accepted,
    "get_workspaces": _workspaces,
}
