"""Endpoints of datasets and cycles."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import cycles, lists
from runregistry.server.services import datasets as service

__all__ = ["HANDLERS"]


def _list(registry: Registry, call: Call) -> Any:
    return lists.list_datasets(registry.store, call.body)


def _get(registry: Registry, call: Call) -> Any:
    return service.get_dataset(registry.store, call.body)


def _names(registry: Registry, call: Call) -> Any:
    return service.dataset_names(registry.store, call.parameters["run_number"])


def _waiting(registry: Registry, call: Call) -> Any:
    return service.waiting_datasets(registry.store)


def _cycles(registry: Registry, call: Call) -> Any:
    return cycles.list_cycles(registry.store)


HANDLERS = {
    "datasets_filtered_ordered": _list,
    "get_dataset": _get,
    "dataset_names_of_run": _names,
    "datasets_waiting": _waiting,
    "get_cycles": _cycles,
}
