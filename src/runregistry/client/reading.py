"""The verbs that read, written once for both clients: from what a user asks to the flow that answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from runregistry.client import frames
from runregistry.client.answers import read_json
from runregistry.client.asked import DatasetKey, dataset_keys
from runregistry.client.bulk import Bulk
from runregistry.client.calls import Call, Flow, call
from runregistry.client.fields import Fields, parse_fields
from runregistry.client.flows import DATASETS, RUNS, Listing, Question, one, read_pages
from runregistry.client.flows import create_json as portal_json
from runregistry.client.flows.bulk import ask_each
from runregistry.client.flows.oms import with_oms as complete
from runregistry.client.flows.streams import Stream, count
from runregistry.client.keywords import wire_filter
from runregistry.client.settings import Settings
from runregistry.client.versions import dataset as past_dataset
from runregistry.client.versions import lumisections_call, past_listing, version, with_past
from runregistry.client.versions import run as past_run
from runregistry.client.work import Advance, Work
from runregistry.model.as_of import AsOf, format_as_of

__all__ = [
    "Asked",
    "Pages",
    "count_rows",
    "create_json",
    "dataset",
    "history",
    "list_rows",
    "listed",
    "of_dataset",
    "of_datasets",
    "ranges_by_component",
    "run",
]


class Asked(NamedTuple):
    """What is asked of a list, as a verb of the client takes it."""

    listing: Listing
    filter: Any
    is_wire_filter: bool
    keywords: Mapping[str, Any]
    fields: Sequence[str] | None = None
    sortings: Sequence[Any] = ()
    with_oms: bool = False
    as_of: AsOf | None = None

    @property
    def source(self) -> Listing:
        """The list that answers: that of the present, or that of the past."""
        return self.listing if self.as_of is None else past_listing(self.listing, self.as_of)

    def question(self, settings: Settings) -> Question:
        """Return what is sent; everything is checked before."""
        wire = wire_filter(self.listing, self.filter, self.is_wire_filter, self.keywords)
        return Question(wire, self.sortings, settings.page_size)

    def chosen(self) -> Fields | None:
        """Return the fields that are kept of a row; None for all."""
        return None if self.fields is None else parse_fields(self.fields, self.listing)


def list_rows(settings: Settings, asked: Asked, limit: int | None) -> Flow[frames.Rows]:
    """Read a whole list."""
    question, fields, source = asked.question(settings), asked.chosen(), asked.source
    flow = _list_rows(settings, asked, source, question, fields, limit)
    return flow if asked.as_of is None else with_past(settings, flow)


def _list_rows(
    settings: Settings, asked: Asked, source: Listing, question: Question, fields: Fields | None, limit: int | None
) -> Flow[frames.Rows]:
    needs_oms = asked.with_oms or (fields is not None and fields.needs_oms)
    keep = None if fields is None or needs_oms else fields.take
    rows = yield from read_pages(source, question, limit=limit, keep=keep)
    if needs_oms and asked.listing is DATASETS:
        rows = yield from complete(rows, settings.page_size)
    return _shaped(asked, rows if keep is not None or fields is None else [fields.take(row) for row in rows])


def _shaped(asked: Asked, rows: list[dict[str, Any]]) -> frames.Rows:
    if asked.fields is not None:
        return frames.Rows(rows, frames.FIELDS, fields=list(asked.fields))
    return frames.Rows(rows, frames.RUNS if asked.listing is RUNS else frames.DATASETS)


def count_rows(settings: Settings, asked: Asked) -> Flow[int]:
    """Count what a filter matches."""
    flow = count(asked.source, asked.question(settings))
    return flow if asked.as_of is None else with_past(settings, flow)


class Pages:
    """A list that is gone through: `read` returns the next rows, and `is_over` tells whether they were the last."""

    def __init__(self, settings: Settings, asked: Asked) -> None:
        self._settings = settings
        self._asked = asked
        self._fields = asked.chosen()
        self._stream = Stream(asked.source, asked.question(settings), settings.page_size * settings.in_flight)

    @property
    def is_over(self) -> bool:
        """Whether all rows were read."""
        return self._stream.is_over

    def read(self) -> Flow[list[dict[str, Any]]]:
        """Read the next rows."""
        flow = self._stream.read()
        rows = yield from flow if self._asked.as_of is None else with_past(self._settings, flow)
        fields, asked = self._fields, self._asked
        if asked.listing is DATASETS and (asked.with_oms or (fields is not None and fields.needs_oms)):
            rows = yield from complete(rows, self._settings.page_size)
        return rows if fields is None else [fields.take(row) for row in rows]


class _OfDataset(NamedTuple):
    route_name: str
    kind: frames.Kind


# The verbs about the lumisections of one dataset.
_OF_DATASET = MappingProxyType(
    {
        "lumisections": _OfDataset("rr_lumisections", frames.LUMISECTIONS),
        "oms_lumisections": _OfDataset("oms_lumisections", frames.OMS_LUMISECTIONS),
        "ranges": _OfDataset("rr_lumisection_ranges", frames.RANGES),
        "ranges_by_component": _OfDataset("rr_lumisection_ranges_by_component", frames.COMPONENT_RANGES),
        "oms_ranges": _OfDataset("oms_lumisection_ranges", frames.OMS_RANGES),
        "joint_ranges": _OfDataset("joint_lumisection_ranges", frames.JOINT_RANGES),
    }
)


def of_dataset(settings: Settings, verb: str, run_number: int, dataset_name: str, as_of: AsOf | None = None) -> Flow[frames.Rows]:
    """Ask a verb about one dataset."""
    flow = _of_dataset(verb, (run_number, dataset_name), as_of)
    return flow if as_of is None else with_past(settings, flow)


def ranges_by_component(
    settings: Settings, run_number: int, dataset_name: str, as_of: AsOf | None = None
) -> Flow[frames.ComponentRanges]:
    """Ask for the ranges of each component of one dataset."""
    flow = _of_dataset("ranges_by_component", (run_number, dataset_name), as_of)
    return flow if as_of is None else with_past(settings, flow)


def _of_dataset(verb: str, key: DatasetKey, as_of: AsOf | None) -> Flow[Any]:
    (found,) = yield [_dataset_call(verb, as_of, key)]
    return found


def of_datasets(settings: Settings, verb: str, which: Any, dataset_name: str, as_of: AsOf | None = None) -> Work[DatasetKey]:
    """Ask a verb about many datasets."""

    def ask(bulk: Bulk[DatasetKey], ends_at_failure: bool, on_done: Advance) -> Flow[None]:
        if as_of is None:
            return ask_each(bulk, bulk.pending, partial(_dataset_call, verb, None), ends_at_failure, on_done)
        return with_past(settings, ask_of_past(bulk, ends_at_failure, on_done))

    def ask_of_past(bulk: Bulk[DatasetKey], ends_at_failure: bool, on_done: Advance) -> Flow[None]:
        # One version for all, also of a day that is not over; and one failure where there is no past, not one for each.
        found = yield from version(as_of)
        asked = partial(_dataset_call, verb, found["atomic_version"])
        yield from ask_each(bulk, bulk.pending, asked, ends_at_failure, on_done)

    keys = partial(_some_datasets, which, dataset_name)
    return Work(f"{verb}_of", keys, ask, kind=_OF_DATASET[verb].kind)


def _some_datasets(which: Any, dataset_name: str) -> list[DatasetKey]:
    return [] if which is None else dataset_keys(which, dataset_name)


def _dataset_call(verb: str, as_of: AsOf | None, key: DatasetKey) -> Call:
    route_name = _OF_DATASET[verb].route_name
    if as_of is not None:
        return lumisections_call(route_name, *key, as_of, partial(_dataset_shape, verb, key))
    body = {"run_number": key[0], "dataset_name": key[1]}
    return call(route_name, body, read=lambda answer: _dataset_shape(verb, key, read_json(answer)))


def _dataset_shape(verb: str, key: DatasetKey, document: Any) -> Any:
    kind = _OF_DATASET[verb].kind
    context = {"run_number": key[0], "dataset_name": key[1]}
    is_by_component = kind is frames.COMPONENT_RANGES
    return frames.ComponentRanges(document, **context) if is_by_component else frames.Rows(document, kind, **context)


def history(settings: Settings, run_number: int, dataset_name: str, as_of: AsOf | None = None) -> Flow[frames.Rows]:
    """Read what was changed in a dataset, and in its run if it is ``online``, oldest first; up to a version, if one is named."""
    last = None if as_of is None else (yield from with_past(settings, version(as_of)))["last_event"]
    calls = [call("get_rr_lumisection_history", {"run_number": run_number, "dataset_name": dataset_name})]
    if dataset_name == "online":
        calls.append(call("run_with_history", None, {"run_number": run_number}))
    answers = yield calls
    rows = [row for document in answers for row in document or [] if last is None or row["version"] <= last]
    rows.sort(key=lambda row: (row.get("createdAt") or "", row.get("version") or 0))
    return frames.Rows(rows, frames.HISTORY, run_number=run_number, dataset_name=dataset_name)


def create_json(
    settings: Settings, rule: Any, dataset_name_filter: str, on_progress: Any, as_of: AsOf | None
) -> Flow[dict[str, Any]]:
    """Have a JSON made by the portal, of the present or as of a version."""
    if as_of is None:
        return portal_json(rule, dataset_name_filter, on_progress=on_progress)
    flow = portal_json(rule, dataset_name_filter, on_progress=on_progress, as_of=format_as_of(as_of))
    return with_past(settings, flow)


def listed(route_name: str, kind: Any, **parameters: object) -> Flow[frames.Rows]:
    """Ask an endpoint that answers with a plain list."""
    rows = yield from one(route_name, **parameters)
    return frames.Rows(rows or [], kind)


def run(settings: Settings, run_number: int, as_of: AsOf | None) -> Flow[dict[str, Any] | None]:
    """Read a run; None if there is none."""
    if as_of is None:
        return one("get_run", run_number=run_number)
    return with_past(settings, past_run(run_number, as_of))


def dataset(settings: Settings, run_number: int, dataset_name: str, as_of: AsOf | None) -> Flow[dict[str, Any] | None]:
    """Read a dataset; None if there is none."""
    if as_of is None:
        return one("get_dataset", {"run_number": run_number, "dataset_name": dataset_name})
    return with_past(settings, past_dataset(run_number, dataset_name, as_of))
