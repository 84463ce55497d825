"""What the failed clauses of a rule read, range by range: the triplet of a component, the value of an attribute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from runregistry.engine.clauses import Clause
from runregistry.engine.columns import IntArray
from runregistry.engine.evaluate import Pieces
from runregistry.engine.overlaps import cut
from runregistry.engine.regions import joined
from runregistry.engine.snapshot import Snapshot
from runregistry.engine.sources import ABSENT, Source, changes_within_run, is_column, sources_of

if TYPE_CHECKING:
    from runregistry.engine.explanation import Explanation, Row

__all__ = ["reasons_of"]


_SEEN = ("path", "value", "cause", "comment")


class _Reason(NamedTuple):
    start: int
    stop: int
    path: str
    value: Any
    cause: str | None = None
    comment: str | None = None


def reasons_of(explanation: Explanation) -> list[Row]:
    """Return the rows of `Explanation.reasons`: by dataset, then by clause, then by range."""
    found = [(clause, reason) for clause in explanation.clauses for reason in _reasons(explanation, clause)]
    starts, stops = (np.array([reason[place] for _, reason in found], dtype=np.int64) for place in (0, 1))
    snapshot = explanation.snapshot
    owners = snapshot.line.owner(starts)
    shifts = snapshot.line.offsets[owners] if len(owners) else owners
    luminosities = [snapshot.luminosity(name).within(starts, stops).tolist() for name in ("recorded", "delivered")]
    runs, names = snapshot.run_numbers.tolist(), snapshot.names
    rows = [
        {
            "run_number": runs[owner],
            "dataset_name": names[owner],
            "first": reason.start - shift,
            "last": reason.stop - 1 - shift,
            "lumisections": reason.stop - reason.start,
            "recorded_invpb": recorded,
            "delivered_invpb": delivered,
            "clause": clause.number,
            "label": clause.label,
            **dict(zip(_SEEN, reason[2:], strict=True)),
        }
        for (clause, reason), owner, shift, recorded, delivered in zip(
            found, owners.tolist(), shifts.tolist(), *luminosities, strict=True
        )
    ]
    order = np.argsort(owners, kind="stable").tolist()  # within a dataset they are in order already
    return [rows[place] for place in order]


def _reasons(explanation: Explanation, clause: Clause) -> Iterator[_Reason]:
    blamed = explanation.combined.failed[:, clause.number - 1][explanation.lost.codes]
    pieces = Pieces(*joined(explanation.lost.starts[blamed], explanation.lost.stops[blamed]))
    if not len(pieces.starts):
        return
    for source in sources_of(clause.paths):
        path = ".".join(source)
        if is_column(source):
            yield from _merged(_of_column(explanation.snapshot, source, path, pieces))
        elif not changes_within_run(source):
            yield from _merged(_of_dataset(explanation.snapshot, source, path, pieces))
        else:  # a whole document, or the number of the lumisection: the range says it
            yield from (_Reason(start, stop, path, None) for start, stop in _pairs(pieces))


def _of_column(snapshot: Snapshot, source: Source, path: str, pieces: Pieces) -> Iterator[_Reason]:
    is_component = source[1] == "rr"
    column = snapshot.triplets(source[2]) if is_component else snapshot.column(source)
    found = cut(*pieces, column.starts, column.stops)
    for start, stop, piece in zip(found.starts.tolist(), found.stops.tolist(), found.piece.tolist(), strict=True):
        value: Any = column.values[int(column.codes[piece])] if piece >= 0 else ABSENT
        if is_component and value is not ABSENT:
            yield _Reason(start, stop, path, value.get("status"), value.get("cause") or "", value.get("comment") or "")
        else:
            yield _Reason(start, stop, path, None if value is ABSENT else value)


def _of_dataset(snapshot: Snapshot, source: Source, path: str, pieces: Pieces) -> Iterator[_Reason]:
    codes, values = snapshot.attribute(source)
    owners = snapshot.line.owner(pieces.starts).tolist()
    for (start, stop), owner in zip(_pairs(pieces), owners, strict=True):
        value = values[int(codes[owner])]
        yield _Reason(start, stop, path, None if value is ABSENT else value)


def _merged(reasons: Iterator[_Reason]) -> Iterator[_Reason]:
    """Join reasons that touch and say the same."""
    last: _Reason | None = None
    for reason in reasons:
        if last is not None and last.stop == reason.start and repr(last[2:]) == repr(reason[2:]):
            last = last._replace(stop=reason.stop)
            continue
        if last is not None:
            yield last
        last = reason
    if last is not None:
        yield last


def _pairs(pieces: tuple[IntArray, IntArray]) -> list[tuple[int, int]]:
    return list(zip(pieces[0].tolist(), pieces[1].tolist(), strict=True))
