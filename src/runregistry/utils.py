"""Old import path: the helpers of the official client that people import."""

from __future__ import annotations

from typing import Any

from runregistry.attributes import (
    dataset_attributes,
    dataset_table_attributes,
    dataset_triplet_attributes,
    run_oms_attributes,
    run_rr_attributes,
    run_table_attributes,
    run_triplet_attributes,
)
from runregistry.client.arguments import heeded_conditions, parse_runs
from runregistry.filters.short import dataset_filter_to_wire, run_filter_to_wire

__all__ = [
    "dataset_attributes",
    "dataset_table_attributes",
    "dataset_triplet_attributes",
    "run_oms_attributes",
    "run_rr_attributes",
    "run_table_attributes",
    "run_triplet_attributes",
    "transform_to_rr_dataset_filter",
    "transform_to_rr_run_filter",
]


def __parse_runs_arg(runs: Any) -> list[Any]:
    """Return runs as a list: an int or a numeric string as one run, anything that is neither nor a list as none."""
    return parse_runs(runs)


def transform_to_rr_run_filter(run_filter: Any) -> dict[str, Any]:
    """Turn the short form of a run filter into the one that the registry reads.

    Examples
    --------
    >>> transform_to_rr_run_filter({"class": "Collisions24"})
    {'rr_attributes.class': {'=': 'Collisions24'}}
    """
    return run_filter_to_wire(heeded_conditions(run_filter))


def transform_to_rr_dataset_filter(dataset_filter: Any) -> dict[str, Any]:
    """Turn the short form of a dataset filter into the one that the registry reads.

    Examples
    --------
    >>> transform_to_rr_dataset_filter({"run_number": 355100, "dataset_name": "online"})
    {'run_number': 355100, 'name': 'online'}
    """
    return dataset_filter_to_wire(dataset_filter)
