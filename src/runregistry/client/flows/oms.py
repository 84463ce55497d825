"""OMS attributes for rows of datasets: they belong to the run, and a registry may leave them out of its lists of datasets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from runregistry.client.calls import Flow
from runregistry.client.flows.pages import RUNS, Question, page_call

__all__ = ["with_oms"]

Row: TypeAlias = dict[str, Any]

_MOST_RUNS = 500  # a request; a run has some 2 kB of attributes


def with_oms(rows: Iterable[Row], page_size: int = 50) -> Flow[list[Row]]:
    """Return rows of datasets with ``oms_attributes`` under ``Run``.

    Parameters
    ----------
    rows : iterable of dict
        Rows of datasets, which stay as they are; what they have already is not asked for again.
    page_size : int
        The most runs of a request. Each is one page, and all are asked at the same time.

    Returns
    -------
    list of dict
        The rows in their order. Only the row and its ``Run`` are new, and the datasets of a run share its attributes. Of a run
        that the registry does not list, hidden for instance, they are None.

    Examples
    --------
    >>> flow = with_oms([{"run_number": 355100, "name": "online", "Run": {"rr_attributes": {}}}])
    >>> [call.content for call in next(flow)]
    [b'{"page":0,"filter":{"run_number":[355100]},"sortings":[],"page_size":1}']
    """
    given = list(rows)
    wanted = sorted({row["run_number"] for row in given if not _has_oms(row)}, reverse=True)
    size = max(1, min(page_size, _MOST_RUNS))
    chunks = [wanted[start : start + size] for start in range(0, len(wanted), size)]
    pages = (
        (yield [page_call(RUNS, Question({"run_number": chunk}, [], len(chunk)), None, 0) for chunk in chunks]) if chunks else []
    )
    known = {run["run_number"]: run.get("oms_attributes") for page in pages for run in page.rows}
    return list(_completed(given, known))


def _has_oms(row: Mapping[str, Any]) -> bool:
    run = row.get("Run")
    return isinstance(run, dict) and isinstance(run.get("oms_attributes"), dict)


def _completed(rows: Iterable[Row], known: Mapping[int, Any]) -> Iterator[Row]:
    for row in rows:
        if _has_oms(row):
            yield row
        else:
            yield {**row, "Run": {**(row.get("Run") or {}), "oms_attributes": known.get(row["run_number"])}}
