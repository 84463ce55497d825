"""Rules on Dask and on Spark: what they find is what the engine finds on one machine, and what the slow evaluator finds."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest
from tests.conftest import ROOT
from tests.docs import promised, python_of
from tests.spark import run_program, standalone_cluster
from tests.unit.engine.making import evaluate_slowly, make_dataset

from runregistry import testing
from runregistry.distributed import evaluate_with_dask, golden_with_dask
from runregistry.engine import GoldenJSON, Snapshot
from runregistry.errors import LogicError, UsageError
from runregistry.export import export_parquet
from runregistry.logic import parse_rule
from runregistry.lumis import LumiMask
from runregistry.model import CertifiedDataset

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
dask = pytest.importorskip("dask")

RUNNER = Path(__file__).with_name("spark_runner.py")
PAGE = ROOT / "docs" / "distributed.md"
PROMPT = "/PromptReco/Collisions2018/DQM"
LUMINOSITIES = [f"total_{name}_luminosity" for name in ("recorded", "delivered")]
LUMINOSITIES += [f"{name}_luminosity_in_json" for name in ("recorded", "delivered")]


def good(component: str) -> dict[str, Any]:
    return {"==": [{"var": f"lumisection.rr.{component}"}, "GOOD"]}


RULES: dict[str, Any] = {
    "as for a golden JSON": {
        "and": [
            {">=": [{"var": "run.oms.energy"}, 6000]},
            {"in": ["25ns", {"var": "run.oms.injection_scheme"}]},
            good("dt-dt"),
            {"or": [good("csc-csc"), good("gem-gem")]},
            {"==": [{"var": "lumisection.oms.cms_active"}, True]},
        ]
    },
    "a component of one year only": good("gem-gem"),
    "null is less than a number": {"<=": [{"var": "lumisection.oms.odd"}, 1]},
    "a path that is nowhere": {"==": [{"var": "lumisection.rr.nowhere"}, None]},
    "if": {"if": [{"==": [{"var": "run.rr.class"}, "Collisions18"]}, good("dt-dt"), good("csc-csc"), True, False]},
    "some": {"some": [{"var": "run.oms.components"}, {"==": [{"var": ""}, "DT"]}]},
    "filter": {"filter": [{"var": ["lumisection.oms.odd", []]}, {">": [{"var": ""}, 1]}]},
    "missing": {"missing": ["lumisection.rr.gem-gem", "lumisection.oms.odd", "run.oms.b_field"]},
    "the whole lumisection": {"in": ["gem", {"cat": [{"var": "lumisection.rr"}, {"var": "lumisection.rr.gem-gem"}]}]},
    "a computed path": {"==": [{"var": {"cat": ["lumisection.rr.", "dt-dt"]}}, "BAD"]},
    "numbers of lumisections and runs": {
        "<": [{"%": [{"var": "lumisection.lumisection_number"}, 7]}, {"%": [{"var": "run.run_number"}, 5]}]
    },
    "the name of the dataset": {"in": ["Prompt", {"var": "dataset.name"}]},
    "luminosity": {">": [{"var": "lumisection.oms.recorded"}, 0.5]},
    "everything": True,
    "nothing": False,
}
# Dask is asked all of them. Starting Spark is slow, and each question costs it half a second or more.
ON_WORKERS = [*RULES][::3]
FAILS = {"or": [{"<": [{"var": "run.run_number"}, 315150]}, {"*": []}]}

Expected: TypeAlias = Callable[[Any], GoldenJSON]


class Data(NamedTuple):
    """Datasets, and where they are: as files in folders by year."""

    datasets: list[CertifiedDataset]
    folder: Path


def steps(chance: random.Random, n: int, values: list[Any]) -> list[tuple[int, int, Any]]:
    """A value over all lumisections, and others over some."""
    some = [
        (first, min(n, first + chance.randrange(20)), chance.choice(values)) for first in chance.choices(range(1, n + 1), k=3)
    ]
    return [(1, n, values[0]), *some]


def random_dataset(chance: random.Random, run_number: int, name: str, muon: str) -> CertifiedDataset:
    n = chance.randrange(30, 90)
    statuses = {component: steps(chance, n, ["GOOD", "BAD", "STANDBY"]) for component in ("dt-dt", muon)}
    attributes = {
        "energy": chance.choice([6500, "6800", None, 450]),
        "injection_scheme": chance.choice(["25ns_2352b", "50ns", None]),
        "components": chance.choice([["DT", "CSC"], ["CSC"], [], None]),
    }
    return make_dataset(
        run_number,
        name,
        rr=statuses,
        oms={
            "cms_active": steps(chance, n - 3, [True, False]),
            "odd": steps(chance, n // 2, [None, 0, "1", [1, 2], {"a": None}, 1.5, ""]),
            "recorded": [(number, number, chance.random()) for number in range(1, n + 1)],
            "delivered": [(number, number, f"{chance.random():.4f}") for number in range(1, n - 1)],
        },
        run={key: value for key, value in attributes.items() if value is not None or chance.random() < 0.5},
        run_rr={"class": chance.choice(["Collisions18", "Cosmics18"])},
        attributes={"dt_state": "OPEN"},
    )


@pytest.fixture(scope="module", name="data")
def _data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Some 200 datasets of two years, whose files have different columns; several datasets of some runs; small groups of rows."""
    folder, chance, everything = tmp_path_factory.mktemp("years"), random.Random(5), []
    for year, first_run, muon in ((2018, 315000, "csc-csc"), (2022, 355000, "gem-gem")):
        runs = range(first_run, first_run + 240, 4)
        keys = [(run, name) for run in runs for name in (("online", PROMPT) if run % 3 else ("online",))]
        datasets = [random_dataset(chance, run_number, name, muon) for run_number, name in keys]
        datasets.append(make_dataset(first_run + 999, "online"))  # has no lumisection
        (folder / f"year={year}").mkdir()
        for number, part in enumerate((datasets[:50], datasets[50:])):
            path = folder / f"year={year}" / f"{number}.parquet"
            pq.write_table(Snapshot.of(part).to_arrow(), path, row_group_size=30)
        everything += datasets
    return Data(everything, folder)


