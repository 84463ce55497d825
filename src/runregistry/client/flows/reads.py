"""Reads that take one request."""

from __future__ import annotations

from typing import Any

from runregistry.client.calls import Flow, call

__all__ = ["one"]


def one(route_name: str, body: Any = None, **parameters: object) -> Flow[Any]:
    """Ask one endpoint and return its document.

    Examples
    --------
    >>> flow = one("get_run", run_number=355100)
    >>> [call.path for call in next(flow)]
    ['/runs/355100']
    """
    (document,) = yield [call(route_name, body, parameters)]
    return document
