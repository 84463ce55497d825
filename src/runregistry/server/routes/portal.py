"""Endpoints of the JSON portal."""

from __future__ import annotations

import time
from typing import Any

from starlette.responses import Response

from runregistry.errors import UsageError
from runregistry.server.call import Call
from runregistry.server.faults import json_response
from runregistry.server.registry import Registry
from runregistry.server.services.portal_lists import hide_json, list_jsons

__all__ = ["HANDLERS"]

# Most JSONs are ready sooner than a client asks again (the official one sleeps 15 s): the answer waits for them a little.
_PATIENCE_S = 1.0
_LOOK_EVERY_S = 0.05  # for jobs that another process works on


def _generate(registry: Registry, call: Call) -> Any:
    job = registry.portal.generate(call.body, call.identity.email)
    registry.worker.wake()
    return job


def _generate_as_of(registry: Registry, call: Call) -> Any:
    if call.body.get("as_of") is None:
        raise UsageError("say as of when: as_of, a version, a time or a tag; /json_portal/generate certifies the present")
    job = registry.portal.generate(call.body, call.identity.email, call.body["as_of"])
    registry.worker.wake()
    return job


def _json(registry: Registry, call: Call) -> Any:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        found = registry.portal.fetch(call.body)
        if found.final_json is not None:
            return {"final_json": found.final_json}
        if time.monotonic() > deadline:
            return Response(status_code=203) if found.is_waiting else json_response({"progress": found.progress}, 202)
        registry.worker.wait_for_any(_LOOK_EVERY_S)


def _list(registry: Registry, call: Call) -> Any:
    return {"jsons": list_jsons(registry.store, call.body, call.identity.email)}


def _hide(registry: Registry, call: Call) -> Any:
    return {"deleted_json": hide_json(registry.store, call.body, call.identity.email, call.identity.egroups)}


HANDLERS = {
    "json_portal_generate": _generate,
    "create_json_as_of": _generate_as_of,
    "json_portal_json": _json,
    "json_portal_jsons": _list,
    "json_portal_delete": _hide,
}
