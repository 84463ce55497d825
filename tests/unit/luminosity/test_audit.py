"""The audit: what is missing, extra and different, as ranges."""

from __future__ import annotations

import time

import numpy as np
import pytest

from runregistry.errors import UsageError
from runregistry.luminosity import Audit, LumiTable, audit
from runregistry.lumis import LumiMask


def table(mask: LumiMask, recorded: float = 1.0) -> LumiTable:
    pairs = list(mask.pairs())
    runs, numbers = [run for run, _ in pairs], [number for _, number in pairs]
    return LumiTable.from_columns(runs, numbers, delivered=[1.0] * len(pairs), recorded=[recorded] * len(pairs), unit="/pb")


def told(found: Audit) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in ("run_number", "first", "last", "kind", "source")) for row in found.rows()]


def test_of_three_sources_who_is_alone_is_told() -> None:
    registry, oms, bril = LumiMask({1: [(1, 10)]}), LumiMask({1: [(1, 8), (11, 12)]}), LumiMask({1: [(3, 10)], 2: [(1, 1)]})
    found = audit(registry, table(oms), table(bril))
    assert told(found) == [
        (1, 1, 2, "missing", "brilcalc"),
        (1, 9, 10, "missing", "oms"),
        (1, 11, 12, "extra", "oms"),
        (2, 1, 1, "extra", "brilcalc"),
    ]
    assert (found.n_lumisections, found.n_agreeing) == (13, 6)
    assert found.totals() == {("extra", "brilcalc"): 1, ("extra", "oms"): 2, ("missing", "brilcalc"): 2, ("missing", "oms"): 2}
    assert found.mask("missing") == LumiMask({1: [(1, 2), (9, 10)]})
    assert found.mask(source="brilcalc") == LumiMask({1: [(1, 2)], 2: [(1, 1)]})


@pytest.mark.parametrize("names", [("registry", "oms"), ("registry", "brilcalc"), ("oms", "brilcalc")])
def test_of_two_sources_the_first_is_what_the_other_is_measured_by(names: tuple[str, str]) -> None:
    found = audit(**dict(zip(names, (LumiMask({1: [(1, 4)]}), LumiMask({1: [(3, 6)]})), strict=True)))
    assert told(found) == [(1, 1, 2, "missing", names[1]), (1, 5, 6, "extra", names[1])]


def test_luminosity_differs_beyond_both_tolerances_only() -> None:
    runs, numbers = [1] * 4, [1, 2, 3, 4]
    oms = LumiTable.from_columns(runs, numbers, delivered=[1, 1, 1, np.nan], recorded=[1, 1, 1e-4, 1], unit="/pb")
    bril = LumiTable.from_columns(runs, numbers, delivered=[1, 1.005, 1, 9], recorded=[1, 1.2, 2e-4, 1], unit="/pb")
    found = audit(oms=oms, brilcalc=bril)
    assert [(row["first"], row["last"], row["quantity"]) for row in found.rows()] == [(2, 2, "recorded")]
    strict = audit(oms=oms, brilcalc=bril, relative=0, absolute_invpb=0)
    assert [(row["first"], row["quantity"]) for row in strict.rows()] == [(2, "delivered and recorded"), (3, "recorded")]


def test_ranges_carry_the_luminosity_of_both_sides_in_inverse_picobarns() -> None:
    mask = LumiMask({1: [(1, 3)]})
    (row,) = audit(mask, table(mask), table(mask, recorded=0.5)).rows()
    assert row == {
        "run_number": 1,
        "first": 1,
        "last": 3,
        "kind": "different",
        "source": "registry, oms, brilcalc",
        "quantity": "recorded",
        "lumisections": 3,
        "oms_delivered_invpb": 3.0,
        "brilcalc_delivered_invpb": 3.0,
        "oms_recorded_invpb": 3.0,
        "brilcalc_recorded_invpb": 1.5,
    }


def test_what_is_looked_at_can_be_narrowed() -> None:
    one, other = LumiMask({1: [(1, 4)], 2: [(1, 2)]}), LumiMask({1: [(2, 4)], 3: [(1, 1)]})
    assert told(audit(one, brilcalc=other, common_runs=True)) == [(1, 1, 1, "missing", "brilcalc")]
    assert told(audit(one, brilcalc=other, within=LumiMask({2: [(2, 9)]}))) == [(2, 2, 2, "missing", "brilcalc")]


def test_sources_of_one_mind_give_an_empty_table() -> None:
    mask = LumiMask({1: [(1, 3)]})
    found = audit(mask, table(mask), table(mask))
    assert (len(found), found.rows(), found.totals(), found.mask()) == (0, [], {}, LumiMask())
    assert found.summary() == "registry × oms × brilcalc: 3 lumisections, 3 agree; nothing missing, extra or different"
    assert len(audit(LumiMask(), oms=LumiMask())) == 0


def test_a_frame_has_a_row_a_range() -> None:
    pytest.importorskip("pandas")
    frame = audit(LumiMask({1: [(1, 3)]}), brilcalc=table(LumiMask({1: [(2, 2)]}))).to_pandas()
    assert frame[["first", "last"]].values.tolist() == [[1, 1], [3, 3]]


def test_less_than_two_sources_and_tolerances_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="at least two of registry, oms and brilcalc, not 1"):
        audit(LumiMask())
    with pytest.raises(UsageError, match="a tolerance is a number from 0"):
        audit(LumiMask(), LumiMask(), relative=-1)
    with pytest.raises(UsageError, match="a tolerance is a number from 0"):
        audit(LumiMask(), LumiMask(), absolute_invpb=float("nan"))


def test_ranges_that_stand_for_whole_runs_are_refused_instead_of_filling_the_memory() -> None:
    with pytest.raises(UsageError, match="do some of its ranges stand for whole runs"):
        audit(LumiMask({1: [(1, 2**32 - 1)]}), LumiMask())


def test_a_hundred_thousand_lumisections_take_well_under_a_second() -> None:
    runs, numbers = np.repeat(np.arange(315000, 315100), 1000), np.tile(np.arange(1, 1001), 100)
    values = np.random.default_rng(1).random((3, len(runs)))
    oms = LumiTable.from_columns(runs, numbers, delivered=values[0], recorded=values[1], unit="/pb")
    bril = LumiTable.from_columns(runs, numbers, delivered=values[0], recorded=values[2], unit="/pb")
    registry = oms.mask()
    begin = time.perf_counter()
    found = audit(registry, oms, bril, relative=0.5)
    assert time.perf_counter() - begin < 1
    assert found.n_lumisections == 100_000
    assert 0 < found.n_agreeing < 100_000
