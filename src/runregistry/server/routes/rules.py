"""Endpoints that evaluate rules at once, and that look behind a JSON."""

from __future__ import annotations

from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import json_data
from runregistry.server.services.json_creation import generate_json
from runregistry.server.services.visualization import compare_rules

__all__ = ["HANDLERS"]


def _data(registry: Registry, call: Call) -> Any:
    return json_data.get_data_of_json(registry.store, call.body)


def _luminosity(registry: Registry, call: Call) -> Any:
    return json_data.luminosity_of_json(registry.store, call.body)


def _generate(registry: Registry, call: Call) -> Any:
    return generate_json(registry.store, call.body)


def _compare(registry: Registry, call: Call) -> Any:
    return compare_rules(registry.store, call.body)


HANDLERS = {
    "get_data_of_json": _data,
    "luminosity_of_json": _luminosity,
    "json_creation_generate": _generate,
    "visualization_generate": _compare,
}
