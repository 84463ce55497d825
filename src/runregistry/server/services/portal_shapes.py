"""Jobs and generated JSONs of the portal in the shapes that travel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runregistry.store import Job
from runregistry.store.documents import decode
from runregistry.store.jobs import ACTIVE, FAILED, MAX_ATTEMPTS, WAITING

__all__ = ["job_object", "json_object", "listed_job", "listed_json"]


def job_object(job: Job) -> dict[str, Any]:
    """Return a job that was just queued, as the service's queue shows it."""
    queued = int(datetime.fromisoformat(job.created_at).timestamp() * 1000)
    return {
        "id": str(job.id),
        "name": "__default__",
        "data": job.payload,
        "opts": {"jobId": job.id, "attempts": MAX_ATTEMPTS, "delay": 0, "timestamp": queued},
        "progress": 0,
        "delay": 0,
        "timestamp": queued,
        "attemptsMade": 0,
        "stacktrace": [],
        "returnvalue": None,
        "finishedOn": None,
        "processedOn": None,
    }


def json_object(row: Row[Any]) -> dict[str, Any]:
    """Return a ``GeneratedJson``."""
    named = ("id", "dataset_name_filter", "tags", "created_by", "official")
    head = {key: getattr(row, key) for key in named} | {"runregistry_version": str(row.runregistry_version)}
    tail = {"deleted": row.deleted, "createdAt": row.created_at, "updatedAt": row.updated_at}
    document: dict[str, Any] = decode(row.document)
    return head | document | tail


def listed_job(job: Job) -> dict[str, Any]:
    """Return a job as the list of JSONs shows it."""
    flags = {"active": job.state == ACTIVE, "waiting": job.state == WAITING, "failed": job.state == FAILED}
    entry = job.payload | {"id": str(job.id), "progress": job.progress if job.state == ACTIVE else 0} | flags
    return entry | {"failedReason": job.error} if job.state == FAILED else entry


def listed_json(row: Row[Any]) -> dict[str, Any]:
    """Return a generated JSON as the list shows it."""
    return json_object(row) | {"progress": 1, "active": False, "waiting": False, "failed": False}
