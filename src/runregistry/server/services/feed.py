"""What mirrors ask: what changed after an event, and everything that is stored of some runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from runregistry.errors import UsageError
from runregistry.model.selection import Selection
from runregistry.server.services.values import integer
from runregistry.store import Store
from runregistry.store.changes import changes_after, stored_datasets, stored_runs
from runregistry.store.documents import decode
from runregistry.terms import ONLINE

__all__ = ["list_changes", "read_copies"]

_LARGEST = 2**63 - 1
_LAST_RUN = 2**31 - 1
_FEWEST, _USUAL, _MOST = 1000, 5000, 20_000
_MOST_RUNS = 500
_INHERITED = ("dcs_summary", "oms")


def list_changes(store: Store, query: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of what changed after an event: ``{"changes", "after", "newest"}``, oldest change first.

    Parameters
    ----------
    query : mapping
        ``after``: the event, 0 if not given. ``limit``: about how many rows. ``run_min``, ``run_max``: only these runs.

    Notes
    -----
    Each run and each dataset comes once, with its newest event; ``name`` is null for a run. To go on, ask again with the
    ``after`` of the answer, until it is ``newest``.
    """
    after = _event(query.get("after", 0))
    limit = min(max(integer(query.get("limit", _USUAL), "limit"), _FEWEST), _MOST)
    first, last = integer(query.get("run_min", 0), "run_min"), integer(query.get("run_max", _LAST_RUN), "run_max")
    with store.reading() as connection:
        found = changes_after(connection, after, limit, first, last)
    return {"changes": [row._asdict() for row in found.rows], "after": found.upto, "newest": found.newest}


def read_copies(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return runs with all that is stored of them and of their datasets, hidden ones too, as of one moment.

    Parameters
    ----------
    body : mapping
        ``run_numbers``, and ``selections``: a run is wanted if it belongs to one of them, and so are its datasets.

    Returns
    -------
    dict
        ``runs``: each with ``run`` and ``datasets``; ``others``: numbers of runs that there are and that nobody wants; ``event``:
        the newest event of the registry. In a dataset whose ``oms`` and ``dcs_summary`` are null they are those of ``online``.
    """
    numbers, selections = _numbers(body.get("run_numbers")), _selections(body.get("selections"))
    with store.reading() as connection:
        event = store.event_number(connection)
        wanted: dict[int, dict[str, Any]] = {}
        others, chosen = [], {}
        for row in stored_runs(connection, numbers):
            run_class = decode(row.rr_attributes).get("class")
            chosen[row.run_number] = [each for each in selections if each.has_run(row.run_number, run_class)]
            if chosen[row.run_number]:
                wanted[row.run_number] = {"run": _documents(row._asdict()), "datasets": []}
            else:
                others.append(row.run_number)
        onlines: dict[int, Mapping[str, Any]] = {}
        for row, cache in _online_first(stored_datasets(connection, list(wanted))):
            if row.name == ONLINE:
                onlines[row.run_number] = cache._asdict()
            if any(each.has_dataset(row.name) for each in chosen[row.run_number]):
                copied = {"cache": _cache(cache._asdict(), onlines.get(row.run_number))}
                wanted[row.run_number]["datasets"].append(_documents(row._asdict()) | copied)
    return {"event": event, "runs": list(wanted.values()), "others": others}


def _event(value: object) -> int:
    text = str(value).strip()
    if not text.isdecimal() or int(text) > _LARGEST:
        raise UsageError(f"after must be the number of an event, 0 or more, not {value!r}")
    return int(text)


def _numbers(value: object) -> list[int]:
    if not isinstance(value, list) or len(value) > _MOST_RUNS:
        raise UsageError(f"run_numbers must be a list of at most {_MOST_RUNS} run numbers")
    return sorted({integer(number, "each of run_numbers") for number in value})


def _selections(value: object) -> list[Selection]:
    if value is None:
        return [Selection()]
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise UsageError(
            f"selections must be a list of objects with run_min, run_max, run_class, dataset_name, not {value!r:.80}"
        )
    return [Selection.read(each) for each in value]


def _online_first(pairs: Any) -> Sequence[Any]:
    return sorted(pairs, key=lambda pair: (pair[0].run_number, pair[0].name != ONLINE, pair[0].name))


def _cache(row: Mapping[str, Any], online: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the cache of a dataset; what a dataset has of its run is not sent again."""
    copied = _documents(row)
    if online is not None and row["name"] != ONLINE:
        for name in _INHERITED:
            if row[name] == online[name]:
                copied[name] = None
    return copied


def _documents(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON; what is stored as JSON text is spliced in."""
    return {key: msgspec.Raw(value.encode()) if _is_document(key, value) else value for key, value in row.items()}


def _is_document(key: str, value: Any) -> bool:
    return isinstance(value, str) and key != "name"
