"""The ASGI application: routes from the table of endpoints, identity, permissions, faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from runregistry.server.described import described_request
from runregistry.server.endpoint import Handler, make_endpoint
from runregistry.server.faults import json_response
from runregistry.server.observe import Observed
from runregistry.server.paths import CanonicalPaths
from runregistry.server.registry import Registry, ServerSettings
from runregistry.server.routes import HANDLERS
from runregistry.store import Store
from runregistry.version import __version__
from runregistry.wire import ROUTES, Route

__all__ = ["build_app"]


def build_app(settings: ServerSettings, store: Store, *, handlers: Mapping[str, Handler] = HANDLERS) -> FastAPI:
    """Return the registry of a store as an ASGI application.

    Parameters
    ----------
    settings : ServerSettings
        How it is served.
    store : Store
        An open store with its settings in it; the caller closes it.
    handlers : mapping of str to callable
        What answers each endpoint. Those of a mirror are others, which see to it themselves that nothing is changed.

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
        if route.name in handlers:
            needs_rights = route.needs_rights and handlers is HANDLERS
            _add_route(app, registry, route._replace(needs_rights=needs_rights), handlers[route.name])
    app.add_middleware(CanonicalPaths, routes=list(ROUTES.values()))
    app.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"], expose_headers=["X-Request-ID"]
    )
    app.add_middleware(Observed, metrics=registry.metrics)
    app.add_exception_handler(HTTPException, _not_served)
    return app


def _add_route(app: FastAPI, registry: Registry, route: Route, handler: Handler) -> None:
    methods = ["GET", "HEAD"] if route.method == "GET" else [route.method]
    endpoint = make_endpoint(registry, route, handler)
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
            openapi_extra=described_request(route),
        )


async def _not_served(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself: paths and methods that no route has."""
    status = getattr(error, "status_code", 404)
    asked = f"{request.method} {request.url.path}"[:200]
    response = json_response({"err": f"Cannot {asked}; /v1/docs lists what can be asked"}, status)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


def _described_answers() -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "The answer, as JSON.", "content": {"application/json": {}}},
        "4XX": {"description": 'The request can\'t be met: {"err": text}, or {"message": text} for a missing right.'},
        "5XX": {"description": 'The registry failed; nothing was stored: {"err": text}.'},
    }
