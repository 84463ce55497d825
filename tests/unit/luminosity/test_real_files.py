"""The checks of real files: totals that are facts about them, and what is odd in each."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.luminosity.layouts import DATA, read_without_footer

from runregistry.luminosity import LumiTable, Normtag, audit, read_brilcalc, read_normtag
from runregistry.lumis import LumiMask


def test_the_low_pileup_file_adds_up_to_its_footer(low_pileup: LumiTable) -> None:
    total = low_pileup.total()
    assert (low_pileup.unit, low_pileup.is_checked, total.n_lumisections, len(low_pileup.by_run())) == ("/fb", True, 11890, 23)
    assert total.recorded_invpb == pytest.approx(199.269742, abs=6e-5)
    assert total.delivered_invpb == pytest.approx(205.677832, abs=6e-5)
    assert not low_pileup.not_found


def test_the_file_with_a_normtag_adds_up_to_its_footer_and_tells_what_it_lacks(normalised: LumiTable) -> None:
    total = normalised.total()
    assert (normalised.is_checked, total.n_lumisections, len(normalised.by_run())) == (True, 11700, 23)
    assert total.recorded_invpb == pytest.approx(201.635653, abs=6e-5)
    assert total.delivered_invpb == pytest.approx(208.119743, abs=6e-5)
    assert normalised.not_found.n_lumisections == 78
    assert normalised.not_found[307014].to_list() == [[1241, 1244]]


def test_coffeas_sample_has_the_luminosity_that_coffeas_own_test_asserts() -> None:
    table = read_without_footer(DATA / "coffea_lumi_small.csv")
    first_ten = LumiMask.from_pairs(zip(table.run_number[:10].tolist(), table.lumisection[:10].tolist(), strict=True))
    assert table.total(first_ten).recorded_invpb == pytest.approx(1.539941814, abs=1e-9)
    assert table.total().recorded_invpb == pytest.approx(138.789557764, abs=1e-9)
    assert (len(table), table.unit, table.is_checked) == (998, "/pb", False)
    assert set(table.beam_status) == {"STABLE BEAMS"}
    assert set(table.energy_gev) == {6500.0}
    assert str(table.time[0]) == "2017-06-16T20:55:44"


def test_a_file_of_two_rows_out_of_order_is_sorted() -> None:
    table = read_without_footer(DATA / "coffea_small_lumi.csv")
    assert table.run_number.tolist() == [368229, 370790]
    assert table.fill_number.tolist() == [8853, 9073]
    assert table.recorded_invpb.tolist() == [0.101855712, 0.005674056]
    assert table.source.tolist() == ["AVG", "AVG"]


def test_a_file_that_another_program_has_written_anew_is_read_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"coffea_small_lumi.csv has no footer, so that nothing shows whether rows are missing"):
        read_brilcalc(DATA / "coffea_small_lumi.csv")


def test_rows_that_brilcalc_wrote_out_of_order_are_sorted(low_pileup: LumiTable) -> None:
    assert (np.diff(low_pileup.keys) > 0).all()
    assert low_pileup.lookup([307082], [1353])[0].tolist() == pytest.approx([2.4e-5])


def test_both_files_of_2017_are_of_the_same_runs_and_differ_by_what_the_normtag_leaves_out(
    low_pileup: LumiTable, normalised: LumiTable
) -> None:
    assert low_pileup.mask().runs == normalised.mask().runs
    found = audit(low_pileup.mask(), brilcalc=normalised)
    assert found.totals() == {("missing", "brilcalc"): 190}
    assert found.mask() == low_pileup.mask() - normalised.mask()
    assert (low_pileup.total(normalised.mask()).n_lumisections, found.n_agreeing) == (11700, 11700)


def test_luminosity_by_fill_adds_up(normalised: LumiTable) -> None:
    fills = normalised.by_fill()
    assert list(fills) == [6404, 6405, 6411, 6413, 6415, 6417]
    assert sum(one.recorded_invpb for one in fills.values()) == pytest.approx(normalised.total().recorded_invpb)


def test_a_special_period_tells_what_the_table_lacks(normalised: LumiTable) -> None:
    period = LumiMask.read(DATA / "json_2017H.json")
    total = normalised.total(period)
    assert total.missing == period - normalised.mask()
    assert total.missing.n_lumisections == 1388
    assert normalised.not_found <= total.missing
    by_run = normalised.by_run(period)
    assert list(by_run) == list(period.runs)
    assert by_run[306896].n_lumisections == 0
    assert by_run[306896].missing.to_dict() == {"306896": [[24, 92]]}


@pytest.mark.parametrize(
    ("name", "n_runs", "n_lumisections"),
    [("2017G", 44, 28834), ("2017H", 28, 13088), ("2017VdMFlattop", 2, 446), ("2018LowPU", 40, 11241)],
)
def test_jsons_of_special_periods_are_read(name: str, n_runs: int, n_lumisections: int) -> None:
    mask = LumiMask.read(DATA / f"json_{name}.json")
    assert (mask.n_runs, mask.n_lumisections) == (n_runs, n_lumisections)


def test_the_normtag_of_physics_covers_what_was_certified() -> None:
    normtag = read_normtag(DATA / "normtag_PHYSICS.json.gz")
    assert (len(normtag), len(normtag.by_tag())) == (8170, 28)
    assert normtag[0] == ("pcc15PaperV4", LumiMask({251131: [(1, 23), (25, 38), (40, 51)]}))
    golden = LumiMask.read(DATA.parent / "lumis" / "Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt")
    assert normtag.uncovered(golden).n_lumisections < 0.001 * golden.n_lumisections


def test_brilcalc_found_nothing_that_the_normtag_does_not_cover(normalised: LumiTable) -> None:
    normtag: Normtag = read_normtag(DATA / "normtag_lowpu17.json")
    assert normtag.uncovered(normalised.mask()).n_lumisections < 0.01 * len(normalised)
    whole = LumiMask(json.loads(json.dumps(normalised.mask().to_dict())))
    assert normtag.uncovered(whole) == whole - normtag.mask()


def test_gzipped_and_plain_files_are_the_same_table(normalised: LumiTable, tmp_path: Path) -> None:
    import gzip

    plain = tmp_path / "plain.csv"
    plain.write_bytes(gzip.decompress((DATA / "avgLumi17H.csv.gz").read_bytes()))
    assert np.array_equal(read_brilcalc(plain).recorded_invpb, normalised.recorded_invpb)
