"""What flows yield and drivers send: a `Call`, and the `Answer` that comes back. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode

import msgspec

from runregistry.client.answers import Answer, read_json
from runregistry.wire import ROUTES, Route

__all__ = ["Batch", "Call", "Flow", "call"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a flow wants sent.

    Attributes
    ----------
    route : Route
        The endpoint; says whether the request may be repeated.
    path : str
        Its path, filled in.
    content : bytes or None
        JSON to send.
    read : callable
        Turns the answer into what the flow receives; runs where the answer arrived, so that bytes are not kept.
    after_s : float
        Pause before the request.
    """

    route: Route
    path: str
    content: bytes | None
    read: Callable[[Answer], Any] = field(default=read_json)
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls that can run at the same time, and of which each may fail by itself.

    Attributes
    ----------
    calls : sequence of Call
    on_done : callable
        Told, as soon as a call is done, its position and what came of it: what was read, or the `RunRegistryError`. Runs where
        the answer arrived, so that nothing that was done is lost when the rest is cut short.
    ends_at_failure : bool
        Whether no further call is begun once one has failed; what is under way is finished.
    """

    calls: Sequence[Call]
    on_done: Callable[[int, Any], None]
    ends_at_failure: bool = False


# A flow is an operation without I/O. It yields the calls that can run at the same time, receives what was read from their answers
# in the same order, or has the failure thrown into it, and returns the result. For a `Batch` it receives an empty list.
Flow: TypeAlias = Generator[Sequence[Call] | Batch, list[Any], T]


def _plain(value: Any) -> Any:
    """Return a number of numpy as Python's: run numbers often come out of a table."""
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    raise TypeError(f"{value!r} can't be sent as JSON")


def call(
    route_name: str,
    body: Any = None,
    parameters: Mapping[str, object] = MappingProxyType({}),
    *,
    query: Mapping[str, object] = MappingProxyType({}),
    read: Callable[[Answer], Any] = read_json,
    after_s: float = 0.0,
) -> Call:
    """Return the call of an endpoint.

    Examples
    --------
    >>> call("get_run", parameters={"run_number": 355100}).path
    '/runs/355100'
    >>> call("get_dataset", {"run_number": 355100, "dataset_name": "online"}).content
    b'{"run_number":355100,"dataset_name":"online"}'
    >>> call("run_as_of", parameters={"run_number": 355100}, query={"as_of": "golden-2022"}).path
    '/v1/runs/355100?as_of=golden-2022'
    """
    route = ROUTES[route_name]
    content = None if body is None else msgspec.json.encode(body, enc_hook=_plain)
    path = route.url(**parameters)
    return Call(route, f"{path}?{urlencode(query)}" if query else path, content, read, after_s)
