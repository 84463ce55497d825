"""The measurements, each in a process of its own so that one does not warm up the next; `run.py` calls them.

Writes one JSON object into a file, because the functions print for people: seconds (lists of repetitions), counts, and the most
memory that the process had.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

REPETITIONS = 7


def repeated(work: Callable[[], Any], times: int = REPETITIONS) -> list[float]:
    """Seconds of each repetition."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return seconds


def load(lumisections: str) -> dict[str, Any]:
    """Load OMS lumisections into a new registry: reading, classification, storing."""
    from runregistry.local import default_database
    from runregistry.server import ensure_settings, load_files
    from runregistry.store import Store

    begun = time.perf_counter()
    with Store(default_database()) as store:
        ensure_settings(store, None)
        loaded = load_files(store, lumisections=lumisections)
    return {"seconds": [time.perf_counter() - begun], "runs": loaded.created, "lumisections": loaded.lumisections}


def ask() -> dict[str, Any]:
    """Ask an embedded registry for all of its runs, with the official function."""
    import runregistry

    runregistry.setup("embedded")
    first = repeated(lambda: runregistry.get_runs(filter={}), 1)
    return {
        "first": first,
        "seconds": repeated(lambda: runregistry.get_runs(filter={})),
        "runs": len(runregistry.get_runs(filter={})),
    }


def certify() -> dict[str, Any]:
    """Have the JSON portal of an embedded registry make a golden JSON, with its statistics, with the official function."""
    import runregistry
    from runregistry import LumiMask
    from runregistry.cli.demo_data import dcs_only_rule

    def make() -> Any:
        return runregistry.create_json(json_logic=dcs_only_rule(), dataset_name_filter="online")

    runregistry.setup("embedded")
    first = repeated(make, 1)
    golden = LumiMask.from_json(make()["generated_json"])
    return {"first": first, "seconds": repeated(make), "runs": golden.n_runs, "lumisections": golden.n_lumisections}


def evaluate() -> dict[str, Any]:
    """Evaluate the rule of a golden JSON in columns, and lumisection by lumisection with the evaluator that defines right."""
    from runregistry.cli.demo_data import dcs_only_rule
    from runregistry.local import default_database
    from runregistry.logic import parse_rule
    from runregistry.server.services.certified import CertifiedDatasets
    from runregistry.store import Store

    rule = parse_rule(dcs_only_rule())
    with Store(default_database()) as store, store.reading() as connection:
        snapshot = CertifiedDatasets(store).snapshot(connection, ["online"])
        datasets = list(snapshot.datasets())
    documents = [list(_documents(dataset)) for dataset in datasets]

    def slowly() -> list[list[list[int]]]:
        return [_ranges([number for number, document in each if rule.is_true(document)]) for each in documents]

    columns, slow = repeated(lambda: snapshot.evaluate(rule)), repeated(slowly, 3)
    if snapshot.evaluate(rule) != slowly():
        raise SystemExit("the two evaluators differ: no figure of theirs means anything")
    return {"seconds": columns, "slow": slow, "datasets": len(datasets), "lumisections": sum(map(len, documents))}


def _documents(dataset: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """The documents that a rule sees, by lumisection number."""
    from runregistry.model.summary import certified_ranges

    oms: dict[int, dict[str, Any]] = {}
    rr: dict[int, dict[str, Any]] = {}
    for name, steps in dataset.columns.oms.items():
        for first, last, value in steps:
            for number in range(first, last + 1):
                oms.setdefault(number, {})[name] = value
    for name, steps in dataset.columns.rr.items():
        for first, last, value in steps:
            for number in range(first, last + 1):
                rr.setdefault(number, {})[name] = value["status"]
    run = {"oms": dataset.oms_attributes, "rr": dataset.rr_attributes, "run_number": dataset.run_number}
    about = {**dataset.dataset_attributes, "name": dataset.name}
    for first, last in certified_ranges(dataset.columns):
        for number in range(first, last + 1):
            seen = {"lumisection_number": number, "oms": oms.get(number, {}), "rr": rr.get(number, {})}
            yield number, {"dataset": about, "run": run, "lumisection": seen}


def _ranges(numbers: Sequence[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges


def peak_mb() -> float | None:
    """The most memory that this process had, in MB (10⁶ bytes); None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


MEASURES: dict[str, Callable[..., dict[str, Any]]] = {"load": load, "ask": ask, "certify": certify, "evaluate": evaluate}

if __name__ == "__main__":
    name, into, *arguments = sys.argv[1:]
    answer = MEASURES[name](*arguments) | {"peak_mb": peak_mb()}
    Path(into).write_text(json.dumps(answer), encoding="utf-8")
