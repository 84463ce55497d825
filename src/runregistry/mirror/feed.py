"""A remote registry that is of our kind: it tells what changed by version, and gives many runs at once as it stores them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from runregistry.client.answers import Answer, failure
from runregistry.client.calls import Call, call
from runregistry.errors import TransportError
from runregistry.mirror.asking import Asker, query_call
from runregistry.mirror.remote import Listed, Read
from runregistry.model.selection import Selection
from runregistry.store.chunks import chunks
from runregistry.store.mirrored import RunCopy
from runregistry.terms import ONLINE

__all__ = ["Feed"]

_LIMIT = 10_000
_RUNS_AT_ONCE = 50
_NULL = b"null"


class _Run(msgspec.Struct):
    run_number: int
    version: int
    deleted: bool
    rr_attributes: msgspec.Raw
    oms_attributes: msgspec.Raw


class _Cache(msgspec.Struct):
    version: int
    recorded: float
    delivered: float
    n_lumisections: int
    n_ranges: int
    triplet_summary: msgspec.Raw
    rr: msgspec.Raw
    dcs_summary: msgspec.Raw
    oms: msgspec.Raw


class _Dataset(msgspec.Struct):
    name: str
    version: int
    deleted: bool
    dataset_attributes: msgspec.Raw
    datasets_in_gui: msgspec.Raw
    cache: _Cache


class _Copy(msgspec.Struct):
    run: _Run
    datasets: list[_Dataset]


class _Copies(msgspec.Struct):
    runs: list[_Copy]
    others: list[int]


class _Change(msgspec.Struct):
    run_number: int
    version: int
    name: str | None = None


class _Page(msgspec.Struct):
    changes: list[_Change]
    after: int
    newest: int


class Feed:
    """Asks a registry of our kind.

    Parameters
    ----------
    asker : Asker
        How it is asked.
    """

    def __init__(self, asker: Asker) -> None:
        self.asker = asker

    def newest(self) -> int:
        """Return the newest event."""
        return self._page(0, "&limit=1&run_min=0&run_max=0").newest

    def changed(self, selection: Selection, after: int) -> Iterator[list[Listed]]:
        """Go through what changed from the first run of a selection to its last, hidden ones too, whatever their class."""
        bounds = f"&limit={_LIMIT}&run_min={selection.first}&run_max={selection.last}"
        while True:
            page = self._page(after, bounds)
            yield [Listed(each.run_number, each.name, each.version) for each in page.changes]
            if page.after >= page.newest:
                return
            if page.after <= after:
                raise TransportError(f"{self.asker.name} does not go on after event {after}: it says {page.after} again")
            after = page.after

    def is_known(self, version: int, stored: tuple[int, int]) -> bool:
        """Whether a version is that of a row in the mirror: here that of its lumisections counts as well."""
        return version == max(stored)

    def read(
        self, run_numbers: Sequence[int], selections: Sequence[Selection], known: Mapping[int, Sequence[str]]
    ) -> Iterator[Read]:
        """Read runs with their datasets, many in one answer."""
        wanted = [each._asdict() for each in selections]
        for window in chunks(list(chunks(run_numbers, _RUNS_AT_ONCE)), self.asker.in_flight):
            begun = time.time()
            calls = [
                call("copies", {"run_numbers": chunk, "selections": wanted}, read=partial(_decoded, _Copies)) for chunk in window
            ]
            for chunk, answer in zip(window, self.asker.ask_all(calls), strict=True):
                copies = [_copy(each, begun) for each in answer.runs]
                there = {copy.run_number for copy in copies}
                yield Read(copies, [number for number in chunk if number not in there], [])

    def _page(self, after: int, more: str) -> _Page:
        page: _Page = self.asker.ask(_changes_call(after, more))
        return page


def _changes_call(after: int, more: str) -> Call:
    return query_call("changes", f"after={after}{more}", read=partial(_decoded, _Page))


def _decoded(kind: type, answer: Answer) -> Any:
    if answer.status >= 300:
        raise failure(answer)
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise TransportError(f"the answer to {answer.asked} is not what it should be ({error}): {answer.text[:200]!r}") from error


def _copy(found: _Copy, begun: float) -> RunCopy:
    run = found.run
    row = {
        "run_number": run.run_number,
        "version": run.version,
        "deleted": run.deleted,
        "rr_attributes": _text(run.rr_attributes),
        "oms_attributes": _text(run.oms_attributes),
    }
    online = next((each.cache for each in found.datasets if each.name == ONLINE), None)
    datasets = [_dataset_row(run.run_number, each) for each in found.datasets]
    return RunCopy(row, datasets, [_cache_row(run.run_number, each, online) for each in found.datasets], begun)


def _dataset_row(run_number: int, dataset: _Dataset) -> dict[str, Any]:
    return {
        "run_number": run_number,
        "name": dataset.name,
        "version": dataset.version,
        "deleted": dataset.deleted,
        "dataset_attributes": _text(dataset.dataset_attributes),
        "datasets_in_gui": _text(dataset.datasets_in_gui),
    }


def _cache_row(run_number: int, dataset: _Dataset, online: _Cache | None) -> dict[str, Any]:
    cache = dataset.cache
    inherited = cache if online is None else online
    return {
        "run_number": run_number,
        "name": dataset.name,
        **{key: getattr(cache, key) for key in ("version", "recorded", "delivered", "n_lumisections", "n_ranges")},
        "triplet_summary": _text(cache.triplet_summary),
        "rr": _text(cache.rr),
        "dcs_summary": _own_or(cache.dcs_summary, inherited.dcs_summary),
        "oms": _own_or(cache.oms, inherited.oms),
    }


def _own_or(own: msgspec.Raw, inherited: msgspec.Raw) -> str:
    text = _text(inherited if bytes(own) == _NULL else own)
    if text == _NULL.decode():
        raise TransportError("the registry left out what a dataset has of its run, and the run has nothing of it")
    return text


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode()
