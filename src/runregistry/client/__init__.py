"""The client: `Client` and `AsyncClient`, and the flows they share."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runregistry.client.asked import Edit
    from runregistry.client.async_client import AsyncClient
    from runregistry.client.bulk import Bulk
    from runregistry.client.client import Client
    from runregistry.client.settings import Settings, read_settings

__all__ = ["AsyncClient", "Bulk", "Client", "Edit", "Settings", "read_settings"]

_HOMES = {
    "AsyncClient": "async_client",
    "Bulk": "bulk",
    "Client": "client",
    "Edit": "asked",
    "Settings": "settings",
    "read_settings": "settings",
}


def __getattr__(name: str) -> Any:
    # The old import paths need the settings only: they must not pay for the HTTP library.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
