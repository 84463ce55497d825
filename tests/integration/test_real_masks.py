"""Facts about JSONs that CMS groups published, computed with this code: the checks of masks, and the traps in those files.

The numbers of the checks are those by which the project counts them; 14 to 16 are about luminosity and stand with its tests.
"""

from __future__ import annotations

import gzip
import json
from functools import cache, reduce
from operator import or_
from typing import Any

import numpy as np
import pytest
from tests.published import DATA, mask_of, text_of

from runregistry.lumis import LumiMask, LumiRanges

HI_2011, HI_2011_MUON = (f"Cert_181530-183126_HI7TeV_PromptReco_Collisions11_JSON{end}" for end in (".txt", "_MuonPhys.txt"))
GOLDEN_2012 = "Cert_190456-208686_8TeV_22Jan2013ReReco_Collisions12_JSON.txt"
EOY_2017 = "Cert_294927-306462_13TeV_EOY2017ReReco_Collisions17_JSON.txt"
UL_2017 = "Cert_294927-306462_13TeV_UL2017_Collisions17_GoldenJSON.txt"
EARLY_2018 = "Cert_314472-325175_13TeV_17SeptEarlyReReco2018ABC_PromptEraD_Collisions18_JSON.txt"
LEGACY_2018 = "Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt"
PREVIOUS_2018 = "2018_previous_golden.json"
PART_2022, MUON_PART_2022 = (f"Cert_Collisions2022_355100_362439_{kind}.json" for kind in ("Golden", "Muon"))
GOLDEN_2022, MUON_2022 = (f"Cert_Collisions2022_355100_362760_{kind}.json" for kind in ("Golden", "Muon"))
FIRST_2022, LATER_2022 = (f"Cert_Collisions2022_355100_362760_Golden.pocketcoffea{end}.json" for end in ("-first", ""))
GOLDEN_2023, MUON_2023 = (f"Cert_Collisions2023_366442_370790_{kind}.json" for kind in ("Golden", "Muon"))
LATER_2023 = "Cert_Collisions2023_366442_370790_Golden.pocketcoffea.json"
FIRST_2024, GOLDEN_2024 = (f"Cert_Collisions2024_378981_386951_Golden{end}.json" for end in (".first", ""))
DCS_2017, DCS_2018, DCS_2022 = (f"json_DCSONLY_{year}.txt" for year in (2017, 2018, 2022))
DCS_2023 = "Collisions23_13p6TeV_eraBCD_366403_370790_DCSOnly_TkPx.json"
TRACKER_2018 = "tracker_prompt2018_generated.json"
TRACKER_2018_PART = "tracker_prompt2018_314324to316201_generated.json"
SUBSETS = {
    "1, heavy ions of 2011": (HI_2011, HI_2011_MUON),
    "1, 2022 up to 362439": (PART_2022, MUON_PART_2022),
    "1, 2022": (GOLDEN_2022, MUON_2022),
    "1, 2023": (GOLDEN_2023, MUON_2023),
    "2": (PART_2022, GOLDEN_2022),
    "3, early ReReco": (EARLY_2018, DCS_2018),
    "3, Legacy": (LEGACY_2018, DCS_2018),
    "4": (GOLDEN_2023, DCS_2023),
    "8": (LEGACY_2018, TRACKER_2018),
    "9": (TRACKER_2018_PART, TRACKER_2018),
}
DETECTORS = ("bpix", "fpix", "tibtid", "tecm", "tecp", "tob")
FLAGS = (
    *(f"{name}_ready" for name in DETECTORS),
    *("cms_active", "beam1_present", "beam2_present", "beam1_stable", "beam2_stable"),
)
RUNS_OF_12 = (314206, 316081)


@cache
def _bits() -> dict[str, dict[str, Any]]:
    """The bits of detectors and beams of 779 runs of 2018, as OMS has them."""
    packed = (DATA.parent / "engine" / "dcs_bits_2018.json.gz").read_bytes()
    document: dict[str, dict[str, Any]] = json.loads(gzip.decompress(packed))
    return document


@cache
def rebuilt() -> LumiMask:
    """The DCS-only JSON of 2018, made from OMS lumisections with nothing but masks: all bits on, run by run."""
    bits = []
    for flag in FLAGS:
        on = {run: [one[:2] for one in columns.get(flag, []) if one[2] is True] for run, columns in _bits().items()}
        bits.append(LumiMask(on))
    return reduce(LumiMask.__and__, bits).restrict(*RUNS_OF_12)


@pytest.mark.parametrize("check", SUBSETS)
def test_checks_1_2_3_4_8_9_the_stricter_json_is_a_subset_of_the_looser_one(check: str) -> None:
    part, whole = map(mask_of, SUBSETS[check])
    assert part < whole
    assert not part - whole


