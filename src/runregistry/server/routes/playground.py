"""Endpoints of the classifier playground."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import playground as service

__all__ = ["HANDLERS"]


def _run_info(registry: Registry, call: Call) -> Any:
    return service.run_info(registry.store, call.parameters["run_number"])


def _run(registry: Registry, call: Call) -> Any:
    return service.evaluate_on_run(registry.store, call.body)


def _data(registry: Registry, call: Call) -> Any:
    return service.evaluate_on_data(call.body)


def _lumisection(registry: Registry, call: Call) -> Any:
    return service.evaluate_on_lumisection(registry.store, call.body)


HANDLERS = {
    "playground_run_info": _run_info,
    "playground": _run,
    "playground_arbitrary": _data,
    "playground_lumisection": _lumisection,
}
