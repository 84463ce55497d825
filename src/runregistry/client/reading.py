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
from runregistry.client.flows.bulk import ask_each
from runregistry.client.flows.oms import with_oms as complete
from runregistry.client.flows.streams import Stream, count
from runregistry.client.keywords import wire_filter
from runregistry.client.settings import Settings
from runregistry.client.work import Advance, Work

__all__ = ["Asked", "Pages", "count_rows", "history", "list_rows", "listed", "of_dataset", "of_datasets", "ranges_by_component"]


class Asked(NamedTuple):
    """What is asked of a list, as a verb of the client takes it."""

    listing: Listing
    filter: Any
    is_wire_filter: bool
    keywords: Mapping[str, Any]
    fields: Sequence[str] | None = None
    sortings: Sequence[Any] = ()
    with_oms: bool = False

    def question(self, settings: Settings) -> Question:
        """Return what is sent; everything is checked before."""
        wire = wire_filter(self.listing, self.filter, self.is_wire_filter, self.keywords)
        return Question(wire, self.sortings, settings.page_size)

    def chosen(self) -> Fields | None:
        """Return the fields that are kept of a row; None for all."""
        return None if self.fields is None else parse_fields(self.fields, self.listing)


def list_rows(settings: Settings, asked: Asked, limit: int | None) -> Flow[frames.Rows]:
    """Read a whole list."""
    question, fields = asked.question(settings), asked.chosen()
    return _list_rows(settings, asked, question, fields, limit)


def _list_rows(
    settings: Settings, asked: Asked, question: Question, fields: Fields | None, limit: int | None
) -> Flow[frames.Rows]:
    needs_oms = asked.with_oms or (fields is not None and fields.needs_oms)
    keep = None if fields is None or needs_oms else fields.take
    rows = yield from read_pages(asked.listing, question, limit=limit, keep=keep)
    if needs_oms and asked.listing is DATASETS:
        rows = yield from complete(rows, settings.page_size)
    return _shaped(asked, rows if keep is not None or fields is None else [fields.take(row) for row in rows])


def _shaped(asked: Asked, rows: list[dict[str, Any]]) -> frames.Rows:
    if asked.fields is not None:
        return frames.Rows(rows, frames.FIELDS, fields=list(asked.fields))
    return frames.Rows(rows, frames.RUNS if asked.listing is RUNS else frames.DATASETS)


def count_rows(settings: Settings, asked: Asked) -> Flow[int]:
    """Count what a filter matches."""
    return count(asked.listing, asked.question(settings))


class Pages:
    """A list that is gone through: `read` returns the next rows, and `is_over` tells whether they were the last."""

    def __init__(self, settings: Settings, asked: Asked) -> None:
        self._settings = settings
        self._asked = asked
        self._fields = asked.chosen()
        self._stream = Stream(asked.listing, asked.question(settings), settings.page_size * settings.in_flight)

    @property
    def is_over(self) -> bool:
        """Whether all rows were read."""
        return self._stream.is_over

    def read(self) -> Flow[list[dict[str, Any]]]:
        """Read the next rows."""
        rows = yield from self._stream.read()
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


def of_dataset(verb: str, run_number: int, dataset_name: str) -> Flow[frames.Rows]:
    """Ask a verb about one dataset."""
    (found,) = yield [_dataset_call(verb, (run_number, dataset_name))]
    rows: frames.Rows = found
    return rows


def ranges_by_component(run_number: int, dataset_name: str) -> Flow[frames.ComponentRanges]:
    """Ask for the ranges of each component of one dataset."""
    (found,) = yield [_dataset_call("ranges_by_component", (run_number, dataset_name))]
    ranges: frames.ComponentRanges = found
    return ranges


def of_datasets(verb: str, which: Any, dataset_name: str) -> Work[DatasetKey]:
    """Ask a verb about many datasets."""

    def ask(bulk: Bulk[DatasetKey], ends_at_failure: bool, on_done: Advance) -> Flow[None]:
        return ask_each(bulk, bulk.pending, partial(_dataset_call, verb), ends_at_failure, on_done)

    keys = partial(_some_datasets, which, dataset_name)
    return Work(f"{verb}_of", keys, ask, kind=_OF_DATASET[verb].kind)


def _some_datasets(which: Any, dataset_name: str) -> list[DatasetKey]:
    return [] if which is None else dataset_keys(which, dataset_name)


def _dataset_call(verb: str, key: DatasetKey) -> Call:
    body = {"run_number": key[0], "dataset_name": key[1]}
    return call(_OF_DATASET[verb].route_name, body, read=lambda answer: _dataset_shape(verb, key, read_json(answer)))


def _dataset_shape(verb: str, key: DatasetKey, document: Any) -> Any:
    kind = _OF_DATASET[verb].kind
    context = {"run_number": key[0], "dataset_name": key[1]}
    is_by_component = kind is frames.COMPONENT_RANGES
    return frames.ComponentRanges(document, **context) if is_by_component else frames.Rows(document, kind, **context)


def history(run_number: int, dataset_name: str) -> Flow[frames.Rows]:
    """Read what was changed in a dataset, and in its run if it is ``online``, oldest first."""
    calls = [call("get_rr_lumisection_history", {"run_number": run_number, "dataset_name": dataset_name})]
    if dataset_name == "online":
        calls.append(call("run_with_history", None, {"run_number": run_number}))
    answers = yield calls
    rows = [row for document in answers for row in document or []]
    rows.sort(key=lambda row: (row.get("createdAt") or "", row.get("version") or 0))
    return frames.Rows(rows, frames.HISTORY, run_number=run_number, dataset_name=dataset_name)


def listed(route_name: str, kind: Any, **parameters: object) -> Flow[frames.Rows]:
    """Ask an endpoint that answers with a plain list."""
    rows = yield from one(route_name, **parameters)
    return frames.Rows(rows or [], kind)
