"""A dataset with everything that a rule may ask about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from runregistry.model.lumisections import LumisectionColumns

__all__ = ["CertifiedDataset"]


class CertifiedDataset(NamedTuple):
    """One dataset of one run, its attributes, its run's attributes, and its lumisections.

    Rules see it as one document per lumisection::

        {"dataset": {…dataset_attributes, "name": name},
         "run": {"oms": oms_attributes, "rr": rr_attributes, "run_number": run_number},
         "lumisection": {"lumisection_number": 7, "oms": {attribute: value}, "rr": {component: status}}}

    Source: the lumisection document of ``/lumisections/get_data_of_json``.
    """

    run_number: int
    name: str
    dataset_attributes: dict[str, Any]
    rr_attributes: dict[str, Any]
    oms_attributes: dict[str, Any]
    columns: LumisectionColumns

    @property
    def key(self) -> str:
        """How JSONs with dataset names call it: ``355100-/PromptReco/Collisions2022/DQM``."""
        return f"{self.run_number}-{self.name}"
