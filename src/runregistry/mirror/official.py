"""A remote registry of which only the official routes are known: lists by version, and a few questions about each dataset."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from runregistry.client.answers import Answer, failure, read_json
from runregistry.client.calls import Call, call
from runregistry.errors import TransportError
from runregistry.mirror.asking import Asker
from runregistry.mirror.columns import columns_of, has_ranges
from runregistry.mirror.filters import dataset_filter, run_filter
from runregistry.mirror.remote import Listed, Read
from runregistry.model import LumisectionColumns
from runregistry.model.selection import Selection
from runregistry.store.chunks import chunks
from runregistry.store.mirrored import RunCopy
from runregistry.terms import ONLINE

__all__ = ["Official"]

_PAGE = 200
_RUNS_AT_ONCE = 10
_READINGS = 3
# The service may commit an event after one with a higher number: so far back is looked again.
_OVERLAP = 500


class _Run(msgspec.Struct):
    run_number: int
    version: int
    oms_attributes: msgspec.Raw
    rr_attributes: msgspec.Raw
    deleted: bool = False


class _Cache(msgspec.Struct):
    version: int
    triplet_summary: msgspec.Raw
    dcs_summary: msgspec.Raw
    rr_ranges: dict[str, dict[str, list[tuple[int, int]]]] = {}
    dcs_ranges: dict[str, dict[str, list[tuple[int, int]]]] = {}
    brilcalc_recorded_luminosity: float = 0.0
    brilcalc_delivered_luminosity: float = 0.0


class _Dataset(msgspec.Struct):
    run_number: int
    name: str
    version: int
    dataset_attributes: msgspec.Raw
    datasets_in_gui: msgspec.Raw
    deleted: bool = False
    cache: _Cache | None = msgspec.field(name="DatasetTripletCache", default=None)


class Official:
    """Asks a registry by the official routes.

    Parameters
    ----------
    asker : Asker
        How it is asked.
    """

    def __init__(self, asker: Asker) -> None:
        self.asker = asker

    def newest(self) -> int:
        """Return the newest version of a run or a dataset."""
        newest = [["version", "DESC"]]
        pages = self.asker.ask_all([_page("runs", {}, newest, 1), _page("datasets", {}, newest, 1)])
        return max((row["version"] for rows, _ in pages for row in rows), default=0)

    def changed(self, selection: Selection, after: int) -> Iterator[list[Listed]]:
        """Go through the runs and datasets of a selection that have a newer version; hidden ones are not listed."""
        for kind, make in (("runs", run_filter), ("datasets", dataset_filter)):
            for rows in self._walk(kind, partial(make, selection), max(after - _OVERLAP, 0)):
                yield [Listed(row["run_number"], row.get("name"), row["version"]) for row in rows]

    def is_known(self, version: int, stored: tuple[int, int]) -> bool:
        """Whether a version is that of a row in the mirror."""
        return version == stored[0]

    def _walk(self, kind: str, condition: Callable[[int], Any], after: int) -> Iterator[list[dict[str, Any]]]:
        """Go through a list by version: what changes meanwhile gets a newer one, and comes again."""
        while True:
            rows, count = self.asker.ask(_page(kind, condition(after), [["version", "ASC"]], _PAGE))
            if rows:
                yield rows
            newest = max((row["version"] for row in rows), default=after)
            # A page that is too short is no end; the comparison of counts finds what the registry never shows.
            if newest <= after or len(rows) >= count:
                return
            after = newest

    def read(
        self, run_numbers: Sequence[int], selections: Sequence[Selection], known: Mapping[int, Sequence[str]]
    ) -> Iterator[Read]:
        """Read runs with their datasets: three questions a dataset, one more where lumisections are missing."""
        for chunk in chunks(run_numbers, _RUNS_AT_ONCE):
            yield self._read(chunk, selections, known)

    def _read(self, numbers: Sequence[int], selections: Sequence[Selection], known: Mapping[int, Sequence[str]]) -> Read:
        copies, odd, others = [], [], []
        pending, begun = list(numbers), time.time()
        for reading in range(_READINGS):
            is_last = reading == _READINGS - 1
            found, others_now = self._runs(pending, selections, known)
            others += others_now
            unsure = []
            for number, (run, datasets) in found.items():
                made = [(dataset, *self._columns(dataset, answers)) for dataset, *answers in datasets]
                strange = [f"run {number} {dataset.name}" for dataset, _, is_sure in made if not is_sure]
                if strange and not is_last:
                    unsure.append(number)  # it changed while it was read
                    continue
                odd += [f"{each}: its summary does not follow from its lumisections" for each in strange]
                copies.append(_copy(run, [(dataset, columns) for dataset, columns, _ in made], begun))
            pending = unsure
            if not pending:
                break
        return Read(copies, others, odd)

    def _runs(
        self, numbers: Sequence[int], selections: Sequence[Selection], known: Mapping[int, Sequence[str]]
    ) -> tuple[dict[int, tuple[_Run, list[Any]]], list[int]]:
        """Return the runs that are wanted, each with its datasets and the answers about these; and the numbers of the others."""
        calls = []
        for number in numbers:
            calls.append(call("get_run", None, {"run_number": number}, read=partial(_decoded, _Run)))
            calls.append(call("dataset_names_of_run", None, {"run_number": number}))
        answers = self.asker.ask_all(calls)
        wanted: dict[int, tuple[_Run, list[Any]]] = {}
        keys: list[tuple[int, str]] = []
        for number, run, names in zip(numbers, answers[::2], answers[1::2], strict=True):
            chosen = [each for each in selections if run is not None and each.has_run(number, _class(run))]
            if chosen:
                wanted[number] = (run, [])
                every = dict.fromkeys([ONLINE, *(names or []), *known.get(number, ())])
                keys += [(number, name) for name in every if any(each.has_dataset(name) for each in chosen)]
        asked = self.asker.ask_all([one for key in keys for one in _dataset_calls(*key)])
        for place, (number, _) in enumerate(keys):
            dataset, by_component, by_bit = asked[3 * place : 3 * place + 3]
            if dataset is not None and dataset.cache is not None:
                wanted[number][1].append((dataset, by_component, by_bit))
        shown = {number: found for number, found in wanted.items() if any(each[0].name == ONLINE for each in found[1])}
        return shown, [number for number in numbers if number not in shown]

    def _columns(self, dataset: _Dataset, answers: Sequence[Any]) -> tuple[LumisectionColumns, bool]:
        """Return the lumisections of a dataset, and whether its own summary agrees with them."""
        by_component, by_bit = answers
        cache = dataset.cache
        assert cache is not None
        columns = columns_of(by_component, None, by_bit)
        if by_component and has_ranges(columns, cache.rr_ranges):
            return columns, True
        body = {"run_number": dataset.run_number, "dataset_name": dataset.name}
        certified = cache.dcs_ranges.get("all_lumisections", {}).get("TRUE", [])
        joint = self.asker.ask(call("rr_lumisection_ranges", body))
        columns = columns_of(by_component, joint or [], by_bit, certified)
        return columns, has_ranges(columns, cache.rr_ranges)


def _page(kind: str, condition: Any, sortings: Any, size: int) -> Call:
    def read(answer: Answer) -> tuple[list[dict[str, Any]], int]:
        document = read_json(answer)
        rows = document.get(kind) if isinstance(document, dict) else None
        if not isinstance(rows, list):
            raise TransportError(f"the answer to {answer.asked} is no page of {kind}: {answer.text[:200]!r}")
        count = document.get("count")
        keys = ("run_number", "name", "version")
        return [{key: row[key] for key in keys if key in row} for row in rows], count if isinstance(count, int) else len(rows)

    body = {"filter": condition, "sortings": sortings, "page": 0, "page_size": size}
    return call(f"{kind}_filtered_ordered", body, read=read)


def _dataset_calls(run_number: int, name: str) -> list[Call]:
    body = {"run_number": run_number, "dataset_name": name}
    return [
        call("get_dataset", body, read=partial(_decoded, _Dataset)),
        call("rr_lumisection_ranges_by_component", body),
        call("oms_lumisection_ranges_by_dcs_bit", body),
    ]


def _decoded(kind: type, answer: Answer) -> Any:
    if answer.status >= 300:
        raise failure(answer)
    try:
        return msgspec.json.decode(answer.content or b"null", type=kind | None)
    except msgspec.DecodeError as error:
        raise TransportError(f"the answer to {answer.asked} is not what it should be ({error}): {answer.text[:200]!r}") from error


def _class(run: _Run) -> object:
    return msgspec.json.decode(run.rr_attributes).get("class")


def _copy(run: _Run, datasets: Sequence[tuple[_Dataset, LumisectionColumns]], begun: float) -> RunCopy:
    row = {
        "run_number": run.run_number,
        "version": run.version,
        "deleted": run.deleted,
        "rr_attributes": _text(run.rr_attributes),
        "oms_attributes": _text(run.oms_attributes),
    }
    rows, caches = [], []
    for dataset, columns in datasets:
        key = {"run_number": dataset.run_number, "name": dataset.name}
        rows.append(
            {
                **key,
                "version": dataset.version,
                "deleted": dataset.deleted,
                "dataset_attributes": _text(dataset.dataset_attributes),
                "datasets_in_gui": _text(dataset.datasets_in_gui),
            }
        )
        cache = dataset.cache
        assert cache is not None
        caches.append(
            {
                **key,
                "version": cache.version,
                "recorded": cache.brilcalc_recorded_luminosity,
                "delivered": cache.brilcalc_delivered_luminosity,
                "n_lumisections": sum(last - first + 1 for first, last in columns.oms_present or columns.rr_present),
                "n_ranges": sum(map(len, columns.rr.values())),
                "triplet_summary": _text(cache.triplet_summary),
                "dcs_summary": _text(cache.dcs_summary),
                "rr": columns.encode_rr(),
                "oms": columns.encode_oms(),
            }
        )
    return RunCopy(row, rows, caches, begun)


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode()
