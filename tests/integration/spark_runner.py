"""Evaluates rules on Spark, in a process of its own: reads a job from its input, writes the answers."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from io import StringIO
from typing import Any

from pyspark.sql import SparkSession

from runregistry.distributed import evaluate_with_spark, golden_with_spark, results_with_spark
from runregistry.errors import UsageError

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    # Wait for both workers, so that both get work.
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.cores.max": "2",
    "spark.log.level": "ERROR",
}


def main() -> None:
    """Do the job: the examples of a page, then a session on a master. Only the first has to load Java."""
    job = json.load(sys.stdin)
    printed = printed_by(job["page"])
    print(json.dumps({"printed": printed, **session(job["master"], job["cases"])}))


def session(master: str, cases: list[list[Any]]) -> dict[str, Any]:
    """Answer some cases, and count the parts that the work of the first has, and the processes beside this one that do it."""
    builder = SparkSession.builder.master(master).appName("tests")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    answers = [answer(spark, *case) for case in cases]
    context: Any = spark.sparkContext
    executors = context._jsc.sc().getExecutorMemoryStatus().size() - 1
    parts = results_with_spark(True, cases[0][2], spark).rdd.getNumPartitions()
    spark.stop()
    return {"answers": answers, "executors": executors, "parts": parts}


def printed_by(page: str) -> list[str]:
    """Run the Python of a page of the documentation, which starts and stops Spark itself; return the lines that it prints."""
    with redirect_stdout(StringIO()) as out:
        exec(compile(page, "page", "exec"), {"__name__": "page"})
    return out.getvalue().splitlines()


def answer(spark: SparkSession, what: str, rule: Any, path: Any) -> Any:
    """Return a golden JSON, a mask or the number of rows of each run; or how it failed."""
    if what == "rows":
        rows = spark.read.parquet(path).where("run_block = 350000").groupBy("run_number").count().collect()
        return {str(row["run_number"]): row["count"] for row in sorted(rows)}
    try:
        return (
            asdict(golden_with_spark(rule, path, spark)) if what == "golden" else evaluate_with_spark(rule, path, spark).to_dict()
        )
    except UsageError as failure:
        return {"class": type(failure).__name__, "message": str(failure), "path": getattr(failure, "path", None)}


if __name__ == "__main__":
    main()
