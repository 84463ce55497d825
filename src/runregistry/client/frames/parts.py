"""What tables are made of: the rows of one answer, and of what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.client.frames.columns import DATASET_NAME, RUN_NUMBER
from runregistry.client.frames.frame import Series, as_mapping, made
from runregistry.client.frames.kinds import Kind
from runregistry.client.frames.values import Troubles

if TYPE_CHECKING:
    from runregistry.client.frames.frame import Integers

__all__ = ["Part", "all_rows", "dataset_series"]


class Part(NamedTuple):
    """The rows of one answer.

    Attributes
    ----------
    kind : Kind
        What the rows are.
    rows : list or dict
        As on the wire; a dict by component for `COMPONENT_RANGES`.
    context : dict
        What the rows themselves don't say: ``run_number``, ``dataset_name``, ``lumisection_numbers``, ``fields``.
    """

    kind: Kind
    rows: Any
    context: Mapping[str, Any]


def all_rows(parts: Iterable[Part]) -> list[Mapping[str, Any]]:
    """Return the rows of all parts."""
    return [as_mapping(row) for part in parts for row in part.rows]


def dataset_series(parts: Sequence[Part], index: Integers, troubles: Troubles) -> list[Series]:
    """Return the columns that say of which dataset a row is; the index says of which part."""
    run_numbers = [part.context.get("run_number") for part in parts]
    names = [part.context.get("dataset_name") for part in parts]
    return [
        made(RUN_NUMBER, run_numbers, troubles)._replace(which=index),
        made(DATASET_NAME, names, troubles)._replace(which=index),
    ]
