"""Snapshots: what is read when, parts of them, paths that nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.unit.engine.making import make_dataset, stored

from runregistry.engine import Snapshot, evaluate_stream, make_golden, unknown_paths
from runregistry.engine.columns import Column
from runregistry.engine.sources import Source
from runregistry.engine.stored import Stored
from runregistry.errors import NotFound, UsageError
from runregistry.logic import parse_rule

DT = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
CLASS = {"==": [{"var": "run.rr.class"}, "Collisions22"]}
PROMPT, EXPRESS = "/PromptReco/Collisions2022/DQM", "/Express/Collisions2022/DQM"
DATASETS = [
    make_dataset(
        number,
        name,
        rr={"dt-dt": [(1, 9, "GOOD"), (position + 1, position + 2, "BAD")]},
        oms={"cms_active": [(1, 9, True)], "recorded": [(1, 5, 0.5), (6, 9, 0.25)]},
        run={"energy": 6800, "components": ["DT"]},
        run_rr={"class": run_class},
        attributes={"dt_state": "OPEN"},
    )
    for position, (number, name, run_class) in enumerate(
        [(1, PROMPT, "Collisions22"), (2, EXPRESS, "Cosmics22"), (2, PROMPT, "Cosmics22"), (5, PROMPT, "Collisions22")]
    )
]


class Counting(Stored):
    """Says which columns were read."""

    def __init__(self) -> None:
        super().__init__([stored(dataset) for dataset in DATASETS])
        self.asked: list[str] = []

    def columns(self, sources: Sequence[Source]) -> list[Column]:
        self.asked += [".".join(source) for source in sources]
        return super().columns(sources)


def test_only_what_a_rule_reads_is_decoded_and_only_once() -> None:
    origin = Counting()
    snapshot = Snapshot(origin)
    for _ in range(2):
        snapshot.evaluate(parse_rule({"and": [CLASS, DT]}))
    assert origin.asked == ["lumisection.rr.dt-dt"]


def test_a_part_of_a_snapshot_reads_through_it() -> None:
    origin = Counting()
    snapshot = Snapshot(origin)
    for runs in ([1], [2, 5]):
        snapshot.select(runs=runs).evaluate(parse_rule(DT))
    assert origin.asked == ["lumisection.rr.dt-dt"]


@pytest.mark.parametrize(
    ("names", "runs", "expected"),
    [
        (None, None, [1, 2, 2, 5]),
        ("/(PromptReco|Express)/%", None, [1, 2, 2, 5]),
        ("/Express/Collisions2022/DQM", None, [2]),
        ("/PromptReco/Collisions202_/DQM", range(2, 6), [2, 5]),
        ("nothing", None, []),
        (None, {5}, [5]),
    ],
)
def test_datasets_are_selected_by_name_and_run(names: str | None, runs: Any, expected: list[int]) -> None:
    part = Snapshot.of(DATASETS).select(names, runs=runs)
    assert part.run_numbers.tolist() == expected
    assert part.golden(parse_rule(DT)) == make_golden(parse_rule(DT), list(part.datasets()))


def test_parts_of_parts_are_what_their_datasets_are() -> None:
    part = Snapshot(Counting()).select("/PromptReco/%").select(runs=[2, 5])
    rule = parse_rule({"or": [DT, {"%": [{"var": "lumisection.lumisection_number"}, 2]}]})
    assert part.n_datasets == 2
    assert part.n_lumisections == 18
    assert part.evaluate(rule) == Snapshot.of(part.datasets()).evaluate(rule)
    assert part.statistics(rule) == Snapshot.of(part.datasets()).statistics(rule)
    assert part.triplets("dt-dt").counts.tolist() == Snapshot.of(part.datasets()).triplets("dt-dt").counts.tolist()


def test_a_wrong_dataset_filter_is_refused() -> None:
    with pytest.raises(UsageError):
        Snapshot.of(DATASETS).select("(")


@pytest.mark.parametrize("origin", ["memory", "store"])
def test_paths_that_nobody_has_come_with_the_nearest_ones(origin: str) -> None:
    snapshot = Snapshot.of(DATASETS) if origin == "memory" else Snapshot(Counting())
    known = ["run.oms.components.0", "run.run_number", "dataset.name", "lumisection.lumisection_number", "run.rr", "", "dataset"]
    rule = parse_rule({"and": [DT, CLASS, *({"var": path} for path in known)]})
    assert unknown_paths(rule, snapshot) == []
    wrong = parse_rule({"or": [{"var": "lumisection.rr.dt-dtt"}, {"var": "run.oms.enrgy"}, {"var": "lumi.rr"}, {"var": "run.x"}]})
    found = dict(unknown_paths(wrong, snapshot))
    assert list(found) == ["lumi.rr", "lumisection.rr.dt-dtt", "run.oms.enrgy", "run.x"]
    assert found["lumisection.rr.dt-dtt"][0] == "lumisection.rr.dt-dt"
    assert found["run.oms.enrgy"][0] == "run.oms.energy"


def test_an_empty_denominator_is_refused_where_it_is_asked_for() -> None:
    empty = Snapshot.of([make_dataset(1)])
    assert empty.golden(parse_rule(DT)).generated_json == {}
    with pytest.raises(NotFound, match="none of the 1 datasets has"):
        empty.golden(parse_rule(DT), allow_empty=False)
    with pytest.raises(NotFound, match="there are no datasets"):
        Snapshot.of([]).golden(parse_rule(DT), allow_empty=False)


def test_a_stream_gives_every_dataset_with_its_ranges() -> None:
    batches = (Snapshot.of(DATASETS[start : start + 3]) for start in (0, 3))
    rule = parse_rule({"and": [CLASS, DT]})
    assert list(evaluate_stream(rule, batches)) == [
        (1, PROMPT, [[3, 9]]),
        (2, EXPRESS, []),
        (2, PROMPT, []),
        (5, PROMPT, [[1, 3], [6, 9]]),
    ]


def test_names_that_no_structure_can_have_are_read_all_the_same() -> None:
    odd = make_dataset(1, oms={'a"b\\': [(1, 2, True)]}, n=3, run={'c"': 1})
    snapshot = Snapshot(Stored([stored(odd)]))
    rule = parse_rule({"and": [{"==": [{"var": 'lumisection.oms.a"b\\'}, True]}, {"==": [{"var": 'run.oms.c"'}, 1]}]})
    assert snapshot.evaluate(rule) == [[[1, 2]]]
