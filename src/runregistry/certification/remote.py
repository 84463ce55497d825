"""Datasets read from a registry over HTTP: everything that a rule may ask, in few requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runregistry.certification.sources import Asked, nothing_matches
from runregistry.client import Client
from runregistry.engine import Snapshot
from runregistry.filters.similar import similar_to
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.terms import EMPTY

__all__ = ["certified_of_joint_ranges", "name_condition", "read_remote"]

_HOLE = "err"
_BOUNDS = ("start", "end")
_SPECIAL = frozenset("|([{*+?\\")


def read_remote(client: Client, asked: Asked, as_of: int | None = None) -> Snapshot:
    """Read the datasets of a registry that are asked for, as they are or as of a version.

    Raises
    ------
    UsageError
        No dataset matches.

    Notes
    -----
    Cost: the pages of the list of datasets, those of their runs where a registry leaves OMS attributes out of it, and one request
    a dataset, ``joint_lumisection_ranges``, which alone has components and OMS attributes with luminosity. Other routes of ranges
    leave luminosity out. What it does not tell is taken thus: a lumisection whose components are all EMPTY has no Run Registry
    data.
    """
    pattern = similar_to(asked.dataset_name_filter)
    condition = name_condition(asked.dataset_name_filter)
    named = None if condition is None else {"dataset_name": {"like": condition}}
    chosen: dict[str, Any] = {"run_min": asked.run_min, "run_max": asked.run_max, "runs": asked.runs}
    rows = client.datasets(named, with_oms=True, sortings=[["run_number", "ASC"]], as_of=as_of, **chosen)
    wanted = {(row["run_number"], row["name"]): row for row in rows if pattern.fullmatch(row["name"])}
    if not wanted:
        raise nothing_matches(asked.dataset_name_filter, {row["name"] for row in rows})
    ranges = client.joint_ranges_of(sorted(wanted), as_of=as_of)
    return Snapshot.of(certified_of_joint_ranges(wanted[key], ranges[key]) for key in sorted(wanted))


def name_condition(dataset_name_filter: str) -> str | None:
    """Return a pattern of ``%`` and ``_`` that every name matches which the filter matches; None if there is none shorter.

    Examples
    --------
    >>> name_condition("/PromptReco/Collisions2018_/DQM"), name_condition("/PromptReco/Collisions2018(A|B)/DQM")
    ('/PromptReco/Collisions2018_/DQM', '/PromptReco/Collisions2018%')
    >>> name_condition("online|/Express/%"), name_condition("(A|B)")
    (None, None)
    """
    special = next((place for place, one in enumerate(dataset_name_filter) if one in _SPECIAL), None)
    if special is None:
        return dataset_name_filter
    # What is before a quantifier may be missing; what is before a bare bar is one alternative of several.
    head = dataset_name_filter[: special - 1 if dataset_name_filter[special] in "*+?{" else special]
    return f"{head}%" if head and not _has_bare_bar(dataset_name_filter) else None


def _has_bare_bar(text: str) -> bool:
    depth = 0
    for one in text:
        depth += {"(": 1, ")": -1}.get(one, 0)
        if one == "|" and depth <= 0:
            return True
    return False


def certified_of_joint_ranges(row: Mapping[str, Any], ranges: Iterable[Mapping[str, Any]]) -> CertifiedDataset:
    """Make a dataset of its row in the list and of its joint ranges.

    Parameters
    ----------
    row : mapping
        With ``run_number``, ``name``, ``dataset_attributes`` and ``Run``, which has the attributes of the run.
    ranges : iterable of mapping
        As ``joint_lumisection_ranges`` answers: OMS attributes and triplets side by side, ``start`` and ``end``.
    """
    columns = LumisectionColumns()
    rr, oms = [], []
    for each in ranges:
        first, last = each["start"], each["end"]
        triplets = {name: value for name, value in each.items() if _is_triplet(value)}
        values = {name: value for name, value in each.items() if name not in triplets and name not in _BOUNDS}
        if any(value["status"] != EMPTY or value.get("comment") or value.get("cause") for value in triplets.values()):
            rr.append((first, last, triplets))
        if values and _HOLE not in values:
            oms.append((first, last, values))
    columns.apply_rr(rr)
    columns.apply_oms(oms)
    run = row.get("Run") or {}
    attributes = (row.get("dataset_attributes") or {}, run.get("rr_attributes") or {}, run.get("oms_attributes") or {})
    return CertifiedDataset(row["run_number"], row["name"], *attributes, columns)


def _is_triplet(value: Any) -> bool:
    return isinstance(value, Mapping) and "status" in value
