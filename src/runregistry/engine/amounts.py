"""Masks and the data behind them: where on the line a mask lies, and how much luminosity it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from runregistry.engine.evaluate import Pieces, Ranges, ranges_of
from runregistry.engine.overlaps import cut
from runregistry.engine.regions import joined
from runregistry.engine.snapshot import Snapshot
from runregistry.lumis import LumiMask

__all__ = ["Amount", "amount_of", "denominator_of", "pieces_of", "united"]


class Amount(NamedTuple):
    """Some lumisections, and their luminosity in the registry's unit, nominally /pb."""

    lumisections: int
    recorded_invpb: float
    delivered_invpb: float


def pieces_of(snapshot: Snapshot, mask: LumiMask | None = None) -> Pieces:
    """Return what a snapshot has of a mask, in each dataset of a run; without a mask all that rules see."""
    line = snapshot.line
    if mask is None:
        return Pieces(*joined(line.starts, line.stops))
    ends = [*line.offsets[1:].tolist(), 2**60]
    pieces = [
        (offset + first, min(offset + last + 1, end))
        for run_number, offset, end in zip(snapshot.run_numbers.tolist(), line.offsets.tolist(), ends, strict=True)
        for first, last in mask.get(run_number, ())
        if offset + first < end  # what the dataset does not have would lie within the next one
    ]
    flat = np.array(pieces, dtype=np.int64).reshape(-1, 2)
    found = cut(line.starts, line.stops, flat[:, 0], flat[:, 1])
    inside = found.piece >= 0
    return Pieces(*joined(found.starts[inside], found.stops[inside]))


def amount_of(snapshot: Snapshot, mask: LumiMask) -> Amount:
    """Return what a mask has: each lumisection counts once, by the first dataset of its run that has it.

    Examples
    --------
    >>> from runregistry.model import CertifiedDataset, LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")})])
    >>> columns.apply_oms([(1, 9, {"recorded": 0.5})])
    >>> two = [CertifiedDataset(355100, name, {}, {}, {}, columns) for name in ("/Express/A/DQM", "/PromptReco/A/DQM")]
    >>> amount_of(Snapshot.of(two), LumiMask({355100: [(2, 5), (9, 12)]}))
    Amount(lumisections=5, recorded_invpb=2.5, delivered_invpb=0.0)
    """
    rest, total = mask, Amount(0, 0.0, 0.0)
    runs = snapshot.run_numbers
    ranks = np.arange(len(runs)) - np.searchsorted(runs, runs, side="left")
    for rank in range(int(ranks.max(initial=-1)) + 1):
        part = snapshot.chosen(ranks == rank)
        pieces = pieces_of(part, rest)
        recorded, delivered = (snapshot.luminosity(name).total(*pieces) for name in ("recorded", "delivered"))
        n = int((pieces.stops - pieces.starts).sum())
        total = Amount(total.lumisections + n, total.recorded_invpb + recorded, total.delivered_invpb + delivered)
        rest -= united(part, ranges_of(pieces, part.line))
    return total


def denominator_of(snapshot: Snapshot) -> LumiMask:
    """Return all lumisections that rules see."""
    return united(snapshot, ranges_of(pieces_of(snapshot), snapshot.line))


def united(snapshot: Snapshot, ranges: Sequence[Ranges]) -> LumiMask:
    """Return ranges of each dataset as one mask: datasets of one run are united."""
    by_run: dict[int, Ranges] = {}
    for run_number, here in zip(snapshot.run_numbers.tolist(), ranges, strict=True):
        if here:
            by_run.setdefault(run_number, []).extend(here)
    return LumiMask(by_run)
