"""Endpoints of datasets."""

from __future__ import annotations

from typing import Any

from runregistry.errors import APIError
from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import dataset_changes as changes
from runregistry.server.services import datasets as service
from runregistry.server.services import lists

__all__ = ["HANDLERS"]

_NOT_SERVED = {
    "datasets_of_workspace": "POST /datasets_filtered_ordered lists datasets; filter by dataset_attributes.<workspace>_state",
    "put_dataset_of_workspace": "POST /datasets/<workspace>/move_dataset/<from>/<to> and PUT /lumisections/… change datasets",
    "post_dataset_of_workspace": "POST /datasets creates datasets, and POST /dc_tools/duplicate_datasets copies them",
    "list_runs": "POST /runs_filtered_ordered lists runs",
}


def _list(registry: Registry, call: Call) -> Any:
    return lists.list_datasets(registry.store, call.body)


def _get(registry: Registry, call: Call) -> Any:
    return service.get_dataset(registry.store, call.body)


def _names(registry: Registry, call: Call) -> Any:
    return service.dataset_names(registry.store, call.parameters["run_number"])


def _waiting(registry: Registry, call: Call) -> Any:
    return service.waiting_datasets(registry.store)


def _waiting_dbs(registry: Registry, call: Call) -> Any:
    return service.waiting_datasets_of_dbs(registry.store)


def _create(registry: Registry, call: Call) -> Any:
    return changes.create_dataset(registry.store, call.body, call.author)


def _move(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return changes.move_dataset(registry.store, call.body, path["workspace"], path["to_state"], call.author)


def _appeared_in_gui(registry: Registry, call: Call) -> Any:
    return changes.mark_appeared(registry.store, call.body, "DQM GUI", call.author)


def _appeared_in_dbs(registry: Registry, call: Call) -> Any:
    return changes.mark_appeared(registry.store, call.body, "DBS", call.author)


def _recalculate(registry: Registry, call: Call) -> Any:
    return changes.recalculate_cache(registry.store, call.body)


def _not_served(instead: str) -> Any:
    def refuse(registry: Registry, call: Call) -> Any:
        raise APIError(f"this has never been served; {instead}", status=501)

    return refuse


HANDLERS = {
    "datasets_filtered_ordered": _list,
    "get_dataset": _get,
    "dataset_names_of_run": _names,
    "datasets_waiting": _waiting,
    "datasets_waiting_dbs": _waiting_dbs,
    "create_dataset": _create,
    "move_dataset": _move,
    "dataset_appeared_in_dqm_gui": _appeared_in_gui,
    "dataset_appeared_in_dbs": _appeared_in_dbs,
    "recalculate_cache": _recalculate,
} | {name: _not_served(instead) for name, instead in _NOT_SERVED.items()}
