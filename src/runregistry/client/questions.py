"""From what a user asks to the flow that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runregistry.client.calls import Flow
from runregistry.client.flows import RUNS, Listing, Question, read_pages
from runregistry.client.settings import Settings
from runregistry.filters.short import dataset_filter_to_wire, run_filter_to_wire

__all__ = ["listing_flow", "to_wire"]


def to_wire(listing: Listing, short: Any) -> dict[str, Any]:
    """Return the wire form of a short filter of runs or of datasets."""
    return run_filter_to_wire(short) if listing is RUNS else dataset_filter_to_wire(short)


def listing_flow(
    listing: Listing, settings: Settings, filter: Any, sortings: Sequence[Any], limit: int | None, is_wire_filter: bool
) -> Flow[list[dict[str, Any]]]:
    """Return the flow that reads all rows of a list."""
    wire = (filter or {}) if is_wire_filter else to_wire(listing, filter)
    return read_pages(listing, Question(wire, sortings, settings.page_size), limit=limit)
