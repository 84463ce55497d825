"""Attributes of datasets and of their runs, kept as JSON texts; only the keys that a rule reads are decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from runregistry.engine.sources import ABSENT, Source, dataset_value
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.model.picking import pick_attributes

__all__ = ["FIELDS", "AttributeTexts"]

# Where the text of a source's family is.
FIELDS: dict[Source, str] = {("run", "oms"): "oms_attributes", ("run", "rr"): "rr_attributes", ("dataset",): "dataset_attributes"}
_decode = msgspec.json.decode


class AttributeTexts:
    """The attributes of many datasets.

    Parameters
    ----------
    run_numbers, names : sequence
        Of each dataset.
    texts : callable
        Returns the text of each dataset for one of `FIELDS`: a JSON object.
    """

    def __init__(self, run_numbers: Sequence[int], names: Sequence[str], texts: Callable[[str], Sequence[str]]) -> None:
        self._run_numbers = run_numbers
        self._names = names
        self._texts = texts

    def values(self, sources: Sequence[Source]) -> list[list[Any]]:
        """Return, for each source that is the same all over a dataset, the value of each dataset, or `ABSENT`."""
        found: dict[Source, list[Any]] = {("dataset", "name"): list(self._names), ("run", "run_number"): list(self._run_numbers)}
        for family, field in FIELDS.items():
            single = [source for source in sources if source[:-1] == family and source not in FIELDS and source not in found]
            if single:
                picked = pick_attributes(self._texts(field), [source[-1] for source in single], ABSENT)
                found |= zip(single, picked, strict=True)
        several = [source for source in sources if source not in found]
        bare = list(map(self.bare, range(len(self._names)))) if several else []
        found |= {source: [dataset_value(source, dataset) for dataset in bare] for source in several}
        return [found[source] for source in sources]

    def bare(self, position: int) -> CertifiedDataset:
        """Return a dataset without its lumisections."""
        oms, rr, own = (_decode(self._texts(field)[position]) for field in FIELDS.values())
        return CertifiedDataset(self._run_numbers[position], self._names[position], own, rr, oms, LumisectionColumns())

    def keys(self) -> dict[str, set[str]]:
        """Return the names of all attributes, by what they belong to: ``run.oms``, ``run.rr``, ``dataset``."""
        return {
            ".".join(family): {key for text in self._texts(field) for key in _decode(text)} for family, field in FIELDS.items()
        }
