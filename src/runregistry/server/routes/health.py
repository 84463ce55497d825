"""Endpoints for whoever operates the registry."""

from __future__ import annotations

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from runregistry.server.call import Call
from runregistry.server.faults import json_response
from runregistry.server.registry import Registry

__all__ = ["HANDLERS"]


def _health(registry: Registry, call: Call) -> Any:
    health = registry.health()
    return json_response(health, 200 if health["status"] == "ok" else 503)


def _metrics(registry: Registry, call: Call) -> Any:
    return Response(registry.metrics.text(), media_type=CONTENT_TYPE_LATEST)


HANDLERS = {"health": _health, "metrics": _metrics}
