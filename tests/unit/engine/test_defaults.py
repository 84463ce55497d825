"""The settings that ship with the package, on 779 real runs of 2018 of which only a few DCS and beam bits are known."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runregistry.engine import (
    OfflineClassifiers,
    OMSLumisections,
    OnlineClassifiers,
    RunClassifiers,
    by_component,
    derived_run_attributes,
    evaluate,
)
from runregistry.logic import parse_rule
from runregistry.lumis.steps import Step, covered
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.model.defaults import default_settings
from runregistry.terms import CERTIFIABLE_ONLINE, STATUSES

DATA = Path(__file__).parents[2] / "data"
STABLE_AND_READY = (
    *("bpix_ready", "fpix_ready", "tibtid_ready", "tecm_ready", "tecp_ready", "tob_ready", "cms_active"),
    *("beam1_present", "beam2_present", "beam1_stable", "beam2_stable"),
)
LAST_OF_2018_FILE = 316081


class Classified(NamedTuple):
    attributes: dict[str, Any]
    dataset: CertifiedDataset


def components(half: str) -> dict[int, str]:
    settings = default_settings()
    spaces = {row["id"]: row["workspace"] for row in settings["workspaces"] if row["online_or_offline"] == half}
    return {
        column["id"]: f"{spaces[column['id_workspace']]}-{column['name']}"
        for column in settings["columns"]
        if column["id_workspace"] in spaces
    }


@cache
def online_classifiers() -> OnlineClassifiers:
    return OnlineClassifiers(by_component(default_settings()["classifiers"]["component"], components("online")))


@cache
def run_classifiers() -> RunClassifiers:
    families = default_settings()["classifiers"]
    return RunClassifiers(families["class"], families["dataset"])


@cache
def runs_of_2018() -> dict[int, Classified]:
    with gzip.open(DATA / "engine" / "dcs_bits_2018.json.gz", "rt", encoding="utf-8") as file:
        runs = json.load(file)
    return {int(number): classify(int(number), bits) for number, bits in runs.items()}


def classify(number: int, bits: dict[str, list[Step]]) -> Classified:
    present = covered((first, last, True) for first, last, _ in bits["cms_active"])
    lumisections = OMSLumisections({name: [(a, b, value) for a, b, value in steps] for name, steps in bits.items()}, present)
    oms = {"run_number": number}
    oms |= derived_run_attributes(oms, lumisections)
    attributes = run_classifiers().attributes(lumisections.columns, oms, {"class": "", "significant": False})
    columns = LumisectionColumns()
    columns.oms, columns.oms_present = lumisections.columns, present
    columns.rr, columns.rr_present = online_classifiers().statuses(oms, attributes, lumisections), present
    return Classified(attributes, CertifiedDataset(number, "online", {}, attributes, oms, columns))


def published(name: str) -> dict[int, set[int]]:
    path = DATA / "lumis" / name
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        written = json.load(file)
    sets = {int(run): numbers(ranges) for run, ranges in written.items()}
    return {run: found for run, found in sets.items() if min(runs_of_2018()) <= run <= LAST_OF_2018_FILE}


def numbers(ranges: list[list[int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def passing(rule: Any) -> dict[int, set[int]]:
    datasets = [run.dataset for number, run in runs_of_2018().items() if number <= LAST_OF_2018_FILE]
    passed = evaluate(parse_rule(rule), datasets)
    return {dataset.run_number: numbers(ranges) for dataset, ranges in zip(datasets, passed, strict=True) if ranges}


def test_a_dcs_only_json_is_rebuilt_as_far_as_the_published_one_agrees() -> None:
    rule = {"and": [{"==": [{"var": f"lumisection.oms.{bit}"}, True]} for bit in STABLE_AND_READY]}
    rebuilt, official = passing(rule), published("json_DCSONLY_2018.txt.gz")
    assert len(official) == 185
    assert sum(rebuilt.get(run, set()) == found for run, found in official.items()) == 152
    assert len(rebuilt.keys() - official.keys()) == 17


def test_what_the_default_classifiers_call_good_holds_the_golden_json_of_2018() -> None:
    statuses = [{"==": [{"var": f"lumisection.rr.{name}"}, "GOOD"]} for name in ("tracker-pixel", "tracker-strip", "cms-cms")]
    good = passing({"and": [{"in": ["Collisions", {"var": "run.rr.class"}]}, *statuses]})
    golden = published("Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt")
    assert len(golden) == 56
    assert all(found <= good[run] for run, found in golden.items())


def test_every_real_run_of_2018_gets_a_class_of_2018() -> None:
    classes = Counter(run.attributes["class"] for run in runs_of_2018().values())
    assert classes == {"Collisions18": 212, "Commissioning18": 312, "Cosmics18": 255}
    golden = published("Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt")
    assert all(runs_of_2018()[run].attributes == {"class": "Collisions18", "significant": True} for run in golden)


def test_detectors_of_which_no_bit_is_known_are_not_set() -> None:
    statuses = {step[2]["status"] for run in runs_of_2018().values() for step in run.dataset.columns.rr["dt-dt"]}
    assert statuses == {"NOTSET"}


def status(component: str, oms: dict[str, Any], run: dict[str, Any] | None = None) -> str:
    lumisections = OMSLumisections({name: [(1, 1, value)] for name, value in oms.items()}, [(1, 1)])
    return str(online_classifiers().statuses(run or {}, {}, lumisections)[component][0][2]["status"])


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        ({"bpix_ready": True, "fpix_ready": True}, "GOOD"),
        ({"bpix_ready": True, "fpix_ready": False}, "STANDBY"),
        ({"bpix_ready": True, "fpix_ready": False, "beam1_stable": True, "beam2_stable": True}, "BAD"),
        ({"bpix_ready": True, "fpix_ready": None}, "NOTSET"),
        ({}, "NOTSET"),
    ],
)
def test_a_detector_follows_its_bits_and_the_beam(bits: dict[str, Any], expected: str) -> None:
    assert status("tracker-pixel", bits) == expected


def test_a_detector_is_excluded_only_where_the_components_are_known() -> None:
    bits = {"bpix_ready": True, "fpix_ready": True}
    assert status("tracker-pixel", bits, {"components": ["DT"], "dt_included": True}) == "EXCLUDED"
    assert status("tracker-pixel", bits, {"components": ["PIXEL"], "pixel_included": True}) == "GOOD"
    assert status("tracker-pixel", bits, {"components": None}) == "GOOD"


def class_of(run: dict[str, Any], bits: dict[str, Any] | None = None) -> str:
    columns = {name: [(1, 9, value)] for name, value in (bits or {}).items()}
    return str(run_classifiers().attributes(columns, run, {"class": ""})["class"])


BEAM = {"beam1_present": True, "beam2_present": True}
STABLE = BEAM | {"beam1_stable": True, "beam2_stable": True}


@pytest.mark.parametrize(
    ("run", "bits", "expected"),
    [
        ({"run_number": 355555, "start_time": "2022-07-12T18:50:30Z"}, STABLE, "Collisions22"),
        ({"run_number": 355555, "start_time": "2022-07-12T18:50:30Z", "hlt_key": "/cdaq/cosmic/V1"}, BEAM, "Cosmics22"),
        ({"run_number": 355555, "start_time": "2022-07-12T18:50:30Z", "hlt_key": "/cdaq/circulating"}, BEAM, "Commissioning22"),
        ({"run_number": 366500, "start_time": "2024-01-01T00:00:00Z"}, {}, "Cosmics24"),
        ({"run_number": 366500}, {}, "Cosmics23"),
        ({"run_number": 1}, STABLE, ""),
        ({"run_number": 366500, "hlt_key": None}, STABLE, ""),
    ],
)
def test_the_class_is_that_of_the_year_and_the_beam(run: dict[str, Any], bits: dict[str, Any], expected: str) -> None:
    assert class_of(run, bits) == expected


@pytest.mark.parametrize(
    ("file_name", "run_class"),
    [
        ("Cert_294927-306462_13TeV_UL2017_Collisions17_GoldenJSON.txt", "Collisions17"),
        ("Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt", "Collisions18"),
        ("Cert_Collisions2022_355100_362760_Golden.json", "Collisions22"),
        ("Cert_Collisions2023_366442_370790_Golden.json", "Collisions23"),
    ],
)
def test_runs_of_published_golden_jsons_are_collisions_of_their_year(file_name: str, run_class: str) -> None:
    written = json.loads((DATA / "lumis" / file_name).read_text(encoding="utf-8"))
    assert {class_of({"run_number": int(run)}, STABLE) for run in written} == {run_class}


def test_offline_components_copy_or_combine_online_ones() -> None:
    classifiers = OfflineClassifiers(by_component(default_settings()["classifiers"]["component"], components("offline")))
    golden_run = runs_of_2018()[315257].dataset
    statuses = classifiers.statuses(golden_run.oms_attributes, golden_run.rr_attributes, golden_run.columns)
    assert statuses.keys() == set(components("offline").values())
    assert statuses["tracker-pixel"] == golden_run.columns.rr["tracker-pixel"]
    both = {"and": [{"==": [{"var": f"lumisection.rr.tracker-{name}"}, "GOOD"]} for name in ("pixel", "strip")]}
    good = [[first, last] for first, last, value in statuses["tracker-track"] if value["status"] == "GOOD"]
    assert evaluate(parse_rule(both), [golden_run]) == [good]


def test_every_certifiable_component_has_classifiers_that_always_find_a_status() -> None:
    names = set(components("online").values())
    assert {f"{workspace}-{column}" for workspace, columns in CERTIFIABLE_ONLINE.items() for column in columns} <= names
    assert {status(name, {}) for name in names} == {"NOTSET"}
    assert {item["status"] for item in default_settings()["classifiers"]["component"]} <= set(STATUSES)


def test_the_settings_are_numbered_without_gaps_and_point_at_each_other() -> None:
    settings = default_settings()
    lists = [settings["workspaces"], settings["columns"], settings["permissions"], settings["datasets_accepted"]]
    for rows in [*lists, *settings["classifiers"].values()]:
        assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
    assert {column["id_workspace"] for column in settings["columns"]} <= {row["id"] for row in settings["workspaces"]}
    assert {item["component"] for item in settings["classifiers"]["component"]} == {row["id"] for row in settings["columns"]}
    classes = {item["class"] for item in settings["classifiers"]["class"]}
    assert {item["class"] for item in settings["datasets_accepted"]} <= classes
    assert {item["class"] for item in settings["classifiers"]["dataset"]} == classes


def test_offline_dataset_classifiers_know_every_offline_workspace() -> None:
    settings = default_settings()
    offline = [row["workspace"] for row in settings["workspaces"] if row["online_or_offline"] == "offline"]
    assert [item["workspace"] for item in settings["classifiers"]["offline_dataset"]] == offline
    for item in settings["classifiers"]["offline_dataset"]:
        assert parse_rule(item["classifier"]).apply({"Run": {"rr_attributes": {"class": "Collisions18"}}}) is True
