"""Endpoints of lumisections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services import lumisections as service
from runregistry.server.services.oms_edits import edit_oms_lumisections

__all__ = ["HANDLERS"]


def _view(name: str) -> Callable[[Registry, Call], Any]:
    return lambda registry, call: service.read_lumisections(registry.store, name, call.body)


def _bar(registry: Registry, call: Call) -> Any:
    return service.lumisection_bar(registry.store, call.body)


def _rr_history(registry: Registry, call: Call) -> Any:
    return service.rr_history(registry.store, call.body)


def _oms_history(registry: Registry, call: Call) -> Any:
    return service.oms_history(registry.store, call.body)


def _edit_rr(registry: Registry, call: Call) -> Any:
    return service.edit_rr_lumisections(registry.store, call.body, call.author)


def _edit_oms(registry: Registry, call: Call) -> Any:
    return edit_oms_lumisections(registry.store, call.body, call.author)


HANDLERS = {name: _view(name) for name in service.LUMISECTION_VIEWS} | {
    "lumisection_bar": _bar,
    "get_rr_lumisection_history": _rr_history,
    "get_oms_lumisection_history": _oms_history,
    "edit_rr_lumisections": _edit_rr,
    "edit_oms_lumisections": _edit_oms,
}
