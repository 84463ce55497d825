"""Old import path: the attribute names that the official client accepts in filters, as tuples."""

from __future__ import annotations

from runregistry.terms.attributes import DATASET_ATTRIBUTES, OMS_NAMES, RUN_ATTRIBUTES
from runregistry.terms.components import DATASET_COMPONENTS, RUN_COMPONENTS

__all__ = [
    "dataset_attributes",
    "dataset_table_attributes",
    "dataset_triplet_attributes",
    "run_oms_attributes",
    "run_rr_attributes",
    "run_table_attributes",
    "run_triplet_attributes",
]

# compat: one name and not a tuple of one, as in every official release.
run_table_attributes = "run_number"
run_triplet_attributes = RUN_COMPONENTS
run_rr_attributes = tuple(name for name, row in RUN_ATTRIBUTES.items() if row.source == "rr")
run_oms_attributes = OMS_NAMES
dataset_table_attributes = tuple(name for name, row in DATASET_ATTRIBUTES.items() if row.source == "table")
dataset_attributes = tuple(name for name, row in DATASET_ATTRIBUTES.items() if row.source == "rr")
dataset_triplet_attributes = DATASET_COMPONENTS
