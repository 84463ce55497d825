"""Filtered, sorted, paged lists of runs and datasets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runregistry.errors import UsageError
from runregistry.filters import parse_filter, parse_page, parse_sortings
from runregistry.server.services.shapes import dataset_item, run_with_summary
from runregistry.store import Store

__all__ = ["list_datasets", "list_runs"]

_DEFAULT_PAGE_SIZE = 50


def list_runs(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of runs: ``{"runs", "pages", "count"}``."""
    node = parse_filter(_required(body, "filter"), "runs")
    sortings = parse_sortings(_required(body, "sortings"), "runs")
    page = parse_page(body.get("page", 0), body.get("page_size", _DEFAULT_PAGE_SIZE))
    found = store.queries.runs(node, sortings, page)
    return {"runs": list(map(run_with_summary, found.rows)), "pages": page.pages(found.count), "count": found.count}


def list_datasets(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of datasets: ``{"datasets", "pages", "count"}``; ``online`` ones are among them."""
    node = parse_filter(_required(body, "filter"), "datasets")
    sortings = parse_sortings(_required(body, "sortings"), "datasets")
    page = parse_page(body.get("page", 0), body.get("page_size", _DEFAULT_PAGE_SIZE))
    found = store.queries.datasets(node, sortings, page)
    return {"datasets": list(map(dataset_item, found.rows)), "pages": page.pages(found.count), "count": found.count}


def _required(body: Mapping[str, Any], key: str) -> Any:
    if body.get(key) is None:
        empty = "{}" if key == "filter" else "[]"
        raise UsageError(f"the body must have a key {key!r}; send {empty} for none")
    return body[key]
