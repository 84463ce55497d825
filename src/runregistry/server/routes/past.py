"""Endpoints that read the registry as of a version."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import past as service

__all__ = ["HANDLERS"]


def _run(registry: Registry, call: Call) -> Any:
    return service.run(registry.store, call.parameters["run_number"], call.query.get("as_of"))


def _dataset(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return service.dataset(registry.store, path["run_number"], path["name"], call.query.get("as_of"))


def _lumisections(registry: Registry, call: Call) -> Any:
    path, query = call.parameters, call.query
    return service.dataset_lumisections(registry.store, path["run_number"], path["name"], query.get("as_of"), query.get("view"))


def _runs(registry: Registry, call: Call) -> Any:
    return service.list_runs(registry.store, call.body)


def _datasets(registry: Registry, call: Call) -> Any:
    return service.list_datasets(registry.store, call.body)


HANDLERS = {
    "run_as_of": _run,
    "dataset_as_of": _dataset,
    "lumisections_as_of": _lumisections,
    "runs_as_of": _runs,
    "datasets_as_of": _datasets,
}
