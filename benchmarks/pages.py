"""Questions for pages of runs and datasets, one of each kind, with operands that change from request to request."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

PAGE_SIZE = 50

_Body = dict[str, Any]


class Question(NamedTuple):
    """A kind of page: which list, and what makes the filter and the sortings of one request of this kind."""

    table: str
    kind: str
    filter: Callable[[random.Random], _Body]
    sortings: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        """Where it is asked."""
        return f"/{self.table}_filtered_ordered"

    def body(self, dice: random.Random) -> _Body:
        """Return the body of one request: the first page, or one of those after it."""
        page = dice.choice((0, 0, 0, 1, 2))
        return {"filter": self.filter(dice), "sortings": list(self.sortings), "page": page, "page_size": PAGE_SIZE}


def _class(dice: random.Random) -> str:
    return f"{dice.choice(('Collisions', 'Cosmics', 'Commissioning'))}{dice.randint(10, 24)}"


def _day(dice: random.Random, first_year: int, last_year: int) -> str:
    return f"20{dice.randint(first_year, last_year)}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"


def _name(dice: random.Random) -> str:
    return f"/{dice.choice(('PromptReco', 'Express', 'ReReco'))}/{_class(dice)}{dice.choice('ABCDEFGH')}/DQM"


def _triplet(dice: random.Random) -> str:
    component = dice.choice(("dt-dt", "tracker-strip", "hcal-hcal", "ecal-ecal"))
    return f"triplet_summary.{component}.{dice.choice(('GOOD', 'BAD'))}"


def _tree(dice: random.Random) -> _Body:
    either = [{_triplet(dice): {">": dice.randrange(10)}}, {"oms_attributes.hlt_key": {"like": "%cosmic%"}}]
    return {
        "and": [
            {"rr_attributes.class": {"or": [{"=": _class(dice)}, {"=": _class(dice)}, {"=": _class(dice)}]}},
            {"or": either},
            {"rr_attributes.significant": {"=": True}},
        ]
    }


_OF_RUNS: dict[str, Callable[[random.Random], _Body]] = {
    "no filter": lambda dice: {},
    "run number": lambda dice: {"run_number": {"and": [{">": 200_000 + dice.randrange(1000)}, {"<": 999_999}]}},
    "class": lambda dice: {"rr_attributes.class": {"=": _class(dice)}},
    "number of OMS": lambda dice: {"oms_attributes.l1_rate": {">": dice.randrange(20_000, 80_000)}},
    "text of OMS, like": lambda dice: {"oms_attributes.hlt_key": {"like": f"%Run20{dice.randint(10, 24)}%"}},
    "time of OMS": lambda dice: {"oms_attributes.start_time": {"and": [{">": _day(dice, 10, 17)}, {"<": _day(dice, 18, 24)}]}},
    "flag": lambda dice: {"oms_attributes.pixel_included": {"=": dice.random() < 0.5}},
    "triplet": lambda dice: {_triplet(dice): {">": dice.randrange(60)}},
    "and/or": _tree,
}
_OF_DATASETS = {
    **_OF_RUNS,
    "state": lambda dice: {f"dataset_attributes.{dice.choice(('tracker', 'dt'))}_state": {"=": dice.choice(("OPEN", "SIGNOFF"))}},
    "name": lambda dice: {"name": {"=": _name(dice)}},
    "name, like": lambda dice: {"name": {"like": f"%/{_class(dice)}%"}},
}
_SORTED: dict[str, tuple[tuple[str, str], ...]] = {
    "runs": (("oms_attributes.hlt_key", "ASC"), ("run_number", "DESC")),
    "datasets": (("oms_attributes.start_time", "ASC"), ("name", "ASC")),
}

QUESTIONS = tuple(
    question
    for table, kinds in (("runs", _OF_RUNS), ("datasets", _OF_DATASETS))
    for question in (
        *(Question(table, kind, make) for kind, make in kinds.items()),
        Question(table, "no filter, sorted", kinds["no filter"], _SORTED[table]),
        Question(table, "flag, sorted", kinds["flag"], _SORTED[table]),
    )
)
