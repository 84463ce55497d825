"""A registry as Parquet files: runs, datasets and ranges, for pandas, polars, DuckDB, Spark and whatever reads Parquet."""

from runregistry.export.tables import TABLES
from runregistry.export.writing import Exported, export_parquet

__all__ = ["TABLES", "Exported", "export_parquet"]
