"""Tables: results of the client as data frames of pandas and polars, Arrow tables, CSV and Parquet files."""

from runregistry.client.frames.joining import Joined, concatenate
from runregistry.client.frames.kinds import (
    ACCEPTED,
    CHANGES,
    COMPONENT_RANGES,
    COUNTS,
    CYCLES,
    DATASETS,
    FIELDS,
    HISTORY,
    JOINT_RANGES,
    LUMISECTIONS,
    OMS_LUMISECTIONS,
    OMS_RANGES,
    PLAN,
    RANGES,
    RUNS,
    TAGS,
    Kind,
)
from runregistry.client.frames.rows import ComponentRanges, Rows
from runregistry.client.frames.values import TableWarning

__all__ = [
    "ACCEPTED",
    "CHANGES",
    "COMPONENT_RANGES",
    "COUNTS",
    "CYCLES",
    "DATASETS",
    "FIELDS",
    "HISTORY",
    "JOINT_RANGES",
    "LUMISECTIONS",
    "OMS_LUMISECTIONS",
    "OMS_RANGES",
    "PLAN",
    "RANGES",
    "RUNS",
    "TAGS",
    "ComponentRanges",
    "Joined",
    "Kind",
    "Rows",
    "TableWarning",
    "concatenate",
]
