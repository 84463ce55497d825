"""Triplets as numbers: each different one is kept once."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from runregistry.client.frames.columns import TRIPLET_COLUMNS
from runregistry.client.frames.frame import Gathered, as_mapping, gather
from runregistry.client.frames.stretches import BOUNDS
from runregistry.client.frames.values import Troubles

if TYPE_CHECKING:
    from runregistry.client.frames.frame import Integers

__all__ = ["ABSENT", "Triplets"]

ABSENT = -1  # the number of no triplet
_USUAL = ("status", "comment", "cause")


class Triplets:
    """Different triplets, numbered as they are met.

    Examples
    --------
    >>> triplets = Triplets()
    >>> good, bad = ({"status": status, "comment": "", "cause": ""} for status in ("GOOD", "BAD"))
    >>> [triplets.number(one) for one in (good, bad, dict(good), None)]
    [0, 1, 0, -1]
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._different: list[Mapping[str, Any]] = []

    def number(self, triplet: Any) -> int:
        """Return the number of a triplet; the bounds of a range with it don't count."""
        if triplet is None:
            return ABSENT
        try:
            key: Hashable = (triplet["status"], triplet["comment"], triplet["cause"])
            if len(triplet) == 3 or (len(triplet) == 5 and triplet.keys() >= BOUNDS):
                return self._numbers[key]
        except (KeyError, TypeError):
            pass
        return self._unusual(triplet)

    def _unusual(self, triplet: Any) -> int:
        """Number what was not met before, or is no triplet: of that, what it holds is shown all the same."""
        held = dict(as_mapping(triplet)) if isinstance(triplet, Mapping) else {"status": triplet}
        for bound in BOUNDS:
            held.pop(bound, None)
        is_usual = held.keys() == set(_USUAL) and all(isinstance(value, str) for value in held.values())
        key = tuple(held[name] for name in _USUAL) if is_usual else json.dumps(held, sort_keys=True, default=str)
        if key not in self._numbers:
            self._numbers[key] = len(self._different)
            self._different.append(held)
        return self._numbers[key]

    def series(self, index: Integers, troubles: Troubles) -> Gathered:
        """Return the columns of status, comment and cause; the index says which triplet each row has: always one."""
        return gather(self._different, TRIPLET_COLUMNS, troubles, prefix="triplet").taken(index)
