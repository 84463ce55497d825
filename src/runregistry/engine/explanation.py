"""What `runregistry.engine.explain` found: by clause, by combination, by run, and range by range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from runregistry.engine.amounts import Amount, united
from runregistry.engine.clauses import Clause, chosen_clauses, rule_without
from runregistry.engine.columns import Bools, IntArray
from runregistry.engine.evaluate import Pieces, passing, ranges_of
from runregistry.engine.luminosity import FloatArray
from runregistry.engine.overlaps import cut
from runregistry.engine.regions import joined
from runregistry.engine.snapshot import Snapshot
from runregistry.errors import MissingExtraError, UsageError, suggestion
from runregistry.logic import Rule, parse_rule

if TYPE_CHECKING:
    import pandas

    from runregistry.lumis import LumiMask

__all__ = ["Combined", "Explanation", "Lost", "Table", "WhatIf"]

Row: TypeAlias = dict[str, Any]
Table: TypeAlias = Literal["clauses", "combinations", "runs", "ranges", "reasons"]


class Lost(NamedTuple):
    """What does not pass, in pieces of the line: sorted, disjoint.

    Attributes
    ----------
    starts, stops : array of int64, shape (pieces,)
        Half-open positions.
    codes : array of int64, shape (pieces,)
        Which combination of clauses is to blame.
    recorded, delivered : array of float64, shape (pieces,)
        Luminosity.
    """

    starts: IntArray
    stops: IntArray
    codes: IntArray
    recorded: FloatArray
    delivered: FloatArray


class Combined(NamedTuple):
    """Combinations of clauses.

    Attributes
    ----------
    failed : array of bool, shape (combinations, clauses)
        Which clauses are to blame.
    alone : array of bool, shape (combinations, clauses)
        Which of them would let the lumisection pass if it counted as fulfilled.
    """

    failed: Bools
    alone: Bools


class WhatIf(NamedTuple):
    """What some clauses alone keep from passing.

    Attributes
    ----------
    ignored : list of Clause
        The clauses that count as fulfilled.
    rule : JSON value
        The rule without them.
    won_back : LumiMask
        What passes this rule and not the whole one.
    amount : Amount
        Of what is won back; of several datasets of one run, each counts.
    by_dataset : dict of str to list of [first, last]
        The same by ``run_number-dataset_name``.
    """

    ignored: list[Clause]
    rule: Any
    won_back: LumiMask
    amount: Amount
    by_dataset: dict[str, list[list[int]]]


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """Why lumisections do not pass a rule; made by `runregistry.engine.explain`.

    Tables are lists of rows: `by_clause`, `by_combination`, `by_run`, `ranges`, `reasons`; `to_pandas` makes frames of them, and
    `text` is for people.

    Attributes
    ----------
    rule : Rule
        The whole rule.
    snapshot : Snapshot
        What was certified.
    clauses : list of Clause
        All clauses of the rule, also those that never failed.
    seen : Pieces
        The lumisections that are spoken of.
    lost : Lost
        Those that do not pass.
    combined : Combined
        Which clauses are to blame.
    what_if : WhatIf or None
        What would be won back, if clauses were to be ignored.
    """

    rule: Rule
    snapshot: Snapshot
    clauses: list[Clause]
    seen: Pieces
    lost: Lost
    combined: Combined
    what_if: WhatIf | None = None

    @cached_property
    def total(self) -> Amount:
        """Everything that is spoken of."""
        return self._amount(self.seen)

    @cached_property
    def total_lost(self) -> Amount:
        """What does not pass."""
        return _sum(self.lost, np.ones(len(self.lost.codes), dtype=bool))

    @property
    def total_passed(self) -> Amount:
        """What passes."""
        total, lost = self.total, self.total_lost
        return Amount(
            total.lumisections - lost.lumisections, *(one - other for one, other in zip(total[1:], lost[1:], strict=True))
        )

    def by_clause(self) -> list[Row]:
        """Return a row for each clause, in the order of the rule: what it is to blame for, and what it alone is to blame for.

        Keys: ``clause``, ``label``, ``runs``, and ``lumisections``, ``recorded_invpb``, ``delivered_invpb``, of which those with
        ``_exclusive`` are what would be won back if the clause were ignored.
        """
        rows = []
        for clause in self.clauses:
            place = clause.number - 1
            blamed = self.combined.failed[:, place][self.lost.codes]
            alone = self.combined.alone[:, place][self.lost.codes]
            row = {
                "clause": clause.number,
                "label": clause.label,
                "runs": self._n_runs(blamed),
                **_sum(self.lost, blamed)._asdict(),
            }
            exclusive = {_exclusive(name): value for name, value in _sum(self.lost, alone)._asdict().items()}
            rows.append(row | exclusive | {"text": clause.text})
        return rows

    def by_combination(self) -> list[Row]:
        """Return a row for each set of clauses that fail together, the most luminosity first: they share out what is lost."""
        sums = [np.bincount(self.lost.codes, weights, len(self.combined.failed)) for weights in _weights(self.lost)]
        rows = [
            self._blamed(code) | dict(zip(Amount._fields, (int(n), float(recorded), float(delivered)), strict=True))
            for code, (n, recorded, delivered) in enumerate(zip(*sums, strict=True))
            if n
        ]
        return sorted(rows, key=lambda row: (-row["recorded_invpb"], -row["lumisections"], row["clauses"]))

    def by_run(self) -> list[Row]:
        """Return a row for each dataset: what there is, what is lost, and the clauses to blame for the most of it first."""
        seen = _by_owner(
            self.snapshot.line.owner(self.seen.starts), _weights(self._measured(self.seen)), self.snapshot.n_datasets
        )
        owner = self.snapshot.line.owner(self.lost.starts)
        lost = _by_owner(owner, _weights(self.lost), self.snapshot.n_datasets)
        rows = []
        for place, edges in enumerate(_edges(owner, self.snapshot.n_datasets)):
            if not seen[place][0]:
                continue
            totals, losses = (Amount(int(one[0]), one[1], one[2]) for one in (seen[place], lost[place]))
            row = {**self._key(place), **totals._asdict()}
            row |= {
                f"{name}_lost" if name == "lumisections" else name.replace("_", "_lost_"): value
                for name, value in losses._asdict().items()
            }
            rows.append(row | {"labels": self._worst(*edges)})
        return rows

    def ranges(self) -> list[Row]:
        """Return a row for each range over which the same clauses fail, by dataset.

        Keys: ``run_number``, ``dataset_name``, ``first``, ``last``, ``lumisections``, ``recorded_invpb``, ``delivered_invpb``,
        ``clauses`` (numbers), ``labels``.
        """
        blamed = [self._blamed(code) for code in range(len(self.combined.failed))]
        return [
            {**self._key(dataset), "first": first, "last": last, **amount._asdict(), **blamed[code]}
            for dataset, first, last, code, amount in self._rows(self.lost)
        ]

    def reasons(self) -> list[Row]:
        """Return what each failed clause read: a row for each range, clause and path, with the triplet's cause and comment.

        Keys: ``run_number``, ``dataset_name``, ``first``, ``last``, ``lumisections``, ``recorded_invpb``, ``delivered_invpb``,
        ``clause``, ``label``, ``path``, ``value``, ``cause``, ``comment``; the last two are of components only.
        """
        from runregistry.engine.reasons import reasons_of

        return reasons_of(self)

    def ignoring(self, *names: str | int) -> Explanation:
        """Return the same explanation, with what would be won back if some clauses counted as fulfilled as its ``what_if``.

        Parameters
        ----------
        names : str or int
            Clauses by number, or by what they read: ``dt-dt``, ``run.oms.energy``.
        """
        ignored = chosen_clauses(self.clauses, names)
        rule = rule_without(self.rule, ignored)
        passed = passing(parse_rule(rule, defer_unknown=True), self.snapshot)
        found = cut(*joined(self.lost.starts, self.lost.stops), *passed)
        inside = found.piece >= 0
        won = Pieces(*joined(found.starts[inside], found.stops[inside]))
        ranges = ranges_of(won, self.snapshot.line)
        by_dataset = {key: here for key, here in zip(self.snapshot.keys, ranges, strict=True) if here}
        return replace(self, what_if=WhatIf(ignored, rule, united(self.snapshot, ranges), self._amount(won), by_dataset))

    def rows(self, table: Table) -> list[Row]:
        """Return a table by its name: ``clauses``, ``combinations``, ``runs``, ``ranges`` or ``reasons``."""
        if table not in get_args(Table):
            raise UsageError(
                f"there is no table {table!r}{suggestion(str(table), get_args(Table))}: {', '.join(get_args(Table))}"
            )
        makers = {"clauses": self.by_clause, "combinations": self.by_combination, "runs": self.by_run}
        return (makers | {"ranges": self.ranges, "reasons": self.reasons})[table]()

    def to_pandas(self, table: Table = "clauses") -> pandas.DataFrame:
        """Return one of the tables of `rows` as a data frame.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise MissingExtraError("A data frame", "tables") from error
        return pandas.DataFrame(self.rows(table))

    def text(self, *, width: int = 130) -> str:
        """Return the explanation as text for people: what was lost, clause by clause; of few runs also where and why."""
        from runregistry.engine.explained_text import explanation_text

        return explanation_text(self, width)

    def __repr__(self) -> str:
        total, lost = self.total, self.total_lost
        return f"Explanation({lost.lumisections} of {total.lumisections} lumisections lost, {len(self.clauses)} clauses)"

    def _measured(self, pieces: Pieces) -> Lost:
        luminosities = (self.snapshot.luminosity(name).within(*pieces) for name in ("recorded", "delivered"))
        return Lost(*pieces, np.zeros(len(pieces.starts), dtype=np.int64), *luminosities)

    def _amount(self, pieces: Pieces) -> Amount:
        return _sum(self._measured(pieces), np.ones(len(pieces.starts), dtype=bool))

    def _rows(self, pieces: Lost) -> list[tuple[int, int, int, int, Amount]]:
        """Return pieces as (dataset, first, last, code, amount), joined where they touch and have one code."""
        if not len(pieces.starts):
            return []
        begins = np.flatnonzero(
            np.concatenate([[True], (pieces.starts[1:] != pieces.stops[:-1]) | (pieces.codes[1:] != pieces.codes[:-1])])
        )
        starts, stops = pieces.starts[begins], pieces.stops[np.append(begins[1:], len(pieces.starts)) - 1]
        owner = self.snapshot.line.owner(starts)
        shift = self.snapshot.line.offsets[owner]
        sums = [np.add.reduceat(weights, begins).tolist() for weights in (pieces.recorded, pieces.delivered)]
        columns = (owner, starts - shift, stops - 1 - shift, pieces.codes[begins])
        rows = zip(*(column.tolist() for column in columns), *sums, strict=True)
        return [(place, first, last, code, Amount(last - first + 1, *sums)) for place, first, last, code, *sums in rows]

    def _key(self, place: int) -> Row:
        return {"run_number": int(self.snapshot.run_numbers[place]), "dataset_name": self.snapshot.names[place]}

    def _blamed(self, code: int) -> Row:
        chosen = [self.clauses[place] for place in np.flatnonzero(self.combined.failed[code]).tolist()]
        return {"clauses": [clause.number for clause in chosen], "labels": [clause.label for clause in chosen]}

    def _worst(self, start: int, stop: int) -> list[str]:
        """Return the clauses to blame for some pieces, those that cost the most lumisections first."""
        sizes = (self.lost.stops[start:stop] - self.lost.starts[start:stop]).astype(np.float64)
        costs = sizes @ self.combined.failed[self.lost.codes[start:stop]].astype(np.float64)
        order = np.argsort(-costs, kind="stable").tolist()
        return [self.clauses[place].label for place in order if costs[place]]

    def _n_runs(self, chosen: Bools) -> int:
        return len(np.unique(self.snapshot.run_numbers[self.snapshot.line.owner(self.lost.starts[chosen])]))


def _weights(pieces: Lost) -> tuple[FloatArray, FloatArray, FloatArray]:
    return (pieces.stops - pieces.starts).astype(np.float64), pieces.recorded, pieces.delivered


def _sum(pieces: Lost, chosen: Bools) -> Amount:
    lumisections, recorded, delivered = (weights[chosen].sum() for weights in _weights(pieces))
    return Amount(int(lumisections), float(recorded), float(delivered))


def _by_owner(owner: IntArray, weights: Sequence[FloatArray], n_datasets: int) -> list[list[float]]:
    return np.stack([np.bincount(owner, each, n_datasets) for each in weights], axis=1).tolist() if n_datasets else []


def _edges(owner: IntArray, n_datasets: int) -> list[tuple[int, int]]:
    edges = np.searchsorted(owner, np.arange(n_datasets + 1)).tolist()
    return list(pairwise(edges))


def _exclusive(name: str) -> str:
    return f"{name.removesuffix('_invpb')}_exclusive{'_invpb' if name.endswith('_invpb') else ''}"
