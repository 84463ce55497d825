"""The datasets that a request's filter selects, read again inside the transaction that changes them; how a refusal is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import APIError, Conflict, NotFound, UsageError
from runregistry.filters import parse_filter
from runregistry.server.services.edits import explained
from runregistry.server.services.values import required_text
from runregistry.store import Store
from runregistry.store.selections import DatasetDetail, dataset_details

__all__ = ["NO_DATASET", "failing_as", "required_key", "required_texts", "select_keys", "selected"]

NO_DATASET = "No dataset found for filter criteria"
Key = tuple[int, str]


def required_key(body: Mapping[str, Any], key: str) -> Any:
    """Return what a body says under a key that must be there, though it may be empty.

    Raises
    ------
    UsageError
        It is missing, or null.
    """
    if body.get(key) is None:
        empty = "{}" if key == "filter" else "[]"
        raise UsageError(f"the body must have a key {key!r}; send {empty} for none")
    return body[key]


def required_texts(body: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts, each once; the list may be empty.

    Raises
    ------
    UsageError
        It is missing, or something else.
    """
    values = required_key(body, key)
    if not isinstance(values, list):
        raise UsageError(f"{key} must be a list of texts, not {values!r}")
    return list(dict.fromkeys(required_text(value, f"each of {key}") for value in values))


def select_keys(store: Store, body: Mapping[str, Any], *, none: str = NO_DATASET) -> list[Key]:
    """Return run number and name of every visible dataset that the filter of a body matches.

    Raises
    ------
    FilterError
        The filter is none.
    NotFound
        Nothing matches.
    """
    keys = store.queries.dataset_keys(parse_filter(required_key(body, "filter"), "datasets"))
    if not keys:
        raise NotFound(none)
    return keys


def selected(connection: Connection, keys: Sequence[Key]) -> Iterator[DatasetDetail]:
    """Go through the selected datasets as they are now, in the order in which they were created.

    Raises
    ------
    Conflict
        One was hidden since it was selected.
    """
    for row in dataset_details(connection, keys):
        if row.deleted:
            raise Conflict(f"somebody hid {row.name} of run {row.run_number} at this moment; nothing was changed, look again")
        yield row


@contextmanager
def failing_as(prefix: str) -> Iterator[None]:
    """Put the text that says what failed in front of every refusal of the block."""
    try:
        yield
    except (APIError, UsageError) as error:
        raise explained(error, prefix) from error
