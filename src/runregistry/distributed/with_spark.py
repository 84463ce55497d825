"""Rules on Spark: its executors hand their rows to Python as Arrow batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from runregistry.distributed.columns import check_columns, needed_columns
from runregistry.distributed.files import Paths, as_texts
from runregistry.distributed.gathering import checked, to_golden, to_mask
from runregistry.distributed.kernel import evaluate_rows
from runregistry.distributed.rules import RuleLike, parse_sent, to_sent
from runregistry.engine import GoldenJSON
from runregistry.engine.arrow import import_arrow
from runregistry.errors import MissingExtraError, UsageError
from runregistry.lumis import LumiMask

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["evaluate_with_spark", "golden_with_spark", "results_with_spark"]

# `result_schema`, as Spark writes it.
_SCHEMA = (
    "run_number bigint, dataset_name string,"
    " passing array<struct<first: int, last: int>>, failing array<struct<first: int, last: int>>,"
    " total_recorded_luminosity double, total_delivered_luminosity double,"
    " recorded_luminosity_in_json double, delivered_luminosity_in_json double, failure string, failure_path string"
)
# Components differ from year to year; folders by year are folders, not a column.
_OPTIONS = {"mergeSchema": "true", "recursiveFileLookup": "true", "pathGlobFilter": "*.parquet"}


def evaluate_with_spark(rule: RuleLike, path: Paths, spark: SparkSession | None = None) -> LumiMask:
    """Find the lumisections that pass a rule, on a Spark cluster.

    Parameters
    ----------
    rule : Rule, decoded JSON or JSON text
        Any rule, as for `Snapshot.evaluate`.
    path : path, or sequence of paths
        Parquet files with a row a dataset, named ``….parquet``, or folders of such; whatever Spark can read.
    spark : pyspark.sql.SparkSession, optional
        The session; otherwise the one that there is, or a new one with the settings that Spark finds.

    Returns
    -------
    LumiMask
        Of several datasets of a run the union.

    Raises
    ------
    LogicError
        The rule is none, or fails at some lumisection.
    UsageError
        There is no such file, it is no Parquet file with a row a dataset, or a dataset is there twice.
    MissingExtraError
        pyspark is not installed.

    Notes
    -----
    Executors must be able to import this package: docs/distributed.md says how.
    """
    return to_mask(_gather(results_with_spark(rule, path, spark, luminosity=False)))


def golden_with_spark(rule: RuleLike, path: Paths, spark: SparkSession | None = None) -> GoldenJSON:
    """Find what passes a rule and what does not, with luminosities, on a Spark cluster: what `Snapshot.golden` finds.

    Parameters, exceptions
        Those of `evaluate_with_spark`.
    """
    return to_golden(_gather(results_with_spark(rule, path, spark)))


def results_with_spark(rule: RuleLike, path: Paths, spark: SparkSession | None = None, *, luminosity: bool = True) -> DataFrame:
    """Prepare the work, for those who go on with its results on the cluster, or write them there.

    Parameters
    ----------
    luminosity : bool
        False leaves luminosities out, which saves reading them: they come out as 0.

    Returns
    -------
    pyspark.sql.DataFrame
        With the columns of `evaluate_rows`; nothing is evaluated before Spark is asked for them.
    """
    sent, paths = to_sent(rule), as_texts(path)
    frame = _read(spark or _session(), paths)
    columns = needed_columns(parse_sent(sent), frame.columns, luminosity=luminosity)
    # Names have dots, which Spark would take for fields of a struct.
    plain = [f"column_{number}" for number in range(len(columns))]
    chosen = frame.selectExpr(*(f"`{name.replace('`', '``')}` as {to}" for name, to in zip(columns, plain, strict=True)))
    return chosen.mapInArrow(_mapper(sent, columns), _SCHEMA)


def _read(spark: SparkSession, paths: list[str]) -> DataFrame:
    from pyspark.errors import PySparkException

    try:
        frame = spark.read.options(**_OPTIONS).parquet(*paths)
        check_columns(frame.columns, ", ".join(paths))
        return frame
    except PySparkException as error:
        raise UsageError(f"Spark can't read {', '.join(paths)}: {error}") from error


def _mapper(sent: str, columns: list[str]) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def evaluate(batches: Iterator[Any]) -> Iterator[Any]:
        rule, arrow = parse_sent(sent), import_arrow()
        for batch in batches:
            yield from evaluate_rows(rule, arrow.Table.from_batches([batch]).rename_columns(columns)).to_batches()

    return evaluate


def _gather(frame: DataFrame) -> Any:
    return checked(frame.toArrow())


def _session() -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise MissingExtraError("Evaluating rules on Spark", "spark") from error
    return SparkSession.builder.getOrCreate()
