"""Where a snapshot's columns come from: `Origin`, and datasets that are in memory already."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

from runregistry.engine.columns import Column, Line, column_of_steps
from runregistry.engine.sources import Source, dataset_value, is_column, lumisection_steps
from runregistry.model import CertifiedDataset
from runregistry.model.summary import certified_ranges

__all__ = ["Decoded", "Origin", "paths_of"]


class Origin(Protocol):
    """Datasets in columns that are read when somebody asks for them; what was read never changes."""

    @property
    def run_numbers(self) -> Sequence[int]:
        """The run of each dataset."""

    @property
    def names(self) -> Sequence[str]:
        """The name of each dataset."""

    @property
    def line(self) -> Line:
        """Where the datasets lie."""

    def attributes(self, sources: Sequence[Source]) -> list[list[Any]]:
        """Return, for each source that is the same all over a dataset, the value of each dataset, or `ABSENT`."""

    def columns(self, sources: Sequence[Source]) -> list[Column]:
        """Return the column of each source (see `is_column`), with the values as the registry holds them: whole triplets."""

    def dataset(self, position: int) -> CertifiedDataset:
        """Return one dataset as a whole."""

    def paths(self) -> set[str]:
        """Return the paths of everything that any dataset has."""


class Decoded:
    """Datasets that are in memory."""

    def __init__(self, datasets: Sequence[CertifiedDataset]) -> None:
        self._datasets = datasets
        self.run_numbers = [dataset.run_number for dataset in datasets]
        self.names = [dataset.name for dataset in datasets]

    @cached_property
    def line(self) -> Line:
        """Where the datasets lie."""
        columns = [dataset.columns for dataset in self._datasets]
        return Line.of([max(each.rr_last, each.oms_last) for each in columns], [certified_ranges(each) for each in columns])

    def attributes(self, sources: Sequence[Source]) -> list[list[Any]]:
        """Return the value of each dataset for each source: see `Origin`."""
        return [[dataset_value(source, dataset) for dataset in self._datasets] for source in sources]

    def columns(self, sources: Sequence[Source]) -> list[Column]:
        """Return the column of each source: see `Origin`."""
        line = self.line
        return [
            column_of_steps(line, [lumisection_steps(source, dataset) for dataset in self._datasets])
            for source in sources
            if is_column(source)
        ]

    def dataset(self, position: int) -> CertifiedDataset:
        """Return one dataset as a whole."""
        return self._datasets[position]

    def paths(self) -> set[str]:
        """Return the paths of everything that any dataset has."""
        return paths_of(
            {
                "dataset": {name for dataset in self._datasets for name in dataset.dataset_attributes},
                "run.oms": {name for dataset in self._datasets for name in dataset.oms_attributes},
                "run.rr": {name for dataset in self._datasets for name in dataset.rr_attributes},
                "lumisection.oms": {name for dataset in self._datasets for name in dataset.columns.oms},
                "lumisection.rr": {name for dataset in self._datasets for name in dataset.columns.rr},
            }
        )


def paths_of(names: dict[str, set[str]]) -> set[str]:
    """Return the paths of names, by what they belong to, and those that every lumisection has.

    Examples
    --------
    >>> sorted(paths_of({"lumisection.rr": {"dt-dt"}, "run.oms": {"energy"}}))[:3]
    ['dataset.name', 'lumisection.lumisection_number', 'lumisection.rr.dt-dt']
    """
    always = {"dataset.name", "run.run_number", "lumisection.lumisection_number"}
    return always | {f"{part}.{name}" for part, of_part in names.items() for name in of_part}
