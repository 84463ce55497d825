"""Datasets as the store keeps them: texts, of which only the columns that a rule reads are decoded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import chain, compress
from typing import Any

import msgspec
import numpy as np

from runregistry.engine.attributes import AttributeTexts
from runregistry.engine.columns import Column, IntArray, Line
from runregistry.engine.origins import paths_of
from runregistry.engine.sources import Source
from runregistry.lumis.steps import intersect
from runregistry.model import CertifiedDataset, LumisectionColumns, StoredDataset
from runregistry.model.picking import pick_columns, read_names

__all__ = ["Stored", "decoded"]

_read = msgspec.json.decode


class Stored:
    """Datasets in the texts of the store, in ascending order of runs.

    Parameters
    ----------
    datasets : sequence of StoredDataset
        As the store keeps them.
    """

    def __init__(self, datasets: Sequence[StoredDataset]) -> None:
        self._datasets = datasets
        self.run_numbers = [dataset.run_number for dataset in datasets]
        self.names = [dataset.name for dataset in datasets]
        self._attributes = AttributeTexts(self.run_numbers, self.names, self._texts)
        # Where there is any event, by family: seen along with the first columns that are read of it.
        self._present: dict[str, list[list[tuple[int, int]]]] = {}

    @cached_property
    def line(self) -> Line:
        """Where the datasets lie."""
        for family in ("rr", "oms"):
            if family not in self._present:
                self._present[family] = pick_columns(self._texts(family), ()).present
        both = list(zip(self._present["rr"], self._present["oms"], strict=True))
        lasts = [max(rr[-1][1] if rr else 0, oms[-1][1] if oms else 0) for rr, oms in both]
        return Line.of(lasts, [rr if rr == oms else intersect(rr, oms) for rr, oms in both])

    def attributes(self, sources: Sequence[Source]) -> list[list[Any]]:
        """Return the value of each dataset for each source: see `Origin`."""
        return self._attributes.values(sources)

    def columns(self, sources: Sequence[Source]) -> list[Column]:
        """Return the column of each source: see `Origin`."""
        found: dict[Source, tuple[IntArray, IntArray, list[Any]]] = {}
        for family in ("rr", "oms"):
            of_family = [source for source in sources if source[1] == family]
            if of_family:
                picked = pick_columns(self._texts(family), [source[2] for source in of_family])
                self._present[family] = picked.present
                values = list(chain.from_iterable(picked.values))
                bases = np.cumsum([0, *map(len, picked.values)])[:-1]
                found |= {source: (*_flat(flat, bases), values) for source, flat in zip(of_family, picked.columns, strict=True)}
        return [self._column(*found[source]) for source in sources]

    def dataset(self, position: int) -> CertifiedDataset:
        """Return one dataset as a whole."""
        return decoded(self._datasets[position])

    def paths(self) -> set[str]:
        """Return the paths of everything that any dataset has."""
        return paths_of(
            {f"lumisection.{family}": read_names(self._texts(family)) for family in ("rr", "oms")} | self._attributes.keys()
        )

    def _texts(self, field: str) -> list[str]:
        return [getattr(dataset, field) for dataset in self._datasets]

    def _column(self, counts: IntArray, steps: IntArray, values: list[Any]) -> Column:
        is_used = np.zeros(len(values), dtype=bool)
        is_used[steps[:, 2]] = True
        codes = (np.cumsum(is_used) - 1)[steps[:, 2]]
        # copies, so that the whole array need not be kept for a column of it
        firsts, lasts = steps[:, 0].copy(), steps[:, 1].copy()
        return self.line.column(counts, firsts, lasts, codes, list(compress(values, is_used.tolist())))


def decoded(dataset: StoredDataset) -> CertifiedDataset:
    """Read a dataset's texts."""
    attributes = (_read(dataset.dataset_attributes), _read(dataset.rr_attributes), _read(dataset.oms_attributes))
    columns = LumisectionColumns.decode(dataset.rr, dataset.oms)
    return CertifiedDataset(dataset.run_number, dataset.name, *attributes, columns)


def _flat(lists: Sequence[Sequence[int]], bases: IntArray) -> tuple[IntArray, IntArray]:
    """Return the number of steps of each dataset, and all steps: first, last, index among the values of all datasets."""
    lengths = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    steps = np.fromiter(chain.from_iterable(lists), dtype=np.int64, count=int(lengths.sum())).reshape(-1, 3)
    steps[:, 2] += np.repeat(bases, lengths // 3)
    return lengths // 3, steps
