"""Endpoints of runs."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from runregistry.server.call import Call
from runregistry.server.identity import check_permission
from runregistry.server.registry import Registry
from runregistry.server.services import lists
from runregistry.server.services import runs as service
from runregistry.wire import ROUTES

__all__ = ["HANDLERS"]


def _list(registry: Registry, call: Call) -> Any:
    return lists.list_runs(registry.store, call.body)


def _get(registry: Registry, call: Call) -> Any:
    return service.get_run(registry.store, call.parameters["run_number"])


def _last_updated(registry: Registry, call: Call) -> Any:
    return service.last_updated_runs(registry.store)


def _history(registry: Registry, call: Call) -> Any:
    return service.run_history(registry.store, call.parameters["run_number"])


def _create(registry: Registry, call: Call) -> Any:
    answer = service.create_run(registry.store, call.body, call.author)
    # compat: an update that changes nothing is answered with 204 and no body.
    return Response(status_code=204) if answer is None else answer


def _edit(registry: Registry, call: Call) -> Any:
    path = call.parameters
    return service.edit_run(registry.store, path["run_number"], path["attribute"], call.body, call.author)


def _move(registry: Registry, call: Call) -> Any:
    to_state, permissions = call.parameters["to_state"], registry.permissions()

    def check(state: str) -> None:
        # Scripts may name any state to move from; what counts is the right to move from where the run is.
        if state != call.parameters["from_state"]:
            check_permission(permissions, call.identity, ROUTES["move_run"].url(from_state=state, to_state=to_state))

    return service.move_run(registry.store, to_state, call.body, call.author, check=check)


HANDLERS = {
    "runs_filtered_ordered": _list,
    "get_run": _get,
    "runs_lastupdated_50": _last_updated,
    "run_with_history": _history,
    "create_run": _create,
    "manual_run_edit": _edit,
    "move_run": _move,
}
