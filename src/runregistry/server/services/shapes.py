"""Records of the store in the shapes that travel; stored JSON text is spliced in without being decoded."""

from __future__ import annotations

from typing import Any

import msgspec

from runregistry.model.lumisections import LumisectionColumns
from runregistry.model.summary import dcs_ranges, rr_ranges
from runregistry.store import DatasetRecord, DatasetRow, RunRow
from runregistry.store.records import Cache
from runregistry.store.selections import DatasetDetail

__all__ = ["cache_object", "dataset_item", "dataset_object", "dataset_with_cache", "run_object", "run_with_summary"]


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def run_object(row: Any) -> dict[str, Any]:
    """Return a ``RunObject`` from a row with the columns of a run."""
    return {
        "run_number": row.run_number,
        "oms_attributes": _raw(row.oms_attributes),
        "rr_attributes": _raw(row.rr_attributes),
        "version": row.version,
        "deleted": row.deleted,
    }


def run_with_summary(row: RunRow) -> dict[str, Any]:
    """Return a ``RunWithSummary``: a run and the summary of its ``online`` dataset."""
    return run_object(row) | {"DatasetTripletCache": {"triplet_summary": _raw(row.triplet_summary)}}


def dataset_object(row: DatasetRecord | DatasetRow | DatasetDetail) -> dict[str, Any]:
    """Return a ``DatasetObject``."""
    return {
        "run_number": row.run_number,
        "name": row.name,
        "dataset_attributes": _raw(row.dataset_attributes),
        "datasets_in_gui": _raw(row.datasets_in_gui),
        "deleted": row.deleted,
        "version": row.version,
    }


def dataset_item(row: DatasetRow | DatasetDetail) -> dict[str, Any]:
    """Return a ``DatasetListItem``: a dataset with its run's attributes and its summaries."""
    return dataset_object(row) | {
        "Run": {"rr_attributes": _raw(row.rr_attributes), "oms_attributes": _raw(row.oms_attributes)},
        "DatasetTripletCache": {"triplet_summary": _raw(row.triplet_summary), "dcs_summary": _raw(row.dcs_summary)},
    }


def cache_object(run_number: int, name: str, cache: Any) -> dict[str, Any]:
    """Return a ``CacheObject``: everything that is summed up from a dataset's lumisections."""
    columns = LumisectionColumns.decode(cache.rr, cache.oms)
    return {
        "run_number": run_number,
        "name": name,
        "triplet_summary": _raw(cache.triplet_summary),
        "dcs_summary": _raw(cache.dcs_summary),
        "rr_ranges": rr_ranges(columns),
        "dcs_ranges": dcs_ranges(columns),
        "brilcalc_recorded_luminosity": cache.recorded,
        "brilcalc_delivered_luminosity": cache.delivered,
        "version": cache.version,
    }


def dataset_with_cache(row: DatasetDetail, *, oms: bool = True) -> dict[str, Any]:
    """Return a ``DatasetObject`` with its run's attributes, with or without those of OMS, and its full ``CacheObject``."""
    run = {"rr_attributes": _raw(row.rr_attributes)} | ({"oms_attributes": _raw(row.oms_attributes)} if oms else {})
    summed = (row.recorded, row.delivered, row.triplet_summary, row.dcs_summary)
    cache = Cache(row.cache_version, *summed, row.rr, row.oms)
    return dataset_object(row) | {"Run": run, "DatasetTripletCache": cache_object(row.run_number, row.name, cache)}
