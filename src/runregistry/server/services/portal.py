"""The JSON portal: a rule and a dataset filter become a job, and the job becomes a JSON with its statistics."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runregistry.engine import Snapshot
from runregistry.errors import JobError, NotFound, StoreError, UsageError
from runregistry.logic import Rule, parse_rule
from runregistry.server.services.certified import CertifiedDatasets
from runregistry.server.services.past import past_of
from runregistry.server.services.past_certified import check_names, past_snapshot
from runregistry.server.services.portal_shapes import job_object, json_object
from runregistry.server.services.values import integer
from runregistry.store import Job, Store
from runregistry.store.jobs import ACTIVE, FAILED, WAITING

__all__ = ["JOB_KIND", "Portal", "Progress"]

logger = logging.getLogger(__name__)

JOB_KIND = "json"
# A JSON that took longer than this is stored before its statistics are made, so that it can be fetched meanwhile.
_EARLY_AFTER_S = 2.0
_UNKNOWN = -1
_STATISTICS = {
    "generated_anti_json": {},
    "generated_anti_json_with_dataset_names": {},
    "total_recorded_luminosity_lost": _UNKNOWN,
    "total_delivered_luminosity_lost": _UNKNOWN,
    "total_recorded_luminosity_from_run_range": _UNKNOWN,
    "total_delivered_luminosity_from_run_range": _UNKNOWN,
    "rules_flagged_false_quantity_luminosity": {},
    "rules_flagged_false_combination_luminosity": {},
    "runs_lumisections_responsible_for_rule": {},
}


class Progress(NamedTuple):
    """How far a job is.

    Attributes
    ----------
    is_waiting : bool
        Nobody works on it yet.
    progress : float
        0 to 1.
    final_json : dict or None
        The JSON, once it is stored.
    """

    is_waiting: bool
    progress: float
    final_json: dict[str, Any] | None


class Portal:
    """Makes JSONs and hands them out."""

    def __init__(self, store: Store, certified: CertifiedDatasets) -> None:
        self._store = store
        self._certified = certified

    def generate(self, body: Mapping[str, Any], by: str, as_of: Any = None) -> dict[str, Any]:
        """Queue the making of a JSON; return the job as the service shows it.

        Parameters
        ----------
        as_of : int or text, optional
            A version, a time or a tag: what was then is certified, and not what is when the job is worked on.

        Raises
        ------
        UsageError, LogicError, NotFound
            The rule or the dataset filter can't work; nothing was queued.
        """
        if not by:
            raise UsageError("Request must provide email: a JSON belongs to the user who asked for it")
        logic = _parsed_logic(body.get("json_logic"))
        dataset_name_filter = body.get("dataset_name_filter")
        if not dataset_name_filter:
            raise UsageError("No dataset name specified")
        if not isinstance(dataset_name_filter, str):
            raise UsageError(f"dataset_name_filter must be a text, not {dataset_name_filter!r}")
        parse_rule(logic)
        payload = {
            "dataset_name_filter": dataset_name_filter,
            "json_logic": logic,
            "created_by": by,
            "tags": str(body.get("tags") or ""),
            "official": body.get("official") is True,
        }
        with self._store.changing() as connection:
            if as_of is None:
                self._certified.matching_names(connection, dataset_name_filter)
            else:
                past = past_of(self._store, connection, as_of)
                check_names(self._store, connection, past, dataset_name_filter)
                payload["as_of"] = past.atomic_version
            job = self._store.jobs.add(connection, JOB_KIND, payload)
        return job_object(job)

    def fetch(self, body: Mapping[str, Any]) -> Progress:
        """Return a JSON, or how far its job is.

        Raises
        ------
        NotFound
            There is no such job and no such JSON.
        JobError
            The job failed for good.
        """
        if body.get("id_json") is None:
            raise UsageError('WHERE parameter "id" has invalid "undefined" value')
        number = integer(body["id_json"], "id_json")
        with self._store.reading() as connection:
            row = self._store.jobs.get_json(connection, number)
            job = self._store.jobs.get(connection, number)
        if row is not None:
            return Progress(False, 1.0, json_object(row))
        if job is None or job.kind != JOB_KIND:
            raise NotFound(f"JSON with id {number} not found")
        if job.state == FAILED:
            raise JobError(f"The job failed after {job.attempts} attempts: {job.error}", job_id=number)
        return Progress(job.state == WAITING or job.state != ACTIVE, job.progress, None)

    def run_job(self, job: Job, report: Callable[[float], None]) -> None:
        """Make the JSON of a job and store it; statistics that fail do not fail the job.

        Parameters
        ----------
        report : callable
            Called with the progress, 0 to 1.

        Raises
        ------
        JobError
            The job is another worker's by now; nothing was stored.
        """
        started = time.monotonic()
        payload = job.payload
        rule = parse_rule(payload["json_logic"])
        snapshot, version = self._snapshot(payload, rule)
        made = dict(vars(snapshot.golden(rule)))
        row = {key: payload[key] for key in ("dataset_name_filter", "tags", "created_by", "official")}
        row["runregistry_version"] = version
        for name in ("generated_json", "generated_anti_json"):
            made[name] = _concatenated(made[f"{name}_with_dataset_names"])
        document = {"json_logic": payload["json_logic"]} | made
        report(1.0)
        if time.monotonic() - started > _EARLY_AFTER_S:
            self._save(job, row, document | _STATISTICS)
        try:
            statistics = vars(snapshot.statistics(rule)) | self._run_range(
                made["min_run_number"], made["max_run_number"], payload.get("as_of")
            )
        except StoreError:
            raise  # the database, not the rule: the next attempt has a chance
        except Exception:  # whatever is wrong with the statistics, the JSON is right
            logger.exception("the statistics of JSON %d failed; the JSON itself is kept", job.id)
            statistics = _STATISTICS
        self._save(job, row, document | statistics)

    def _snapshot(self, payload: Mapping[str, Any], rule: Rule) -> tuple[Snapshot, int]:
        """Read what is certified; return it with the version that it is as of."""
        name_filter, as_of = payload["dataset_name_filter"], payload.get("as_of")
        with self._store.reading() as connection:
            if as_of is not None:
                return past_snapshot(self._store, connection, self._store.as_of(as_of), name_filter), as_of
            names = self._certified.matching_names(connection, name_filter)
            snapshot = self._certified.snapshot(connection, names, rule)
            return snapshot, self._store.records.latest_atomic_version(connection)

    def _save(self, job: Job, row: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        with self._store.changing() as connection:
            if not self._store.jobs.is_held(connection, job.id, job.worker):
                # It slept longer than its lease: another worker has the job, or has done it.
                raise JobError(f"job {job.id} is no longer this worker's; what it made is not stored", job_id=job.id)
            self._store.jobs.save_json(connection, job.id, row, document)

    def _run_range(self, first_run: int, last_run: int, as_of: int | None) -> dict[str, float]:
        records = self._store.records if as_of is None else self._store.as_of(as_of)
        with self._store.reading() as connection:
            recorded, delivered = records.luminosity_between(connection, first_run, last_run)
        return {"total_recorded_luminosity_from_run_range": recorded, "total_delivered_luminosity_from_run_range": delivered}


def _parsed_logic(text: Any) -> Any:
    try:
        logic = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError("JSON logic sent is not in json format") from error
    if not logic or isinstance(logic, bool | int | float):
        raise UsageError("Empty json logic sent")
    return logic


def _concatenated(by_dataset: Mapping[str, list[list[int]]]) -> dict[str, list[list[int]]]:
    """Put the ranges of a run's datasets one after the other.

    compat: where a filter matches several datasets of a run, the service does not unite their ranges, so they may overlap; the
    recorded JSONs pin it (``tests/conformance``, *golden/alternation*). Reading such a JSON into a `LumiMask` unites them.
    """
    by_run: dict[str, list[list[int]]] = {}
    for key, ranges in by_dataset.items():
        own = by_run.setdefault(key.partition("-")[0], [])
        for first, last in ranges:
            if own and own[-1][1] == first - 1:
                own[-1] = [own[-1][0], last]
            else:
                own.append([first, last])
    return by_run
