"""Endpoints that bring a run up to date with OMS."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import refresh as service
from runregistry.server.services import runs

__all__ = ["HANDLERS"]


def _automatic_update(registry: Registry, call: Call) -> Any:
    # compat: the run is the one of the body; the path serves the permission only.
    answer = runs.create_run(registry.store, call.body, call.author)
    return Response(status_code=204) if answer is None else answer


def _mark_significant(registry: Registry, call: Call) -> Any:
    return service.mark_significant(registry.store, registry.oms, call.body, call.author)


def _refresh(registry: Registry, call: Call) -> Any:
    return service.refresh_run(registry.store, registry.oms, call.parameters["run_number"], call.identity.email)


def _reset(registry: Registry, call: Call) -> Any:
    number, email = call.parameters["run_number"], call.identity.email
    return service.refresh_run(registry.store, registry.oms, number, email, reset=True)


HANDLERS = {
    "automatic_run_update": _automatic_update,
    "mark_significant": _mark_significant,
    "refresh_run": _refresh,
    "reset_and_refresh_run": _reset,
}
