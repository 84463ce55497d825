"""Endpoints that mirrors ask."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import feed as service

__all__ = ["HANDLERS"]


def _changes(registry: Registry, call: Call) -> Any:
    return service.list_changes(registry.store, call.query)


def _copies(registry: Registry, call: Call) -> Any:
    return service.read_copies(registry.store, call.body)


HANDLERS = {"changes": _changes, "copies": _copies}
