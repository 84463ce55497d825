"""Which lumisections pass a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from runregistry.engine.outcome import FALSE, passes
from runregistry.engine.table import DatasetView, Table
from runregistry.engine.truth import Truth
from runregistry.logic import Rule
from runregistry.model import CertifiedDataset
from runregistry.model.summary import certified_ranges

__all__ = ["Ranges", "evaluate"]

Ranges: TypeAlias = list[list[int]]


def evaluate(rule: Rule, datasets: Sequence[CertifiedDataset]) -> list[Ranges]:
    """Find the lumisections of each dataset for which a rule is true as JavaScript sees it.

    Parameters
    ----------
    rule : Rule
        From `runregistry.logic.parse_rule`; any rule, of any operators.
    datasets : sequence of CertifiedDataset
        Seen are their lumisections with both Run Registry and OMS data.

    Returns
    -------
    list of list of [first, last]
        For each dataset, in their order, closed ranges: sorted, disjoint, as long as possible.

    Raises
    ------
    LogicError
        The rule fails at a lumisection; parts that json-logic-js would not reach there can't make it fail.

    Notes
    -----
    Equal to ``rule.is_true`` on the document of every single lumisection. Datasets for which the parts about the run
    and the dataset already decide are not looked into. Cost: linear in the number of changes of what the rule reads, not in
    lumisections.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> from runregistry.model import LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> columns.apply_oms([(1, 8, {"cms_active": True})])
    >>> dataset = CertifiedDataset(355100, "/PromptReco/Collisions2022/DQM", {}, {"class": "Collisions22"}, {}, columns)
    >>> evaluate(parse_rule({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}), [dataset])
    [[[1, 3], [6, 8]]]
    """
    truth = Truth(rule)
    verdicts = truth.outcomes(DatasetView(datasets))
    visible = [certified_ranges(dataset.columns) for dataset in datasets]
    # A dataset without lumisections asks no question, so that nothing can fail on it.
    truth.failures.raise_first(np.where([bool(ranges) for ranges in visible], verdicts, FALSE))
    undecided = np.flatnonzero(verdicts < FALSE)
    within = _within(truth, [datasets[index] for index in undecided.tolist()])
    passed = [_lists(ranges) if good else [] for ranges, good in zip(visible, passes(verdicts).tolist(), strict=True)]
    for index, ranges in zip(undecided.tolist(), within, strict=True):
        passed[index] = ranges
    return passed


def _within(truth: Truth, datasets: Sequence[CertifiedDataset]) -> list[Ranges]:
    """Evaluate datasets lumisection by lumisection, in ranges."""
    table = Table(datasets, truth.sources)
    outcomes = truth.outcomes(table)
    truth.failures.raise_first(outcomes)
    good = passes(outcomes)
    passed: list[Ranges] = [[] for _ in datasets]
    for _, dataset, first, last in table.line.spans(table.starts[good], table.stops[good]):
        passed[dataset].append([first, last])
    return passed


def _lists(ranges: Sequence[tuple[int, int]]) -> Ranges:
    return [[first, last] for first, last in ranges]
