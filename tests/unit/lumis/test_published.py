"""Relations between JSONs that CMS published; the numbers are facts about these files."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from runregistry.lumis import LumiMask, LumiRanges

Published = Callable[[str], LumiMask]

HEAVY_IONS_2011 = "Cert_181530-183126_HI7TeV_PromptReco_Collisions11_JSON.txt"
HEAVY_IONS_2011_MUON = "Cert_181530-183126_HI7TeV_PromptReco_Collisions11_JSON_MuonPhys.txt"
GOLDEN_2017_UL = "Cert_294927-306462_13TeV_UL2017_Collisions17_GoldenJSON.txt"
GOLDEN_2017_EOY = "Cert_294927-306462_13TeV_EOY2017ReReco_Collisions17_JSON.txt"
GOLDEN_2018_EARLY = "Cert_314472-325175_13TeV_17SeptEarlyReReco2018ABC_PromptEraD_Collisions18_JSON.txt"
GOLDEN_2018_LEGACY = "Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt"
GOLDEN_2018_PREVIOUS = "2018_previous_golden.json"
GOLDEN_2022_PART = "Cert_Collisions2022_355100_362439_Golden.json"
MUON_2022_PART = "Cert_Collisions2022_355100_362439_Muon.json"
GOLDEN_2022 = "Cert_Collisions2022_355100_362760_Golden.json"
MUON_2022 = "Cert_Collisions2022_355100_362760_Muon.json"
GOLDEN_2023 = "Cert_Collisions2023_366442_370790_Golden.json"
MUON_2023 = "Cert_Collisions2023_366442_370790_Muon.json"
DCS_2017 = "json_DCSONLY_2017.txt"
DCS_2018 = "json_DCSONLY_2018.txt"
DCS_2022 = "json_DCSONLY_2022.txt"
DCS_2023 = "Collisions23_13p6TeV_eraBCD_366403_370790_DCSOnly_TkPx.json"
TRACKER_2018 = "tracker_prompt2018_generated.json"
TRACKER_2018_PART = "tracker_prompt2018_314324to316201_generated.json"

SIZES = {
    HEAVY_IONS_2011: (62, 67, 28057, 181611, 183013),
    HEAVY_IONS_2011_MUON: (71, 77, 28211, 181611, 183013),
    GOLDEN_2017_UL: (457, 813, 206287, 297050, 306460),
    GOLDEN_2017_EOY: (474, 828, 206562, 297050, 306460),
    GOLDEN_2018_EARLY: (478, 760, 234186, 315257, 325172),
    GOLDEN_2018_LEGACY: (478, 762, 234529, 315257, 325172),
    GOLDEN_2018_PREVIOUS: (477, 758, 233929, 315257, 325172),
    GOLDEN_2022: (358, 455, 120342, 355374, 362760),
    MUON_2022: (461, 528, 137468, 355100, 362760),
    GOLDEN_2023: (190, 293, 90754, 366727, 370790),
    TRACKER_2018: (1671, 1671, 501166, 311445, 327565),
    "pixel_good_201201.json": (491, 675, 211986, 297050, 306460),
    "pixel_bad_201201.json": (47, 49, 2391, 297046, 305250),
}


@pytest.mark.parametrize("name", SIZES)
def test_runs_ranges_and_lumisections_are_counted(published: Published, name: str) -> None:
    mask = published(name)
    assert (mask.n_runs, mask.n_ranges, mask.n_lumisections, mask.runs[0], mask.runs[-1]) == SIZES[name]


@pytest.mark.parametrize(("name", "runs", "lumisections"), [(DCS_2017, 1016, 276928), (DCS_2018, 681, 258508)])
def test_split_and_unsorted_ranges_hold_no_more_lumisections(
    published: Published, name: str, runs: int, lumisections: int
) -> None:
    mask = published(name)
    assert (mask.n_runs, mask.n_lumisections) == (runs, lumisections)


@pytest.mark.parametrize(("name", "messy"), [(DCS_2017, 521), (DCS_2018, 206)])
def test_the_dcs_only_jsons_hold_runs_that_need_tidying(
    published: Published, published_text: Callable[[str], bytes], name: str, messy: int
) -> None:
    mask = published(name)
    written = json.loads(published_text(name))
    assert sum(mask[int(run)].to_list() != ranges for run, ranges in written.items()) == messy


def test_an_unsorted_run_is_put_in_order(published: Published, published_text: Callable[[str], bytes]) -> None:
    assert json.loads(published_text(DCS_2018))["314487"] == [[15, 15], [1, 14]]
    assert published(DCS_2018)[314487] == LumiRanges([(1, 15)])


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (HEAVY_IONS_2011, HEAVY_IONS_2011_MUON),
        (GOLDEN_2022_PART, MUON_2022_PART),
        (GOLDEN_2022, MUON_2022),
        (GOLDEN_2023, MUON_2023),
        (GOLDEN_2022_PART, GOLDEN_2022),
        (GOLDEN_2018_EARLY, DCS_2018),
        (GOLDEN_2018_LEGACY, DCS_2018),
        (GOLDEN_2023, DCS_2023),
        (GOLDEN_2018_LEGACY, TRACKER_2018),
        (TRACKER_2018_PART, TRACKER_2018),
        (GOLDEN_2018_PREVIOUS, GOLDEN_2018_EARLY),
    ],
)
def test_the_stricter_json_is_a_true_subset_of_the_looser_one(published: Published, part: str, whole: str) -> None:
    one, other = published(part), published(whole)
    assert one < other
    assert not other <= one
    assert not one - other
    assert one & other == one
    assert one | other == other


def test_the_golden_json_of_2017_leaves_its_dcs_only_json_in_one_run(published: Published) -> None:
    assert (published(GOLDEN_2017_UL) - published(DCS_2017)).to_dict() == {"305081": [[226, 227]]}


def test_the_golden_json_of_2022_leaves_its_dcs_only_json_in_two_runs(published: Published) -> None:
    outside = published(GOLDEN_2022) - published(DCS_2022)
    assert outside.to_dict() == {"359998": [[756, 756], [1889, 1918]], "360017": [[71, 81]]}
    assert outside.n_lumisections == 42


def test_good_and_bad_pixels_are_disjoint(published: Published) -> None:
    good, bad = published("pixel_good_201201.json"), published("pixel_bad_201201.json")
    assert good.isdisjoint(bad)
    assert good ^ bad == good | bad
    assert (good | bad).n_lumisections == good.n_lumisections + bad.n_lumisections


def test_the_rereco_of_2018_adds_lumisections_in_three_runs(published: Published) -> None:
    change = published(GOLDEN_2018_PREVIOUS).diff(published(GOLDEN_2018_EARLY))
    assert change.added.to_dict() == {"316470": [[323, 476]], "316472": [[1, 70]], "318733": [[1, 33]]}
    assert change.added.n_lumisections == 257
    assert not change.removed


@pytest.mark.parametrize("name", [*SIZES, DCS_2017, DCS_2018])
def test_writing_and_reading_a_published_json_gives_it_back(published: Published, name: str) -> None:
    mask = published(name)
    assert LumiMask.from_json(mask.to_json()) == mask
