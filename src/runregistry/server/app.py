"""The ASGI application: routes from the table of endpoints, identity, permissions, faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from runregistry.server.call import Call, read_body
from runregistry.server.faults import fault_response, json_response
from runregistry.server.identity import Identity, check_permission, identity_of_headers
from runregistry.server.paths import CanonicalPaths
from runregistry.server.registry import Registry, ServerSettings
from runregistry.server.routes import HANDLERS
from runregistry.store import Store
from runregistry.terms import EXPERTS_EGROUP
from runregistry.version import __version__
from runregistry.wire import ROUTES, Route

__all__ = ["build_app"]

_Handler = Callable[[Registry, Call], Any]


def build_app(settings: ServerSettings, store: Store) -> FastAPI:
    """Return the registry of a store as an ASGI application.

    Parameters
    ----------
    settings : ServerSettings
        How it is served.
    store : Store
        An open store with its settings in it; the caller closes it.

    Notes
    -----
    The registry object is at ``app.state.registry``. Its worker runs between start-up and shutdown of the application.
    """
    registry = Registry(settings, store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        registry.start()
        try:
            yield
        finally:
            await run_in_threadpool(registry.stop)

    app = FastAPI(
        title="Run Registry",
        version=__version__,
        description="Data-quality decisions of the CMS experiment: runs, datasets, lumisections, golden JSONs.",
        docs_url="/v1/docs",
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        lifespan=lifespan,
        redirect_slashes=False,  # `CanonicalPaths` knows what is meant
    )
    app.state.registry = registry
    for route in ROUTES.values():
        _add_route(app, registry, route, HANDLERS[route.name])
    app.add_middleware(CanonicalPaths, routes=list(ROUTES.values()))
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    return app


def _add_route(app: FastAPI, registry: Registry, route: Route, handler: _Handler) -> None:
    async def endpoint(request: Request) -> Response:
        try:
            identity = _identity(registry, request)
            body = await read_body(request, registry.settings.max_body_bytes)
            call = Call(identity, request.path_params, body)
            return await run_in_threadpool(_answer, registry, route, handler, call, _path_as_sent(request))
        except Exception as error:  # the one place where exceptions become answers
            return fault_response(request, error)

    methods = ["GET", "HEAD"] if route.method == "GET" else [route.method]
    for method in methods:
        app.add_api_route(
            route.path,
            endpoint,
            methods=[method],
            name=route.name,
            operation_id=route.name if method == route.method else f"{route.name}_head",
            summary=route.summary,
            include_in_schema=method == route.method,
            response_class=Response,
            responses=_described_answers(),
            openapi_extra=_described_request(route),
        )


def _answer(registry: Registry, route: Route, handler: _Handler, call: Call, path: str) -> Response:
    if route.needs_rights:
        check_permission(registry.permissions(), call.identity, path)
    answer = handler(registry, call)
    return answer if isinstance(answer, Response) else json_response(answer)


def _identity(registry: Registry, request: Request) -> Identity:
    host = request.client.host if request.client else None
    identity = identity_of_headers(request.headers, host)
    if registry.settings.auth == "owner" and not identity.egroups:
        return identity._replace(egroups=frozenset({EXPERTS_EGROUP}))
    return identity


def _path_as_sent(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")


def _described_answers() -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "The answer, as JSON.", "content": {"application/json": {}}},
        "4XX": {"description": 'The request can\'t be met: {"err": text}, or {"message": text} for a missing right.'},
        "5XX": {"description": 'The registry failed; nothing was stored: {"err": text}.'},
    }


def _described_request(route: Route) -> dict[str, Any]:
    described: dict[str, Any] = {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in route.parameters
        ]
    }
    if route.method != "GET":
        described["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return described