def test_check_5_golden_2017_leaves_dcs_only_in_one_run() -> None:
    assert (mask_of(UL_2017) - mask_of(DCS_2017)).to_dict() == {"305081": [[226, 227]]}


def test_check_6_golden_2022_leaves_dcs_only_in_two_runs() -> None:
    outside = mask_of(GOLDEN_2022) - mask_of(DCS_2022)
    assert outside.to_dict() == {"359998": [[756, 756], [1889, 1918]], "360017": [[71, 81]]}
    assert outside.n_lumisections == 42


def test_check_7_golden_2012_is_a_subset_of_what_dbs_holds() -> None:
    dbs = reduce(or_, (mask_of(f"DBS2012{era}_cache.txt") for era in "ABCD"))
    named = {line.split()[0] for era in "ABCD" for line in text_of(f"DBS2012{era}_cache.txt").splitlines() if line.split()}
    assert (mask_of(GOLDEN_2012).n_runs, len(named), dbs.n_runs) == (572, 783, 750)  # 33 have no lumisections
    assert mask_of(GOLDEN_2012) < dbs


def test_check_10_good_and_bad_pixels_are_disjoint() -> None:
    assert mask_of("pixel_good_201201.json").isdisjoint(mask_of("pixel_bad_201201.json"))


def test_check_11_the_rereco_of_2018_adds_three_runs() -> None:
    change = mask_of(PREVIOUS_2018).diff(mask_of(EARLY_2018))
    assert not change.removed
    assert change.added.to_dict() == {"316470": [[323, 476]], "316472": [[1, 70]], "318733": [[1, 33]]}
    assert change.added.n_lumisections == 257


def test_check_12_dcs_only_2018_is_rebuilt_from_oms() -> None:
    published = mask_of(DCS_2018)
    common = [run for run in rebuilt() if run in published]
    assert len(common) == 185
    assert sum(rebuilt()[run] == published[run] for run in common) == 152
    assert sum(run not in published for run in rebuilt()) == 17


def test_check_12_lists_would_be_compared_in_vain() -> None:
    written = json.loads(text_of(DCS_2018))
    assert sum(ranges.to_list() == written.get(str(run)) for run, ranges in rebuilt().items()) == 123


def test_check_13_golden_2018_is_a_subset_of_the_rebuilt_json() -> None:
    golden = mask_of(LEGACY_2018).restrict(*RUNS_OF_12)
    assert golden.n_runs == 56
    assert golden < rebuilt()


def test_check_17_coffeas_own_example() -> None:
    mask = mask_of(EOY_2017)
    assert mask(np.array([303825, 123], np.uint32), np.array([115, 123], np.uint32)).tolist() == [True, False]


@pytest.mark.parametrize(("name", "runs"), [(DCS_2018, 206), (DCS_2017, 521)])
def test_trap_ranges_are_unsorted_adjacent_or_split(name: str, runs: int) -> None:
    problems = LumiMask.problems(text_of(name))
    assert len({problem.run_number for problem in problems}) == runs
    assert {problem.kind for problem in problems} == {"order", "touch"}
    assert not LumiMask.problems(mask_of(name).to_json())


def test_trap_the_run_that_is_named_is_put_in_order() -> None:
    assert json.loads(text_of(DCS_2018))["314487"] == [[15, 15], [1, 14]]
    assert mask_of(DCS_2018)[314487] == LumiRanges([(1, 15)])


def test_trap_one_name_has_three_contents_in_2022() -> None:
    versions = [mask_of(name) for name in (GOLDEN_2022, FIRST_2022, LATER_2022)]
    assert [version.n_lumisections for version in versions] == [120342, 123097, 123182]


@pytest.mark.parametrize(
    ("old", "new", "lumisections"),
    [
        (GOLDEN_2022, FIRST_2022, (120342, 123097)),
        (FIRST_2022, LATER_2022, (123097, 123182)),
        (FIRST_2024, GOLDEN_2024, (287707, 287603)),
        (GOLDEN_2023, LATER_2023, (90754, 90364)),
    ],
)
def test_trap_a_later_version_can_lose_lumisections(old: str, new: str, lumisections: tuple[int, int]) -> None:
    before, after = mask_of(old), mask_of(new)
    change = before.diff(after)
    assert (before.n_lumisections, after.n_lumisections) == lumisections
    assert after.n_lumisections == before.n_lumisections + change.added.n_lumisections - change.removed.n_lumisections
    assert (before - change.removed) | change.added == after
    if lumisections[0] > lumisections[1]:
        assert change.removed


def test_trap_some_code_writes_minus_one_for_all_lumisections() -> None:
    golden = mask_of(LEGACY_2018)
    whole = LumiMask.from_json({str(run): [[-1]] for run in golden})
    assert golden < whole
    assert whole & golden == golden
    assert not whole & mask_of(UL_2017)
