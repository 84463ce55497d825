"""Endpoints of versions, of their tags, and of what changed from one to another."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import versions as service
from runregistry.server.services.differences import list_differences

__all__ = ["HANDLERS"]


def _list(registry: Registry, call: Call) -> Any:
    return service.list_versions(registry.store, call.body)


def _version(registry: Registry, call: Call) -> Any:
    return service.get_version(registry.store, call.query.get("as_of"))


def _diff(registry: Registry, call: Call) -> Any:
    return list_differences(registry.store, call.query)


def _tags(registry: Registry, call: Call) -> Any:
    return service.list_tags(registry.store)


def _create_tag(registry: Registry, call: Call) -> Any:
    return service.create_tag(registry.store, call.body, call.author)


def _delete_tag(registry: Registry, call: Call) -> Any:
    return service.delete_tag(registry.store, call.parameters["name"], call.author)


HANDLERS = {
    "get_versions": _list,
    "version": _version,
    "diff": _diff,
    "tags": _tags,
    "create_tag": _create_tag,
    "delete_tag": _delete_tag,
}
