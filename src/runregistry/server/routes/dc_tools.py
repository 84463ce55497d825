"""Endpoints of the batch tools of data certification."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.identity import check_permission
from runregistry.server.registry import Registry
from runregistry.server.services import dc_tools as service
from runregistry.server.services import export
from runregistry.wire import ROUTES

__all__ = ["HANDLERS"]


def _names(registry: Registry, call: Call) -> Any:
    return service.unique_dataset_names(registry.store, call.body)


def _csv(registry: Registry, call: Call) -> Any:
    return export.export_datasets(registry.store, call.body)


def _duplicate(registry: Registry, call: Call) -> Any:
    return service.duplicate_datasets(registry.store, call.body, call.author)


def _copy_columns(registry: Registry, call: Call) -> Any:
    return service.copy_columns(registry.store, call.body, call.author)


def _change_states(registry: Registry, call: Call) -> Any:
    path = call.parameters
    if call.body.get("change_in_all_workspaces") is True:
        # Who may change one workspace need not be allowed to change them all.
        check_permission(registry.permissions(), call.identity, ROUTES["change_all_states"].url(to_state=path["to_state"]))
        return _change_all_states(registry, call)
    states = path["workspace"], path["from_state"], path["to_state"]
    return service.change_states(registry.store, call.body, *states, call.author)


def _change_all_states(registry: Registry, call: Call) -> Any:
    return service.change_all_states(registry.store, call.body, call.parameters["to_state"], call.author)


def _update_columns(registry: Registry, call: Call) -> Any:
    return service.update_columns(registry.store, call.body, call.author)


def _hide(registry: Registry, call: Call) -> Any:
    return service.hide_datasets(registry.store, call.body, call.author)


HANDLERS = {
    "unique_dataset_names": _names,
    "export_datasets_to_csv": _csv,
    "duplicate_datasets": _duplicate,
    "copy_columns": _copy_columns,
    "change_states": _change_states,
    "change_all_states": _change_all_states,
    "update_columns": _update_columns,
    "hide_datasets": _hide,
}
