"""The versions of the registry: who changed what, when, and why; and the tags that name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runregistry.errors import UsageError
from runregistry.filters import parse_page
from runregistry.model.as_of import check_tag_name
from runregistry.server.services.past import past_of
from runregistry.store import Store
from runregistry.store.versions import Tag

__all__ = ["create_tag", "delete_tag", "get_version", "list_tags", "list_versions"]

_DEFAULT_PAGE_SIZE = 50
_LONGEST_NOTE = 10_000


def list_versions(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of versions, newest first: ``{"versions", "pages", "count"}``."""
    page = parse_page(body.get("page", 0), body.get("page_size", _DEFAULT_PAGE_SIZE))
    with store.reading() as connection:
        count = store.records.count_versions(connection)
        wanted = page.cut(range(count))
        rows = store.records.versions(connection, wanted.start, len(wanted))
    return {"versions": list(map(_version_object, rows)), "pages": page.pages(count), "count": count}


def get_version(store: Store, as_of: object = None) -> dict[str, Any]:
    """Return the version that a number, a time or a tag means; the newest one if none is named.

    Returns
    -------
    dict
        ``atomic_version``, ``by``, ``comment``, ``createdAt``, ``last_event`` (the number of its last event, or of the last one
        before it), ``tags`` (names).

    Raises
    ------
    UsageError
        There is no such version, or none at all.
    """
    with store.reading() as connection:
        version = past_of(store, connection, as_of).atomic_version
        row = store.versions.get(connection, version)
        if row is None:
            raise UsageError("the registry has no versions yet")
        last_event = store.versions.last_event(connection, version)
        tags = [tag.name for tag in store.versions.tags(connection, version)]
    return _version_object(row) | {"last_event": last_event, "tags": tags}


def list_tags(store: Store) -> list[dict[str, Any]]:
    """Return all tags, by version and name."""
    with store.reading() as connection:
        return list(map(_tag_object, store.versions.tags(connection)))


def create_tag(store: Store, body: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Put a tag on a version, and make a version that says so.

    Parameters
    ----------
    body : mapping
        ``name``; if wanted ``note``, and ``version``, which may be a time or another tag: the newest one if left out.

    Raises
    ------
    Conflict
        There is a tag of this name.
    UsageError
        No tag can have this name; there is no such version.
    """
    name, note = check_tag_name(body.get("name")), _note(body.get("note"))
    with store.reading() as connection:
        version = past_of(store, connection, body.get("version")).atomic_version
    if not version:
        raise UsageError("the registry has no versions yet")
    comment = f"tag {name} on version {version}"
    with store.write(by, f"{comment}: {note}" if note else comment) as writer:
        return _tag_object(store.versions.add_tag(writer.connection, name, version, note, by))


def delete_tag(store: Store, name: str, by: str) -> dict[str, Any]:
    """Take a tag away, and make a version that says so; the version that had it stays.

    Raises
    ------
    NotFound
        There is no such tag.
    """
    with store.write(by, f"tag {name} deleted") as writer:
        return _tag_object(store.versions.remove_tag(writer.connection, name))


def _note(note: Any) -> str:
    if not isinstance(note, str | None) or len(note or "") > _LONGEST_NOTE:
        raise UsageError(f"note must be a text of at most {_LONGEST_NOTE} characters, not {note!r:.80}")
    return note or ""


def _version_object(row: Any) -> dict[str, Any]:
    return {"atomic_version": row.atomic_version, "by": row.by, "comment": row.comment, "createdAt": row.created_at}


def _tag_object(tag: Tag) -> dict[str, Any]:
    return {
        "name": tag.name,
        "atomic_version": tag.atomic_version,
        "note": tag.note,
        "by": tag.by,
        "createdAt": tag.created_at,
    }
