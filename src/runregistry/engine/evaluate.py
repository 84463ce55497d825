"""Which lumisections pass a rule."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from runregistry.engine.columns import IntArray, Line
from runregistry.engine.outcome import FALSE, Outcomes, passes
from runregistry.engine.regions import Region, all_of, any_of, joined, opposite, within
from runregistry.engine.snapshot import Snapshot
from runregistry.engine.sources import changes_within_run, is_column
from runregistry.engine.sweep import sweep
from runregistry.engine.table import DatasetView, Table
from runregistry.engine.truth import Truth
from runregistry.logic import Rule
from runregistry.model import CertifiedDataset

__all__ = [
    "Pieces",
    "Ranges",
    "evaluate",
    "evaluate_stream",
    "passing",
    "passing_ranges",
    "ranges_of",
    "table_outcomes",
    "table_pieces",
    "the_rest",
]

Ranges: TypeAlias = list[list[int]]


class Pieces(NamedTuple):
    """Lumisections of many datasets: half-open in positions of the line; sorted, disjoint, as long as possible."""

    starts: IntArray
    stops: IntArray


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
    lumisections. To ask several rules about the same datasets, make a `Snapshot` of them: it keeps its columns.

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
    return passing_ranges(rule, Snapshot.of(datasets))


def evaluate_stream(rule: Rule, batches: Iterable[Snapshot]) -> Iterator[tuple[int, str, Ranges]]:
    """Evaluate more datasets than memory holds, batch by batch.

    Parameters
    ----------
    batches : iterable of Snapshot
        For one: ``Snapshot.batches(path)``.

    Yields
    ------
    run_number : int
    dataset_name : str
    ranges : list of [first, last]
        As of `evaluate`; also of datasets of which nothing passes.
    """
    for batch in batches:
        yield from zip(batch.run_numbers.tolist(), batch.names, passing_ranges(rule, batch), strict=True)


def passing_ranges(rule: Rule, snapshot: Snapshot) -> list[Ranges]:
    """Do the work of `evaluate`, on a snapshot."""
    return ranges_of(passing(rule, snapshot), snapshot.line)


def passing(rule: Rule, snapshot: Snapshot) -> Pieces:
    """Find what passes a rule, as pieces of the snapshot's line."""
    truth = Truth(rule)
    snapshot.load(source for source in truth.sources if is_column(source) or not changes_within_run(source))
    line, datasets = snapshot.line, DatasetView(snapshot)
    verdicts = truth.outcomes(datasets)
    # A dataset without lumisections asks no question, so that nothing can fail on it.
    truth.failures.raise_first(np.where(line.counts > 0, verdicts, FALSE))
    undecided = verdicts < FALSE
    decided = line.part(passes(verdicts))
    if not undecided.any():
        return Pieces(*joined(decided.starts, decided.stops))
    region = sweep(truth.root, snapshot, datasets)
    if region is None:
        rest = _by_table(truth, snapshot.chosen(undecided))
    else:
        open_ = line if undecided.all() else line.part(undecided)
        rest = Pieces(*within(region, open_.starts, open_.stops))
    if not len(decided.starts):
        return rest
    both = any_of([Region(decided.starts, decided.stops), Region(*rest)])
    return Pieces(both.starts, both.stops)


def _by_table(truth: Truth, snapshot: Snapshot) -> Pieces:
    """Evaluate a rule whose parts may come out as anything."""
    table = Table(snapshot, truth.sources)
    return table_pieces(table, table_outcomes(truth, table))


def table_outcomes(truth: Truth, table: Table) -> Outcomes:
    """Evaluate a rule on all rows of a table; raise what fails first."""
    outcomes = truth.outcomes(table)
    truth.failures.raise_first(outcomes)
    return outcomes


def table_pieces(table: Table, outcomes: Outcomes) -> Pieces:
    """Return the rows that pass, joined where they touch."""
    good = passes(outcomes)
    return Pieces(*joined(table.starts[good], table.stops[good]))


def the_rest(pieces: Pieces, line: Line) -> Pieces:
    """Return the lumisections that rules see and that are not in some pieces."""
    rest = all_of([Region(line.starts, line.stops), opposite(Region(*pieces))])
    return Pieces(*joined(rest.starts, rest.stops))


def ranges_of(pieces: Pieces, line: Line) -> list[Ranges]:
    """Write pieces as lumisections: for each dataset closed ranges."""
    owner = line.owner(pieces.starts)
    shift = line.offsets[owner]
    edges = np.searchsorted(owner, np.arange(len(line.offsets) + 1)).tolist()
    with _paused_collector():
        pairs = np.stack([pieces.starts - shift, pieces.stops - 1 - shift], axis=1).tolist()
        return [pairs[start:stop] for start, stop in pairwise(edges)]


@contextmanager
def _paused_collector() -> Iterator[None]:
    """Pause the garbage collector: tens of thousands of small lists would have it walk through everything, and free nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
