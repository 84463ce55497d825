"""The engine on a generated year, against json-logic-js and against the evaluator that defines what is right.

Every measurement has a process of its own; called by ``run.py --engine``. What is compared is checked to be equal first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
JSON_LOGIC_JS = "json-logic-js@2.0.5"
SAMPLE = 40
LARGE = (20_000, 800)


def generate(database: str) -> dict[str, Any]:
    """Fill a registry with the year, and compare some of it with what the store would make."""
    from generator import spot_check
    from year import Size, fill

    from runregistry.store import Store

    with Store(database) as store:
        fill(store, Size())
        spot_check(store)
    return {"mb": Path(database).stat().st_size / 1e6}


def export(database: str, path: str) -> dict[str, Any]:
    """Write the datasets of the year for Node, a line each."""
    with open(path, "w", encoding="utf-8") as stream:
        stream.writelines(f"[{row.run_number},{json.dumps(row.name)},{','.join(row[2:])}]\n" for row in _stored_rows(database))
    return {}


def cold(database: str) -> dict[str, Any]:
    """From opening the database to the ranges of every dataset; nothing of it is in memory, and nothing kept beside it."""
    from measures import repeated
    from year import NAME, RULE

    from runregistry.engine import Snapshot
    from runregistry.logic import parse_rule
    from runregistry.server.services.certified import CertifiedDatasets
    from runregistry.store import Store

    rule = parse_rule(RULE)

    def snapshot(**where: Any) -> Snapshot:
        with Store(database) as store, store.reading() as connection:
            return CertifiedDatasets(store, **where).snapshot(connection, [NAME], rule)

    def times(what: str, n: int, **where: Any) -> list[float]:
        return repeated(lambda: getattr(snapshot(**where), what)(rule), n)

    first, seconds = times("evaluate", 1, folder=None), times("evaluate", 5, folder=None)
    golden = times("golden", 3, folder=None)
    snapshot().golden(rule)
    return {"first": first, "seconds": seconds, "golden": golden, "kept": times("evaluate", 5), "kept_golden": times("golden", 5)}


def warm(database: str) -> dict[str, Any]:
    """Again and again on one snapshot: ranges as arrays and as lists, golden JSON, statistics; and one by one, on a sample."""
    from measures import _documents, _ranges, repeated
    from year import RULE

    from runregistry.engine import Snapshot
    from runregistry.engine.evaluate import passing
    from runregistry.engine.stored import Stored
    from runregistry.logic import parse_rule

    rule = parse_rule(RULE)
    year = Snapshot(Stored(list(_stored_rows(database))))
    ranges = year.evaluate(rule)
    year.golden(rule)
    ours = {
        "arrays": repeated(lambda: passing(rule, year), 31),
        "lists": repeated(lambda: year.evaluate(rule), 31),
        "golden": repeated(lambda: year.golden(rule)),
        "statistics": repeated(lambda: year.statistics(rule)),
    }
    # Only now: the garbage collector walks through all these documents whenever it likes.
    sample = [list(_documents(year.dataset(position))) for position in range(SAMPLE)]

    def slowly() -> list[list[list[int]]]:
        return [_ranges([number for number, document in each if rule.is_true(document)]) for each in sample]

    if slowly() != ranges[:SAMPLE]:
        raise SystemExit("the two evaluators differ: no figure of theirs means anything")
    passed = [[int(run), *pair] for run, found in zip(year.run_numbers, ranges, strict=True) for pair in found]
    return ours | {
        "slow": repeated(slowly, 3),
        "sample": sum(map(len, sample)),
        "datasets": year.n_datasets,
        "lumisections": year.n_lumisections,
        "read": _n_read(year, rule),
        "passed": passed,
    }


def large() -> dict[str, Any]:
    """Twenty thousand datasets of 800 lumisections."""
    return _warm(_size(*LARGE), 15)


def growth(*size: str) -> dict[str, Any]:
    """The year with so many lumisections in each dataset, and so many times the ranges."""
    return _warm(_size(2000, *map(int, size)), 31)


def _size(*numbers: int) -> Any:
    from year import Size

    return Size(*numbers, with_luminosity=False)


def _warm(size: Any, times: int) -> dict[str, Any]:
    from measures import repeated
    from year import RULE, stored

    from runregistry.engine import Snapshot
    from runregistry.engine.evaluate import passing
    from runregistry.engine.stored import Stored
    from runregistry.logic import parse_rule

    rule = parse_rule(RULE)
    year = Snapshot(Stored(list(stored(size))))
    year.evaluate(rule)
    return {
        "arrays": repeated(lambda: passing(rule, year), times),
        "lists": repeated(lambda: year.evaluate(rule), times),
        "lumisections": year.n_lumisections,
        "read": _n_read(year, rule),
    }


def _n_read(year: Any, rule: Any) -> int:
    """How many ranges the columns have that the rule reads."""
    from runregistry.engine.sources import is_column, sources_of

    return sum(len(year.column(source).starts) for source in sources_of(rule.paths) if is_column(source))


def _stored_rows(database: str) -> Iterator[Any]:
    from year import NAME

    from runregistry.store import Store

    with Store(database) as store, store.reading() as connection:
        keys = list(store.records.certified_versions(connection, [NAME]))
        yield from sorted(store.records.certified(connection, keys))


def node(folder: Path, rows: Path) -> dict[str, Any] | None:
    """Have json-logic-js evaluate every lumisection; None without Node or the library."""
    from year import RULE

    if not (shutil.which("node") and shutil.which("npm")):
        return None
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), JSON_LOGIC_JS]
    if subprocess.run(install, capture_output=True).returncode:
        return None
    command = ["node", str(HERE / "golden.js"), str(folder), str(rows), json.dumps(RULE)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer


def measure(name: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """Run a measurement in a process of its own."""
    answer = folder / "answer.json"
    subprocess.run([sys.executable, str(HERE / "engine.py"), name, str(answer), *arguments], check=True)
    result: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return result


def engine_table(folder: Path) -> str:
    """Measure everything; return it as Markdown."""
    from run import Row, faster, seconds, table

    database, rows = str(folder / "year.sqlite"), folder / "year.jsonl"
    measure("generate", folder, database)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"
    cold_, warm_, large_ = measure("cold", folder, database), measure("warm", folder, database), measure("large", folder)
    measure("export", folder, database, str(rows))
    javascript = node(folder, rows)
    if javascript and javascript["passed"] != warm_["passed"]:
        raise SystemExit("json-logic-js passes other lumisections: no figure means anything")
    by_size = {size: measure("growth", folder, *map(str, size)) for size in _SIZES}
    one_by_one = [each * warm_["lumisections"] / warm_["sample"] for each in warm_["slow"]]
    lists = warm_["lists"]
    what = f"{warm_['datasets']:,} datasets, {warm_['lumisections']:,} lumisections, the rule reads {warm_['read']:,} ranges"
    lines = [
        Row(f"cold: {what}", seconds(cold_["seconds"]), "goal < 1 s"),
        Row("… with all imports, in a fresh process", seconds(cold_["first"])),
        Row("… golden JSON and luminosities", seconds(cold_["golden"])),
        Row("… with the columns kept beside the database", seconds(cold_["kept"])),
        Row("… golden JSON with them", seconds(cold_["kept_golden"])),
        Row("… most memory", _mb(cold_), "goal < 1 GB"),
        Row("warm: ranges of every dataset, as arrays", seconds(warm_["arrays"]), "goal < 10 ms"),
        Row("… as lists", seconds(lists), "goal < 10 ms"),
        Row("… golden JSON: by run, by dataset, what failed, luminosities", seconds(warm_["golden"])),
        Row("… statistics: what each clause loses", seconds(warm_["statistics"])),
        _against_javascript(javascript, lists),
        Row(
            f"… against one by one, from {warm_['sample']:,} lumisections extrapolated",
            seconds(lists),
            seconds(one_by_one),
            faster(one_by_one, lists),
        ),
        Row(f"warm: {LARGE[0]:,} datasets, {large_['lumisections']:,} lumisections", seconds(large_["arrays"]), "goal < 50 ms"),
        Row("… as lists", seconds(large_["lists"])),
        Row("… most memory", _mb(large_), "goal < 1 GB"),
    ]
    growing = [
        Row(f"{found['lumisections']:,} lumisections, {found['read']:,} ranges read", seconds(found["arrays"]))
        for found in by_size.values()
    ]
    return f"Load average before it began: {load}.\n\n{table(lines)}\n\nGrowth, warm, as arrays:\n\n{table(growing)}"


_SIZES = ((500, 1), (2000, 1), (8000, 1), (500, 4), (500, 16))


def _against_javascript(javascript: dict[str, Any] | None, lists: list[float]) -> Any:
    from run import Row, seconds

    if javascript is None:
        return Row("… against json-logic-js", seconds(lists), "Node or the library is missing")
    ratio = javascript["seconds"] / median(lists)
    what = f"… against json-logic-js, all {javascript['lumisections']:,} lumisections, Node's own clock"
    return Row(what, seconds(lists), f"{seconds([javascript['seconds']])}, goal ≥ 3,000 ×", f"{ratio:,.0f} ×")


def _mb(result: dict[str, Any]) -> str:
    return f"{result['peak_mb']:.0f} MB" if result["peak_mb"] is not None else "not known here"


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {
    each.__name__: each for each in (generate, export, cold, warm, large, growth)
}

if __name__ == "__main__":
    from measures import peak_mb

    begun = time.perf_counter()
    name, into, *arguments = sys.argv[1:]
    made = MEASURES[name](*arguments)
    print(f"… {name} {' '.join(arguments[1:])} took {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    Path(into).write_text(json.dumps(made | {"peak_mb": peak_mb()}), encoding="utf-8")
