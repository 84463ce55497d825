"""The fast way to evaluate a rule: each comparison becomes a set of positions, and ``and``, ``or`` and ``!`` combine the sets.

What can be done so is every rule whose parts come out as plain true or false: nothing that fails, no empty list. Whether they do
is seen while they are evaluated, once per distinct value. For all other rules there is `runregistry.engine.table.Table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from runregistry.engine.columns import Bools, Column
from runregistry.engine.leaf import Leaf
from runregistry.engine.outcome import FALSE, TRUE, TRUTHY, Outcomes
from runregistry.engine.regions import EVERYWHERE, NOWHERE, Region, all_of, any_of, joined, opposite
from runregistry.engine.sources import changes_within_run, is_column
from runregistry.engine.table import DatasetView, Table
from runregistry.engine.truth import Choice, Fold, Negation, Part

if TYPE_CHECKING:
    from runregistry.engine.snapshot import Snapshot

__all__ = ["sweep"]


class _NotPlainError(Exception):
    """A part of the rule does not come out as true or false."""


def sweep(root: Part, snapshot: Snapshot, datasets: DatasetView) -> Region | None:
    """Return where a rule counts as true; None if it takes a `Table` to tell.

    Parameters
    ----------
    root : Part
        The rule: `runregistry.engine.truth.Truth.root`.
    snapshot : Snapshot
        The datasets; of the answer only what lies on their lumisections means anything.
    datasets : DatasetView
        Of the snapshot; if the rule was asked of it before, leaves remember.
    """

    def region(part: Part) -> Region:
        match part:
            case Fold():
                return (all_of if part.node.operator == "and" else any_of)(list(map(region, part.operands)))
            case Negation():
                found = region(part.operands[0])
                return opposite(found) if part.node.operator == "!" else found
            case Choice():
                *branches, answer = map(region, part.operands)
                while branches:
                    yes, condition = branches.pop(), branches.pop()
                    answer = any_of([all_of([condition, yes]), all_of([opposite(condition), answer])])
                return answer
        return _leaf_region(part, snapshot, datasets)

    try:
        return region(root)
    except _NotPlainError:
        return None


def _leaf_region(leaf: Leaf, snapshot: Snapshot, datasets: DatasetView) -> Region:
    changing = [source for source in leaf.sources if changes_within_run(source)]
    if not all(map(is_column, changing)):
        raise _NotPlainError
    if not leaf.sources:
        return EVERYWHERE if _plain(leaf.answers([()]))[0] else NOWHERE
    if not changing:
        return _of_datasets(_plain(leaf.outcomes(datasets)), snapshot)
    if len(leaf.sources) == 1:
        column = snapshot.column(leaf.sources[0])
        return _of_column(_plain(leaf.answers_to(column.values)), column)
    table = Table(snapshot, leaf.sources)
    good = np.flatnonzero(_plain(leaf.outcomes(table)))
    return Region(*joined(table.starts[good], table.stops[good]))


def _plain(outcomes: Outcomes) -> Bools:
    """Return which outcomes count as true, if all of them count as true or false wherever they stand."""
    if len(outcomes) and not FALSE <= outcomes.min() <= outcomes.max() <= TRUTHY:
        raise _NotPlainError
    return outcomes >= TRUE


def _of_datasets(good: Bools, snapshot: Snapshot) -> Region:
    """Return all that belongs to some datasets, gaps included."""
    offsets = snapshot.line.offsets
    return Region(*joined(offsets[good], np.append(offsets[1:], 2**59)[good]))


def _of_column(good: Bools, column: Column) -> Region:
    """Return where a column has some of its values.

    Columns cover every lumisection, so that it may be said by what has these values or by what has others: by what is rarer.
    """
    is_good = good[column.codes]
    inverted = bool(2 * np.count_nonzero(is_good) > len(is_good))
    kept = np.flatnonzero(is_good != inverted)
    return Region(*joined(column.starts[kept], column.stops[kept]), inverted)
