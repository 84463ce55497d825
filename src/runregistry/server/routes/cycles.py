"""Endpoints of certification cycles."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import cycle_states as states
from runregistry.server.services import cycles as service

__all__ = ["HANDLERS"]


def _list(registry: Registry, call: Call) -> Any:
    return service.list_cycles(registry.store)


def _create(registry: Registry, call: Call) -> Any:
    return service.create_cycle(registry.store, call.body)


def _edit(registry: Registry, call: Call) -> Any:
    return service.edit_cycle(registry.store, call.body)


def _delete(registry: Registry, call: Call) -> Any:
    return service.delete_cycle(registry.store, call.body)


def _add_datasets(registry: Registry, call: Call) -> Any:
    return service.add_datasets(registry.store, call.body)


def _remove_datasets(registry: Registry, call: Call) -> Any:
    return service.remove_datasets(registry.store, call.body)


def _complete(registry: Registry, call: Call) -> Any:
    return states.mark_completed(registry.store, call.body, call.parameters["workspace"])


def _pending(registry: Registry, call: Call) -> Any:
    return states.mark_pending(registry.store, call.body, call.parameters["workspace"])


def _move_dataset(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return states.move_dataset_of_cycle(registry.store, call.body, path["workspace"], path["to_state"], call.author)


def _move_all(registry: Registry, call: Call) -> Any:
    return states.move_all_datasets(registry.store, call.body, call.parameters["workspace"], call.author)


HANDLERS = {
    "get_cycles": _list,
    "create_cycle": _create,
    "edit_cycle": _edit,
    "delete_cycle": _delete,
    "add_datasets_to_cycle": _add_datasets,
    "add_datasets_to_cycle_too": _add_datasets,
    "delete_datasets_from_cycle": _remove_datasets,
    "mark_cycle_complete": _complete,
    "mark_cycle_pending": _pending,
    "move_dataset_of_cycle": _move_dataset,
    "move_all_datasets_of_cycle": _move_all,
}
