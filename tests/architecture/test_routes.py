"""One table of endpoints: the server has a handler for each row, and hands every answer on as bytes."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from runregistry.local import open_registry
from runregistry.server.routes import HANDLERS
from runregistry.wire import ROUTES


@pytest.fixture(scope="module")
def endpoints() -> list[APIRoute]:
    store, app = open_registry("sqlite://")
    store.close()
    return [route for route in app.routes if isinstance(route, APIRoute)]


def test_every_route_of_the_table_has_a_handler_and_every_handler_a_route() -> None:
    assert sorted(HANDLERS) == sorted(ROUTES)


def test_every_route_of_the_table_is_served_under_its_method_and_path(endpoints: list[APIRoute]) -> None:
    served = {(method, route.path) for route in endpoints for method in route.methods}
    assert {(route.method, route.path) for route in ROUTES.values()} <= served


def test_the_server_serves_nothing_that_the_table_does_not_have(endpoints: list[APIRoute]) -> None:
    known = {route.path for route in ROUTES.values()}
    extra = {route.path for route in endpoints} - known
    assert all(path.startswith("/v1/") for path in extra), f"a row in runregistry.wire.ROUTES is missing for {sorted(extra)}"


def test_no_endpoint_lets_the_framework_encode_its_answer(endpoints: list[APIRoute]) -> None:
    # A page of 50 runs is encoded a hundred times faster as it is stored than through the framework's models.
    for route in endpoints:
        answers = route.endpoint.__annotations__.get("return")
        assert answers is not None, f"{route.path}: the endpoint does not say what it returns"
        made = Response if answers == "Response" else answers
        assert isinstance(made, type), f"{route.path}: returns {answers}"
        assert issubclass(made, Response), f"{route.path}: returns {answers}, which FastAPI would encode"
        assert not issubclass(made, JSONResponse), f"{route.path}: JSONResponse uses the slow encoder"


def test_a_route_that_changes_something_is_never_a_get() -> None:
    assert not [route.name for route in ROUTES.values() if route.is_write and route.method == "GET"]