@pytest.fixture(scope="module", name="expected")
def _expected(data: Data) -> Expected:
    """What one machine finds, with everything in memory."""
    snapshot = Snapshot.of(data.datasets)
    return lambda rule: snapshot.golden(parse_rule(rule))


def assert_equal(found: GoldenJSON, expected: GoldenJSON) -> None:
    """Ranges are the same; luminosities are sums in another order."""
    one, other = asdict(found), asdict(expected)
    for name in LUMINOSITIES:
        assert one.pop(name) == pytest.approx(other.pop(name), rel=1e-12, abs=1e-12), name
    assert one == other


@pytest.fixture(scope="module", params=["synchronous", "threads"], name="_scheduler")
def _dask_scheduler(request: pytest.FixtureRequest) -> Iterator[None]:
    with dask.config.set(scheduler=request.param):
        yield


class Spark(NamedTuple):
    """What Spark answered on a master with two workers: golden JSONs by the name of the rule, and the rest by what it is.

    What the page of the documentation printed, which is on Spark in one process, stands beside it.
    """

    golden: dict[str, GoldenJSON]
    others: dict[str, Any]
    executors: int
    parts: int
    printed: list[str]


@pytest.fixture(scope="module", name="exported")
def _exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ranges of a few runs, as `runregistry export` writes them."""
    with testing.server(sample=True) as server, server.client() as client:
        return export_parquet(client, tmp_path_factory.mktemp("exports") / "all", tables=("ranges",)).folder / "ranges"


@pytest.fixture(scope="module", name="spark")
def _spark(data: Data, exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Spark:
    """Everything is asked by one process: starting Spark takes most of the time."""
    folder, path = tmp_path_factory.mktemp("spark"), str(data.folder)
    pq.write_table(pa.table({"run": [1]}), folder / "flat.parquet")
    shutil.copy(next(data.folder.rglob("*.parquet")), folder / "copy.parquet")
    others = {
        "mask": ("mask", json.dumps(RULES[ON_WORKERS[0]]), path),
        "fails": ("golden", FAILS, path),
        "missing": ("mask", True, str(folder / "nowhere.parquet")),
        "flat": ("mask", True, str(folder / "flat.parquet")),
        "twice": ("mask", True, [path, str(folder / "copy.parquet")]),
        "rows": ("rows", None, str(exported)),
    }
    cases = [*(("golden", RULES[name], path) for name in ON_WORKERS), *others.values()]
    with standalone_cluster(folder) as master:
        job = json.dumps({"page": python_of(PAGE), "master": master, "cases": cases})
        printed = run_program(RUNNER, job, folder, PYSPARK_SUBMIT_ARGS="--master local[2] pyspark-shell")
    done = json.loads(printed.splitlines()[-1])
    answers = iter(done.pop("answers"))
    golden = {name: GoldenJSON(**next(answers)) for name in ON_WORKERS}
    return Spark(golden, dict(zip(others, answers, strict=True)), **done)


def test_the_engine_itself_is_right_about_these_rules(data: Data, expected: Expected) -> None:
    few = data.datasets[::9]
    for rule in map(parse_rule, RULES.values()):
        assert Snapshot.of(few).evaluate(rule) == evaluate_slowly(rule, few)


@pytest.mark.usefixtures("_scheduler")
@pytest.mark.parametrize("name", RULES)
def test_dask_finds_what_one_machine_finds(name: str, data: Data, expected: Expected) -> None:
    golden = golden_with_dask(RULES[name], data.folder)
    assert_equal(golden, expected(RULES[name]))
    assert evaluate_with_dask(json.dumps(RULES[name]), data.folder) == LumiMask(golden.generated_json)


def test_a_dask_cluster_of_two_processes_finds_it_too(data: Data, expected: Expected) -> None:
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster, distributed.Client(cluster) as client:
        for name in ON_WORKERS[::2]:
            assert_equal(golden_with_dask(RULES[name], data.folder, client=client), expected(RULES[name]))
        with pytest.raises(LogicError):
            evaluate_with_dask(FAILS, data.folder, client=client)


@pytest.mark.parametrize("name", ON_WORKERS)
def test_two_spark_workers_find_what_one_machine_finds(name: str, spark: Spark, expected: Expected) -> None:
    assert_equal(spark.golden[name], expected(RULES[name]))


def test_the_mask_of_spark_is_what_its_golden_json_has(spark: Spark) -> None:
    assert spark.others["mask"] == LumiMask(spark.golden[ON_WORKERS[0]].generated_json).to_dict() != {}


def test_spark_and_dask_agree_to_the_last_bit(spark: Spark, data: Data) -> None:
    for name, golden in spark.golden.items():
        assert golden == golden_with_dask(RULES[name], data.folder)


def test_the_work_is_divided_between_two_spark_workers(spark: Spark) -> None:
    assert spark.executors == 2
    assert spark.parts >= 2


def test_spark_reads_what_a_registry_is_exported_to(spark: Spark, exported: Path) -> None:
    numbers = pq.read_table(exported)["run_number"].to_pylist()
    assert spark.others["rows"] == {str(number): numbers.count(number) for number in sorted(set(numbers))} != {}


def test_a_rule_that_fails_on_a_spark_executor_fails_as_here(spark: Spark, expected: Expected) -> None:
    with pytest.raises(LogicError) as failure:
        expected(FAILS)
    assert spark.others["fails"] == {"class": "LogicError", "message": str(failure.value), "path": failure.value.path}


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("missing", r"Spark can't read \S+/nowhere.parquet: .*PATH_NOT_FOUND"),
        ("flat", r"flat.parquet has no column 'run_number'"),
        ("twice", r"^\d+-\S+ is there twice"),
    ],
)
def test_what_spark_can_not_use_is_named(case: str, message: str, spark: Spark) -> None:
    assert spark.others[case]["class"] == "UsageError"
    assert re.search(message, spark.others[case]["message"])


def test_a_rule_that_fails_on_a_dask_worker_fails_as_here(data: Data, expected: Expected) -> None:
    with pytest.raises(LogicError) as here:
        expected(FAILS)
    with pytest.raises(LogicError) as there:
        evaluate_with_dask(FAILS, data.folder)
    assert (str(there.value), there.value.path) == (str(here.value), here.value.path)


def test_a_wrong_rule_is_refused_before_anything_is_read() -> None:
    with pytest.raises(LogicError, match="Unrecognized operation equal"):
        evaluate_with_dask({"equal": [1, 1]}, "nowhere.parquet")


def test_files_may_be_named_one_by_one_or_by_uri(data: Data, expected: Expected) -> None:
    files = sorted(data.folder.rglob("*.parquet"))
    everything = LumiMask(expected(True).generated_json)
    assert evaluate_with_dask(True, files) == everything
    assert evaluate_with_dask(True, data.folder.as_uri()) == everything
    assert evaluate_with_dask(True, [files[0].as_uri(), *files[1:]]) == everything


def test_a_dataset_in_two_files_is_refused(data: Data) -> None:
    file = next(data.folder.rglob("*.parquet"))
    with pytest.raises(UsageError, match=r"^\d+-\S+ is there twice"):
        evaluate_with_dask(True, [file, file])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "nowhere.parquet", "can't read .*nowhere.parquet: .*No such file"),
        (lambda folder: folder, "holds no file whose name ends in .parquet"),
        (lambda folder: [], "no file is named"),
        (lambda folder: "gopher://there/2018.parquet", "can't look for files in gopher://there"),
    ],
    ids=["missing", "empty folder", "none", "unknown scheme"],
)
def test_what_can_not_be_read_is_named(make: Callable[[Path], Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        evaluate_with_dask(True, make(tmp_path))


def test_a_file_without_a_row_a_dataset_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"run": [1], "dataset_name": ["online"]}), tmp_path / "flat.parquet")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match=r"flat.parquet has no column 'run_number'"):
        evaluate_with_dask(True, tmp_path / "flat.parquet")
    with pytest.raises(UsageError, match=r"cut.parquet is no Parquet file, or cut off"):
        evaluate_with_dask(True, tmp_path / "cut.parquet")


def test_nothing_at_all_passes_of_no_datasets(tmp_path: Path) -> None:
    Snapshot.of([]).write(tmp_path / "empty.parquet")
    golden = golden_with_dask(True, tmp_path)
    assert (golden.generated_json, golden.min_run_number, golden.total_recorded_luminosity) == ({}, None, 0)


def test_the_page_about_it_does_what_it_says(spark: Spark) -> None:
    assert spark.printed == promised(python_of(PAGE)) != []
