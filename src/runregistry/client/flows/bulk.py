"""Requests about many things: each may fail by itself, and what came of it is kept as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from runregistry.client.bulk import Bulk
from runregistry.client.calls import Batch, Call, Flow

__all__ = ["ask_each", "in_order"]

K = TypeVar("K", bound=Hashable)


def ask_each(
    bulk: Bulk[K], keys: list[K], make: Callable[[K], Call], ends_at_failure: bool, on_done: Callable[[int], None]
) -> Flow[None]:
    """Ask for some keys of a result, all at the same time.

    Parameters
    ----------
    bulk : Bulk
        Filled on the way.
    make : callable
        Returns the request for a key.
    ends_at_failure : bool
        Whether nothing more is begun once one has failed.
    on_done : callable
        Told how many of the result are done, found or failed.
    """

    def done(number: int, outcome: Any) -> None:
        bulk.put(keys[number], outcome)
        on_done(len(bulk) + len(bulk.failed))

    if keys:
        yield Batch([make(key) for key in keys], done, ends_at_failure)


def in_order(
    bulk: Bulk[K],
    make: Callable[[K], Call],
    series: Callable[[K], Hashable],
    ends_at_failure: bool,
    on_done: Callable[[int], None],
) -> Flow[None]:
    """Ask for everything that is pending; within a series one after the other, and nothing more of it after a failure."""
    rows = _by_series(bulk.pending, series)
    while rows and not (ends_at_failure and bulk.failed):
        yield from ask_each(bulk, [keys.pop(0) for keys in rows.values()], make, ends_at_failure, on_done)
        ended = {series(key) for key in bulk.failed}
        rows = {name: keys for name, keys in rows.items() if keys and name not in ended}


def _by_series(keys: Iterable[K], series: Callable[[K], Hashable]) -> dict[Hashable, list[K]]:
    rows: dict[Hashable, list[K]] = {}
    for key in keys:
        rows.setdefault(series(key), []).append(key)
    return rows
