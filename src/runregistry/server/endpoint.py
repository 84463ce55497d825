"""One endpoint: who asks, may they, what did they send, the handler's answer — within the limits, and whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from runregistry.errors import APIError
from runregistry.server.call import Call, check_parameters, parse_body, read_bytes
from runregistry.server.faults import fault_response, json_response
from runregistry.server.identity import Identity, check_permission, identity_of_headers
from runregistry.server.observe import note_route
from runregistry.server.registry import Registry
from runregistry.store.gate import Gate, gated
from runregistry.terms import EXPERTS_EGROUP
from runregistry.wire import Route

__all__ = ["Handler", "make_endpoint"]

Handler = Callable[[Registry, Call], Any]

# Who watches over the registry need not be known to it, and does not wait long.
_OPEN_TO_ALL = frozenset({"health"})
_QUICK_S = {"health": 5.0}


def make_endpoint(registry: Registry, route: Route, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers requests of a route."""
    timeout_s = min(registry.settings.request_timeout_s, _QUICK_S.get(route.name, float("inf")))

    async def endpoint(request: Request) -> Response:
        note_route(route.name)
        end = asyncio.get_running_loop().time() + timeout_s
        try:
            identity = await _identity(registry, request, route)
            raw = await read_bytes(request, registry.settings.max_body_bytes, timeout_s)
            remaining_s = end - asyncio.get_running_loop().time()

            def work() -> Response:
                return _answer(registry, route, handler, identity, request, raw)

            return await _within(remaining_s, work, f"this took longer than {timeout_s:g} s; nothing was stored")
        except Exception as error:  # the one place where exceptions become answers
            return fault_response(request, error)

    return endpoint


def _answer(registry: Registry, route: Route, handler: Handler, identity: Identity, request: Request, raw: bytes) -> Response:
    if route.needs_rights:
        check_permission(registry.permissions(), identity, _path_as_sent(request))
    query = dict(request.query_params)
    check_parameters(request.path_params)
    check_parameters(query)
    body = parse_body(request.headers.get("content-type", ""), raw)
    answer = handler(registry, Call(identity, request.path_params, body, query))
    return answer if isinstance(answer, Response) else json_response(answer)


async def _within(limit_s: float, work: Callable[[], Response], complaint: str) -> Response:
    """Run something in a thread; after the limit give up, unless it has begun to commit, which is quick.

    A thread can't be stopped: what was given up goes on unheard until it comes to the gate, where it is rolled back.
    """
    gate = Gate()
    with gated(gate):
        task = asyncio.ensure_future(to_thread.run_sync(work, abandon_on_cancel=True))
    try:
        await asyncio.wait({task}, timeout=max(limit_s, 0.0))
        if not task.done() and gate.close():
            raise APIError(complaint, status=503)
        return await task
    finally:
        task.cancel()


async def _identity(registry: Registry, request: Request, route: Route) -> Identity:
    if registry.tokens is not None:
        if route.name in _OPEN_TO_ALL:
            return Identity("", frozenset(), is_internal=False)
        return await to_thread.run_sync(registry.tokens.identity, request.headers)
    identity = identity_of_headers(request.headers, request.client.host if request.client else None)
    if registry.settings.auth == "owner" and not identity.egroups:
        return identity._replace(egroups=frozenset({EXPERTS_EGROUP}))
    return identity


def _path_as_sent(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")
