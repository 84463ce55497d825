"""The versions of the registry: who changed what, when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runregistry.filters import parse_page
from runregistry.store import Store

__all__ = ["list_versions"]

_DEFAULT_PAGE_SIZE = 50


def list_versions(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of versions, newest first: ``{"versions", "pages", "count"}``."""
    page = parse_page(body.get("page", 0), body.get("page_size", _DEFAULT_PAGE_SIZE))
    with store.reading() as connection:
        count = store.records.count_versions(connection)
        wanted = page.cut(range(count))
        rows = store.records.versions(connection, wanted.start, len(wanted))
    versions = [
        {"atomic_version": row.atomic_version, "by": row.by, "comment": row.comment, "createdAt": row.created_at} for row in rows
    ]
    return {"versions": versions, "pages": page.pages(count), "count": count}
