from __future__ import annotations

import pytest

from runregistry.client.answers import Answer, read_json
from runregistry.errors import (
    APIError,
    AuthenticationError,
    Conflict,
    NotFound,
    PermissionDenied,
    RunRegistryError,
    ServerFault,
    TransportError,
)


def test_a_document_is_decoded() -> None:
    assert read_json(Answer(200, {}, b'[{"a": 1.0}]')) == [{"a": 1.0}]


def test_an_empty_body_is_none() -> None:
    assert read_json(Answer(204, {}, b"")) is None


def test_nan_is_taken_as_the_json_module_takes_it() -> None:
    assert read_json(Answer(200, {}, b'{"a": Infinity}')) == {"a": float("inf")}


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (500, b'{"err": "column Run.foo does not exist"}', APIError, "column Run.foo does not exist"),
        (500, b'{"err": "Run not found"}', NotFound, "Run not found"),
        (500, b'{"err": "Run must be in state OPEN to be edited"}', Conflict, "Run must be in state OPEN to be edited"),
        (500, b'{"err": {"code": 3}}', APIError, '{"code": 3}'),
        (500, b"", ServerFault, "the answer to GET /x is 500 and ''"),
        (502, b"<html>bad gateway</html>", ServerFault, "the answer to GET /x is 502 and a web page"),
        (404, b"<pre>Cannot GET /x</pre>", NotFound, "the answer to GET /x is 404 and a web page"),
        (409, b'{"err": "changed by another"}', Conflict, "changed by another"),
        (400, b'{"err": "no such key"}', APIError, "no such key"),
        (403, b'{"message": "no"}', PermissionDenied, "no"),
        (401, b'{"message": "User needs to be part of any of the"}', PermissionDenied, "User needs to be part of any of the"),
        (401, b'{"message": "token expired"}', AuthenticationError, "not signed in: the answer to GET /x is 401 token expired"),
        (401, b"<html>", AuthenticationError, "not signed in: the answer to GET /x is 401 a sign-in page"),
        (200, b"<html>sign in", AuthenticationError, "the answer to GET /x is a sign-in page"),
        (200, b'{"runs": [', TransportError, "the answer to GET /x is not JSON"),
    ],
)
def test_an_answer_that_is_no_success_has_its_class_and_text(
    status: int, body: bytes, kind: type[RunRegistryError], text: str
) -> None:
    with pytest.raises(RunRegistryError) as caught:
        read_json(Answer(status, {}, body, "GET /x"))
    assert type(caught.value) is kind
    assert str(caught.value).startswith(text)


def test_an_api_error_carries_status_and_body() -> None:
    with pytest.raises(APIError) as caught:
        read_json(Answer(500, {}, b'{"err": "no"}'))
    assert (caught.value.status, caught.value.body) == (500, '{"err": "no"}')


def test_a_redirection_to_the_sign_in_page_names_the_host() -> None:
    with pytest.raises(AuthenticationError, match=r"sends to auth\.example\.org to sign in"):
        read_json(Answer(302, {"location": "https://auth.example.org/realms/x?secret=1"}, b"", "GET /x"))


def test_a_registry_that_moved_says_where() -> None:
    with pytest.raises(TransportError, match=r"GET /x is at https://new\.example\.org/x"):
        read_json(Answer(301, {"location": "https://new.example.org/x"}, b"", "GET /x"))
