"""Why not: which clauses of a rule failed on which lumisections, what that cost, and what would be won back without them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from runregistry.engine.amounts import pieces_of
from runregistry.engine.clauses import chosen_clauses, clauses_of, is_clause
from runregistry.engine.columns import Bools, IntArray
from runregistry.engine.evaluate import Pieces, table_outcomes
from runregistry.engine.explanation import Combined, Explanation, Lost
from runregistry.engine.outcome import TRUE, TRUTHY, passes
from runregistry.engine.overlaps import cut
from runregistry.engine.ruletext import rule_text
from runregistry.engine.snapshot import Snapshot
from runregistry.engine.table import Table
from runregistry.engine.truth import Fold, Part, Truth
from runregistry.logic import Rule, truthy
from runregistry.model import CertifiedDataset

if TYPE_CHECKING:
    from runregistry.lumis import LumiMask

__all__ = ["explain"]

# A rule as truth of its clauses: the place of a clause, a constant, or ``and``/``or`` of trees.
_Tree: TypeAlias = int | bool | tuple[str, list["_Tree"]]


def explain(
    rule: Rule,
    datasets: Snapshot | Sequence[CertifiedDataset],
    *,
    runs: Collection[int] | None = None,
    mask: LumiMask | None = None,
    ignore: Iterable[str | int] = (),
) -> Explanation:
    """Find out why lumisections do not pass a rule.

    Parameters
    ----------
    rule : Rule
        From `runregistry.logic.parse_rule`.
    datasets : Snapshot or sequence of CertifiedDataset
        What is certified, in ascending order of runs. Several datasets of one run are explained each for itself.
    runs : range, set or list of int, optional
        Only these runs.
    mask : LumiMask, optional
        Only these lumisections: what another JSON has, for example.
    ignore : iterable of str or int, optional
        Clauses that count as fulfilled, by number, or by what they read: ``dt-dt``, ``run.oms.energy``. The explanation is still
        that of the whole rule; its ``what_if`` says what would be won back.

    Raises
    ------
    LogicError
        The rule fails at some lumisection.
    UsageError
        There is no such clause.

    Notes
    -----
    A lumisection is *lost* if it does not pass. A clause is to blame if it is not fulfilled, and neither is any ``and`` or ``or``
    around it: of an ``or`` that fails, all alternatives are to blame together. What a clause costs is counted twice, *inclusive*,
    wherever it is to blame, and *exclusive*, where it alone keeps the lumisection from passing: that is what would be won back if
    it counted as fulfilled. Every lost lumisection belongs to exactly one *combination*: all clauses to blame there. Differently
    from the statistics of the portal, a clause that is not ``true`` but counts as true (a number, a text) is fulfilled.

    Cost: as of `runregistry.engine.make_statistics`, linear in the number of changes of what the rule reads.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> from runregistry.model import LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> columns.apply_oms([(1, 9, {"recorded": 0.5}), (5, 6, {"bpix_ready": False})])
    >>> dataset = CertifiedDataset(355100, "/PromptReco/Collisions2022/DQM", {}, {}, {}, columns)
    >>> good, ready = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}, {"!=": [{"var": "lumisection.oms.bpix_ready"}, False]}
    >>> why = explain(parse_rule({"and": [good, ready]}), [dataset], ignore=["dt-dt"])
    >>> [(row["label"], row["recorded_invpb"], row["recorded_exclusive_invpb"]) for row in why.by_clause()]
    [('dt-dt is GOOD', 1.0, 0.5), ('bpix_ready is not false', 1.0, 0.5)]
    >>> [(row["first"], row["last"], row["labels"]) for row in why.ranges()]
    [(4, 4, ['dt-dt is GOOD']), (5, 5, ['dt-dt is GOOD', 'bpix_ready is not false']), (6, 6, ['bpix_ready is not false'])]
    >>> why.reasons()[0]["value"], why.reasons()[0]["comment"]
    ('BAD', 'noise')
    >>> why.what_if.won_back.to_dict()
    {'355100': [[4, 4]]}
    """
    snapshot = datasets if isinstance(datasets, Snapshot) else Snapshot.of(datasets)
    if runs is not None:
        snapshot = snapshot.select(runs=runs)
    clauses = clauses_of(rule)
    chosen_clauses(clauses, ignore := list(ignore))
    seen = pieces_of(snapshot, mask)
    lost, combined = _lost(rule, snapshot, seen)
    found = Explanation(rule, snapshot, clauses, seen, lost, combined)
    return found.ignoring(*ignore) if ignore else found


def _lost(rule: Rule, snapshot: Snapshot, seen: Pieces) -> tuple[Lost, Combined]:
    """Find what does not pass, row by row, and which clauses are to blame."""
    truth = Truth(rule)
    table = Table(snapshot, truth.sources)
    outcomes = table_outcomes(truth, table)
    failed, tree = _blamed(truth.root, table)
    rows = np.flatnonzero(~passes(outcomes))
    combinations, codes = _distinct(failed[rows])
    found = cut(table.starts[rows], table.stops[rows], *seen)
    inside = found.piece >= 0
    starts, stops = found.starts[inside], found.stops[inside]
    luminosities = (snapshot.luminosity(name).within(starts, stops) for name in ("recorded", "delivered"))
    lost = Lost(starts, stops, codes[found.row[inside]], *luminosities)
    return lost, Combined(combinations, _exclusive(combinations, tree))


def _blamed(root: Part, table: Table) -> tuple[Bools, _Tree]:
    """Return where each clause is to blame, shape (rows, clauses), and the rule as a tree of clauses."""
    columns: dict[str, int] = {}
    flags: list[Bools] = []

    def visit(part: Part, above: Bools, is_root: bool = False) -> _Tree:
        outcomes = part.outcomes(table)
        wrong = above & (outcomes != TRUE) & (outcomes != TRUTHY)
        if isinstance(part, Fold):
            return part.node.operator, [visit(operand, wrong) for operand in part.operands]
        if not is_root and not is_clause(part):
            return truthy(part.node.source)
        place = columns.setdefault(rule_text(part.node.source), len(columns))
        if place == len(flags):
            flags.append(wrong)
        else:  # written twice: one clause
            flags[place] = flags[place] | wrong
        return place

    tree = visit(root, np.ones(table.size, dtype=bool), is_root=True)
    return np.stack(flags, axis=1) if flags else np.zeros((table.size, 0), dtype=bool), tree


def _distinct(failed: Bools) -> tuple[Bools, IntArray]:
    """Number the combinations of clauses that occur, in the order in which they first do."""
    if not failed.shape[1]:
        return failed[:1], np.zeros(len(failed), dtype=np.int64)
    _, first, codes = np.unique(np.packbits(failed, axis=1), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return failed[first[order]], rank[codes.reshape(-1)]


def _exclusive(combinations: Bools, tree: _Tree) -> Bools:
    """Tell, for each combination and clause, whether it would pass if the clause counted as fulfilled."""
    answer = np.zeros_like(combinations)
    for place in range(combinations.shape[1]):
        rows = np.flatnonzero(combinations[:, place])
        without = combinations[rows]
        without[:, place] = False
        answer[rows, place] = _holds(tree, without)
    return answer


def _holds(tree: _Tree, failed: Bools) -> Bools:
    """Evaluate a tree of clauses, combination by combination."""
    if isinstance(tree, bool):
        return np.full(len(failed), tree)
    if isinstance(tree, int):
        return ~failed[:, tree]
    operator, operands = tree
    held = np.stack([_holds(operand, failed) for operand in operands])
    answer: Bools = (np.logical_and if operator == "and" else np.logical_or).reduce(held)
    return answer
