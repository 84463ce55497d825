"""What a mirror keeps beside runs: configuration and cycles, as they are answered, and generated JSONs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from runregistry.client.answers import Answer, failure
from runregistry.client.calls import Call, call
from runregistry.errors import APIError, TransportError
from runregistry.mirror.asking import Asker

__all__ = ["DOCUMENTS", "iter_json_pages", "json_row", "newest_version", "read_documents", "read_json_by_id"]

_HALVES = ("online", "offline")
_CATEGORIES = ("class", "component", "dataset", "offline_dataset", "json_classifier")
# Far above every number of a JSON: so the list has no queue of jobs.
_NEWEST = 2**31 - 1
_HEAD = (
    "id",
    "dataset_name_filter",
    "tags",
    "created_by",
    "official",
    "runregistry_version",
    "deleted",
    "createdAt",
    "updatedAt",
)
_FLAGS = ("progress", "active", "waiting", "failed")

DOCUMENTS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("get_cycles", {"workspace": "global"}),
    ("get_datasets_accepted", {}),
    *(("get_workspaces", {"online_or_offline": half}) for half in _HALVES),
    *(("component_classifiers", {"online_or_offline": half}) for half in _HALVES),
    *(("get_classifiers", {"category": category}) for category in _CATEGORIES),
)


def read_documents(asker: Asker, on_problem: Callable[[str], None]) -> dict[str, str]:
    """Return the answers of `DOCUMENTS` (JSON text) by path; one that the registry refuses is left out, and told about."""
    calls = [_text_call(route_name, parameters) for route_name, parameters in DOCUMENTS]
    found = {}
    for one, answer in zip(calls, asker.ask_each(calls), strict=True):
        if isinstance(answer, APIError):
            on_problem(f"{one.path} is not mirrored: {answer}")
        elif isinstance(answer, Exception):
            raise answer
        else:
            found[one.path] = answer
    return found


def _text_call(route_name: str, parameters: Mapping[str, str]) -> Call:
    return call(route_name, None, parameters, read=_text)


def _text(answer: Answer) -> str:
    if answer.status >= 300:
        raise failure(answer)
    try:
        msgspec.json.decode(answer.content, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        raise TransportError(f"the answer to {answer.asked} is not JSON ({error}): {answer.text[:200]!r}") from error
    return answer.content.decode()


def newest_version(asker: Asker) -> dict[str, Any] | None:
    """Return the newest version of the registry as a row, None if it has none."""
    answer = asker.ask(call("get_versions", {"page": 0, "page_size": 1}))
    rows = answer.get("versions") if isinstance(answer, dict) else None
    if not rows:
        return None
    row = rows[0]
    texts = {"by": row.get("by") or "", "comment": row.get("comment"), "created_at": row.get("createdAt") or ""}
    return {"atomic_version": int(row["atomic_version"])} | texts


def iter_json_pages(asker: Asker) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Go through the generated JSONs, newest first, page by page; with each the number below which the page begins."""
    reference = _NEWEST
    while True:
        answer = asker.ask(call("json_portal_jsons", {"filter": "all", "reference": reference}))
        found = answer.get("jsons") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise TransportError(f"the registry did not list its JSONs, but said {str(answer)[:200]!r}")
        rows = [row for row in found if isinstance(row.get("id"), int) and row.get("updatedAt")]
        yield reference, rows
        if not rows:
            return
        reference = min(row["id"] for row in rows)


def read_json_by_id(asker: Asker, number: int) -> dict[str, Any] | None:
    """Return one generated JSON, None if the registry does not have it (any more)."""
    try:
        answer = asker.ask(call("json_portal_json", {"id_json": number}))
    except APIError:
        return None
    found = answer.get("final_json") if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else None


def json_row(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a generated JSON as a row."""
    document = {key: value for key, value in found.items() if key not in _HEAD and key not in _FLAGS}
    return {
        "id": found["id"],
        "dataset_name_filter": found.get("dataset_name_filter") or "",
        "tags": found.get("tags") or "",
        "created_by": found.get("created_by") or "",
        "official": bool(found.get("official")),
        "deleted": bool(found.get("deleted")),
        "runregistry_version": int(found.get("runregistry_version") or 0),
        "created_at": found["createdAt"],
        "updated_at": found["updatedAt"],
        "document": msgspec.json.encode(document).decode(),
    }
