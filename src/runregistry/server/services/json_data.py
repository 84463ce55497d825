"""What is behind a JSON with dataset names: the document of each lumisection, as rules see it, and the luminosity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from runregistry.engine.sources import dataset_value, lumisection_steps
from runregistry.errors import NotFound, UsageError
from runregistry.lumis import LumiRanges
from runregistry.lumis.steps import elementary, intersect, restrict
from runregistry.model import CertifiedDataset
from runregistry.model.summary import certified_ranges, positive_number
from runregistry.server.services.certified import read_certified
from runregistry.server.services.values import integer, required_text
from runregistry.store import Store

__all__ = ["documents", "get_data_of_json", "luminosity_of_json", "luminosity_within", "lumisection_document"]

_Ranges = Sequence[tuple[int, int]]
_Key = tuple[int, str]


def get_data_of_json(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the documents of all lumisections of a JSON that have both Run Registry and OMS data, and their luminosity.

    Parameters
    ----------
    body : mapping
        ``json``: ranges by ``run_number-dataset_name``.

    Returns
    -------
    dict
        ``json_with_data`` (by the same keys, then by lumisection number), ``total_recorded_luminosity`` and
        ``total_delivered_luminosity``. Datasets without any such lumisection are left out.
    """
    found = _chosen(store, _wanted(body, "json"))
    data = {key: dict(documents(dataset, ranges)) for key, (dataset, ranges) in found.items()}
    totals = {
        f"total_{name}_luminosity": sum(luminosity_within(dataset, ranges, name) for dataset, ranges in found.values())
        for name in ("recorded", "delivered")
    }
    return {"json_with_data": {key: by_number for key, by_number in data.items() if by_number}} | totals


def luminosity_of_json(store: Store, body: Mapping[str, Any]) -> dict[str, float]:
    """Return the recorded luminosity of each entry of a JSON with dataset names (body key ``json_with_dataset_names``)."""
    wanted = _wanted(body, "json_with_dataset_names")
    found = _chosen(store, wanted)
    return {key: luminosity_within(*found[key], "recorded") if key in found else 0.0 for key in wanted}


def lumisection_document(store: Store, body: Mapping[str, Any]) -> Any:
    """Return the document of one lumisection: body keys ``run_number``, ``name``, ``lumisection_number``.

    Raises
    ------
    NotFound
        The dataset has no such lumisection, or not both Run Registry and OMS data there.
    """
    key = integer(body.get("run_number"), "run_number"), required_text(body.get("name"), "name")
    number = integer(body.get("lumisection_number"), "lumisection_number")
    with store.reading() as connection:
        datasets = list(read_certified(store, connection, [key]))
    for dataset in datasets:
        for _, document in documents(dataset, [(number, number)]):
            return msgspec.json.decode(msgspec.json.encode(document))
    raise NotFound(f"Lumisection {number} of dataset {key[1]} of run {key[0]} not found")


def documents(dataset: CertifiedDataset, ranges: _Ranges) -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through a dataset's lumisections within sorted, disjoint ranges: their number as text, and their document.

    The parts that many lumisections have in common are encoded once (`msgspec.Raw`).
    """
    common = {"dataset": _raw(dataset_value(("dataset",), dataset)), "run": _raw(dataset_value(("run",), dataset))}
    parts = {name: restrict(lumisection_steps(("lumisection", name), dataset), ranges) for name in ("oms", "rr")}
    for first, last, here in elementary(parts):
        encoded = {name: _raw(here[name]) for name in parts}
        for number in range(first, last + 1):
            yield str(number), common | {"lumisection": {"lumisection_number": number} | encoded}


def luminosity_within(dataset: CertifiedDataset, ranges: _Ranges, name: str) -> float:
    """Return the ``recorded`` or ``delivered`` luminosity of the certified lumisections within sorted, disjoint ranges."""
    visible = intersect(certified_ranges(dataset.columns), ranges)
    steps = restrict(dataset.columns.oms.get(name, []), visible)
    return sum(positive_number(value) * (last - first + 1) for first, last, value in steps)


def _chosen(store: Store, wanted: Mapping[str, tuple[_Key, _Ranges]]) -> dict[str, tuple[CertifiedDataset, _Ranges]]:
    with store.reading() as connection:
        keys = sorted({key for key, _ in wanted.values()})
        datasets = {(found.run_number, found.name): found for found in read_certified(store, connection, keys)}
    return {text: (datasets[key], ranges) for text, (key, ranges) in wanted.items() if key in datasets}


def _wanted(body: Mapping[str, Any], name: str) -> dict[str, tuple[_Key, _Ranges]]:
    json_with_names = body.get(name)
    if not isinstance(json_with_names, Mapping):
        raise UsageError(f"{name} must be an object such as {{'355100-online': [[1, 54]]}}, not {json_with_names!r:.80}")
    return {key: (_dataset_key(key), _ranges(key, ranges)) for key, ranges in json_with_names.items()}


def _ranges(key: str, ranges: Any) -> _Ranges:
    # Not list(…): it would first make room for len(…) entries, and that counts lumisections, as many as the request says.
    return [(first, last) for first, last in LumiRanges(ranges, run_number=key)]


def _dataset_key(text: str) -> _Key:
    run_number, dash, name = text.partition("-")
    if not dash:
        # The service's words; it forgets the last quote.
        raise UsageError(
            "Every entry in the json must include the respective dataset name, as in '316701-/PromptReco/Collisions2018A/DQM"
        )
    return integer(run_number, "run number of the json"), name


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
