"""Endpoint of versions."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services.versions import list_versions

__all__ = ["HANDLERS"]


def _list(registry: Registry, call: Call) -> Any:
    return list_versions(registry.store, call.body)


HANDLERS = {"get_versions": _list}
