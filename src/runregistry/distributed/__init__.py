"""Rules over Parquet on a cluster that is there already: Dask and Spark, for those who outgrow one machine.

Both read files with a row a dataset (`runregistry.engine.parquet` describes them), evaluate the rule where the rows are, with the
columns and the code of `runregistry.engine`, and send back ranges. Nothing is shuffled: a dataset never needs another one.
"""

from runregistry.distributed.kernel import evaluate_rows
from runregistry.distributed.with_dask import evaluate_with_dask, golden_with_dask, results_with_dask
from runregistry.distributed.with_spark import evaluate_with_spark, golden_with_spark, results_with_spark

__all__ = [
    "evaluate_rows",
    "evaluate_with_dask",
    "evaluate_with_spark",
    "golden_with_dask",
    "golden_with_spark",
    "results_with_dask",
    "results_with_spark",
]
