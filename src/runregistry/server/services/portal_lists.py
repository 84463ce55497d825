"""Lists of generated JSONs and of the jobs that make them, and the hiding of a JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import APIError, NotFound, UsageError
from runregistry.server.services.portal import JOB_KIND
from runregistry.server.services.portal_shapes import json_object, listed_job, listed_json
from runregistry.server.services.values import integer
from runregistry.store import Job, Store
from runregistry.store.jobs import ACTIVE, FAILED, WAITING
from runregistry.terms import EXPERTS_EGROUP

__all__ = ["hide_json", "list_jsons"]

_LONGEST_LIST = 10


def list_jsons(store: Store, body: Mapping[str, Any], email: str) -> list[dict[str, Any]]:
    """Return jobs, failed ones first, then those that wait, then those that are worked on; then generated JSONs, newest first.

    Parameters
    ----------
    body : mapping
        ``filter``: which generated JSONs, ``by_email`` (of this user), ``official`` or ``all``; none of another name.
        ``reference``: no jobs, and only JSONs with a smaller number, for the next page.
    email : str
        Of the user.
    """
    chosen = _chosen(body.get("filter"), email)
    reference = None if body.get("reference") is None else integer(body["reference"], "reference")
    with store.reading() as connection:
        jobs = [] if reference is not None else _queue(store, connection)
        rows = []
        if chosen is not None:
            rows = store.jobs.list_jsons(connection, _LONGEST_LIST, before=reference, **chosen)
    return [*map(listed_job, jobs), *map(listed_json, rows)]


def _chosen(name: Any, email: str) -> dict[str, Any] | None:
    if name == "by_email":
        if not email:
            raise UsageError('WHERE parameter "created_by" has invalid "undefined" value')
        return {"created_by": email}
    return {"official": {"official": True}, "all": {}}.get(name) if isinstance(name, str) else None


def _queue(store: Store, connection: Connection) -> list[Job]:
    jobs = store.jobs.without_json(connection, JOB_KIND)
    failed = [job for job in reversed(jobs) if job.state == FAILED]
    return failed + [job for state in (WAITING, ACTIVE) for job in jobs if job.state == state]


def hide_json(store: Store, body: Mapping[str, Any], email: str, egroups: Collection[str]) -> dict[str, Any]:
    """Take a generated JSON off the lists; whoever knows its number can still fetch it.

    Raises
    ------
    NotFound
        There is no such JSON.
    APIError
        The user is neither its owner nor an expert.
    """
    if body.get("id_json") is None:
        raise UsageError('WHERE parameter "id" has invalid "undefined" value')
    number = integer(body["id_json"], "id_json")
    with store.changing() as connection:
        row = store.jobs.get_json(connection, number)
        if row is None:
            raise NotFound(f"JSON with id {number} to delete not found")
        if not (email and email == row.created_by) and EXPERTS_EGROUP not in egroups:
            # compat: the two blanks are the service's.
            text = f"To edit this classifier you must be the  creator ({row.created_by}) or be part of {EXPERTS_EGROUP} e-group"
            raise APIError(text, status=403)
        return json_object(store.jobs.hide_json(connection, number))
