"""Golden JSONs: what the JSON portal makes of a rule and some datasets.

The first phase finds the lumisections that pass and the luminosities; the second says, of everything that does not pass, which
parts of the rule are the cause and how much luminosity they cost. Both work in columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from runregistry.engine.causes import Combinations, find_causes
from runregistry.engine.columns import IntArray
from runregistry.engine.evaluate import Ranges, passing, ranges_of, table_outcomes, the_rest
from runregistry.engine.luminosity import FloatArray
from runregistry.engine.outcome import passes
from runregistry.engine.snapshot import Snapshot
from runregistry.engine.table import Table
from runregistry.engine.truth import Truth
from runregistry.logic import Rule
from runregistry.model import CertifiedDataset

__all__ = ["GoldenJSON", "RuleStatistics", "make_golden", "make_statistics"]

JSONRanges: TypeAlias = dict[str, Ranges]


@dataclass(frozen=True)
class GoldenJSON:
    """What passes a rule, and what does not. The fields are named as in the portal's answer.

    Attributes
    ----------
    generated_json, generated_anti_json : dict of str to list of [first, last]
        By run number; of several datasets of a run the union.
    generated_json_with_dataset_names, generated_anti_json_with_dataset_names : dict of str to list of [first, last]
        By ``run_number-dataset_name``. Without an entry: datasets of which nothing passes (or everything).
    min_run_number, max_run_number : int or None
        Of all datasets, whether or not anything of them passes; None without datasets.
    total_recorded_luminosity, … : float
        Over all lumisections that rules see, and over those that pass.
    """

    generated_json: JSONRanges
    generated_json_with_dataset_names: JSONRanges
    generated_anti_json: JSONRanges
    generated_anti_json_with_dataset_names: JSONRanges
    min_run_number: int | None
    max_run_number: int | None
    total_recorded_luminosity: float
    total_delivered_luminosity: float
    recorded_luminosity_in_json: float
    delivered_luminosity_in_json: float


@dataclass(frozen=True)
class RuleStatistics:
    """What a rule costs. The fields are named as in the portal's answer; rules are named by their compact JSON text.

    Attributes
    ----------
    total_recorded_luminosity_lost, total_delivered_luminosity_lost : float
        Over all lumisections that do not pass.
    rules_flagged_false_quantity_luminosity : dict of str to float
        Recorded luminosity lost to each part of the rule; it counts for every part that is a cause.
    rules_flagged_false_combination_luminosity : dict of str to float
        Recorded luminosity lost to each list of parts that are causes together.
    runs_lumisections_responsible_for_rule : dict of str to dict of str to list of [first, last]
        For each such list the lumisections, by ``run_number-dataset_name``.
    """

    total_recorded_luminosity_lost: float
    total_delivered_luminosity_lost: float
    rules_flagged_false_quantity_luminosity: dict[str, float]
    rules_flagged_false_combination_luminosity: dict[str, float]
    runs_lumisections_responsible_for_rule: dict[str, JSONRanges]


def make_golden(rule: Rule, datasets: Sequence[CertifiedDataset]) -> GoldenJSON:
    """Find what passes a rule: the first phase of the portal.

    Parameters
    ----------
    rule : Rule
        From `runregistry.logic.parse_rule`.
    datasets : sequence of CertifiedDataset
        The denominator, in ascending order of runs. Several datasets of one run are united in the JSONs by run.

    Raises
    ------
    LogicError
        The rule fails at some lumisection.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> from runregistry.model import LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> columns.apply_oms([(1, 9, {"recorded": 0.5, "delivered": "0.75"})])
    >>> dataset = CertifiedDataset(355100, "/PromptReco/Collisions2022/DQM", {}, {}, {}, columns)
    >>> golden = make_golden(parse_rule({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}), [dataset])
    >>> golden.generated_json, golden.generated_anti_json, golden.recorded_luminosity_in_json
    ({'355100': [[1, 3], [6, 9]]}, {'355100': [[4, 5]]}, 3.5)
    """
    return golden_of(rule, Snapshot.of(datasets))


def make_statistics(rule: Rule, datasets: Sequence[CertifiedDataset]) -> RuleStatistics:
    """Find out which parts of a rule keep lumisections from passing: the second phase of the portal.

    Parameters
    ----------
    rule, datasets
        As for `make_golden`.

    Notes
    -----
    Unlike the service, a rule that is neither a comparison nor ``and`` or ``or`` (such as ``if``) has statistics too:
    it is its own cause. A part that fails where the rule as a whole never reaches it counts as not true.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> from runregistry.model import LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> columns.apply_oms([(1, 9, {"recorded": 0.5})])
    >>> dataset = CertifiedDataset(355100, "/PromptReco/Collisions2022/DQM", {}, {}, {}, columns)
    >>> rule = parse_rule({"and": [{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}]})
    >>> make_statistics(rule, [dataset]).rules_flagged_false_quantity_luminosity
    {'{"==":[{"var":"lumisection.rr.dt-dt"},"GOOD"]}': 1.0}
    """
    return statistics_of(rule, Snapshot.of(datasets))


def golden_of(rule: Rule, snapshot: Snapshot) -> GoldenJSON:
    """Do the work of `make_golden`, on a snapshot."""
    line, runs = snapshot.line, snapshot.run_numbers
    passed = passing(rule, snapshot)
    golden, anti = ranges_of(passed, line), ranges_of(the_rest(passed, line), line)
    recorded, delivered = snapshot.luminosity("recorded"), snapshot.luminosity("delivered")
    return GoldenJSON(
        generated_json=_by_run(snapshot, golden),
        generated_json_with_dataset_names=_by_dataset(snapshot, golden),
        generated_anti_json=_by_run(snapshot, anti),
        generated_anti_json_with_dataset_names=_by_dataset(snapshot, anti),
        min_run_number=int(runs.min()) if len(runs) else None,
        max_run_number=int(runs.max()) if len(runs) else None,
        total_recorded_luminosity=recorded.total(line.starts, line.stops),
        total_delivered_luminosity=delivered.total(line.starts, line.stops),
        recorded_luminosity_in_json=recorded.total(*passed),
        delivered_luminosity_in_json=delivered.total(*passed),
    )


def statistics_of(rule: Rule, snapshot: Snapshot) -> RuleStatistics:
    """Do the work of `make_statistics`, on a snapshot."""
    truth = Truth(rule)
    table = Table(snapshot, truth.sources)
    rows = np.flatnonzero(~passes(table_outcomes(truth, table)))
    found = find_causes(truth.root, table)
    lost = snapshot.luminosity("recorded").within(table.starts[rows], table.stops[rows])
    codes = found.codes[rows]
    return RuleStatistics(
        float(lost.sum()),
        snapshot.luminosity("delivered").total(table.starts[rows], table.stops[rows]),
        *_costs(found, codes, lost),
        _responsible(found, codes, table, rows, snapshot.keys),
    )


def _costs(found: Combinations, codes: IntArray, lost: FloatArray) -> tuple[dict[str, float], dict[str, float]]:
    """Sum the luminosity lost by single causes and by combinations; what costs nothing but occurs is there with 0."""
    sums = np.bincount(codes, weights=lost, minlength=len(found.causes)).tolist()
    quantity: dict[str, float] = {}
    combination: dict[str, float] = {}
    for code in _in_order(codes):
        combination[_key(found.causes[code])] = sums[code]
        for cause in found.causes[code]:
            quantity[cause] = quantity.get(cause, 0.0) + sums[code]
    return quantity, combination


def _responsible(
    found: Combinations, codes: IntArray, table: Table, rows: IntArray, keys: Sequence[str]
) -> dict[str, JSONRanges]:
    """Collect the lumisections of each combination, in the order in which combinations first occur."""
    answer: dict[str, JSONRanges] = {_key(found.causes[code]): {} for code in _in_order(codes)}
    names = {code: answer[_key(found.causes[code])] for code in _in_order(codes)}
    order = np.argsort(codes, kind="stable")
    here = rows[order]
    for code, dataset, first, last in table.line.spans(table.starts[here], table.stops[here], codes[order]):
        names[code].setdefault(keys[dataset], []).append([first, last])
    return answer


def _in_order(codes: IntArray) -> list[int]:
    """Return the distinct codes, in the order in which they first occur."""
    distinct, first = np.unique(codes, return_index=True)
    return [int(code) for code in distinct[np.argsort(first)]]


def _key(causes: Iterable[str]) -> str:
    return f"[{','.join(causes)}]"


def _by_dataset(snapshot: Snapshot, ranges: Sequence[Ranges]) -> JSONRanges:
    return {key: found for key, found in zip(snapshot.keys, ranges, strict=True) if found}


def _by_run(snapshot: Snapshot, ranges: Sequence[Ranges]) -> JSONRanges:
    by_run: JSONRanges = {}
    for run_number, found in zip(snapshot.run_numbers.tolist(), ranges, strict=True):
        if found:
            key = str(run_number)
            by_run[key] = _union(by_run[key], found) if key in by_run else found
    return by_run


def _union(one: Ranges, other: Ranges) -> Ranges:
    """Unite two lists of ranges; what overlaps or touches becomes one."""
    united: Ranges = []
    for first, last in sorted(one + other):
        if united and first <= united[-1][1] + 1:
            united[-1][1] = max(last, united[-1][1])
        else:
            united.append([first, last])
    return united
