"""Every keyword filter, asked of a real registry: it answers exactly the rows that a look at all rows picks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.architecture.source import ROOT
from tests.conformance.replay import WORLD, read_part
from tests.integration.registry import EXPERT, GOOD

from runregistry import LumiMask
from runregistry.client import Client
from runregistry.client.conditions import CONDITIONS
from runregistry.client.fields import parse_fields
from runregistry.client.flows import DATASETS, RUNS, Question, read_pages
from runregistry.client.flows.oms import with_oms
from runregistry.client.keywords import DatasetKeywords, RunKeywords, wire_filter
from runregistry.filters.patterns import like
from runregistry.local import EmbeddedTransport, open_registry
from runregistry.terms import RUN_STATES

Row = dict[str, Any]
Picks = Callable[[Row], bool]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A registry with the recorded runs, datasets and edits of the world."""
    store, app = open_registry("sqlite://", WORLD / "settings.json", auth="headers")
    with Client("embedded", transport=EmbeddedTransport(store, app)) as made:
        http = made._session._connected()
        for row in read_part("build"):
            http.request(row["method"], "http://embedded" + row["path"], json=row.get("body"), headers=row.get("headers"))
        for number, seen in enumerate((["DBS"], ["DQM GUI", "DBS"], [])):
            http.post("http://embedded/datasets", json=rereco(number, seen), headers=EXPERT).raise_for_status()
        yield made


def rereco(number: int, appeared_in: list[str]) -> Row:
    """What creates a dataset that a person has begun to certify."""
    return {
        "run_number": 328762,
        "dataset_name": f"/ReReco/Run2018{'ABC'[number]}_UL/DQM",
        "dataset_attributes": {"global_state": "OPEN", "tracker_state": RUN_STATES[number], "appeared_in": appeared_in},
        "rr_lumisections": [{"dt-dt": GOOD}] * 12,
    }


@pytest.fixture(scope="module")
def all_runs(client: Client) -> list[Row]:
    return read(client, RUNS, {})


@pytest.fixture(scope="module")
def all_datasets(client: Client) -> list[Row]:
    return read(client, DATASETS, {})


def read(client: Client, listing: Any, filter: Any = None, is_wire_filter: bool = False, **keywords: Any) -> list[Row]:
    wire = wire_filter(listing, filter, is_wire_filter, keywords)
    return client._session.run(read_pages(listing, Question(wire, [], 500)))


def oms(row: Row) -> Row:
    found: Row = row.get("Run", row)["oms_attributes"]
    return found


def rr(row: Row) -> Row:
    found: Row = row.get("Run", row)["rr_attributes"]
    return found


def summary(row: Row, component: str) -> Row:
    found: Row = row["DatasetTripletCache"]["triplet_summary"].get(component, {})
    return found


def has(component: str, *statuses: str) -> Picks:
    return lambda row: any(summary(row, component).get(status, 0) > 0 for status in statuses)


def says(part: str, text: str, *components: str) -> Picks:
    def picks(row: Row) -> bool:
        of_row = row["DatasetTripletCache"]["triplet_summary"]
        return any(
            text.lower() in said.lower()
            for name, one in of_row.items()
            if name in components or not components
            for said in one[part]
        )

    return picks


def starts(first: str = "", last: str = "9") -> Picks:
    return lambda row: oms(row).get("start_time") is not None and first <= oms(row)["start_time"] <= last


RUN_CASES: list[tuple[dict[str, Any], Picks]] = [
    ({"run_min": 315000, "run_max": 322000}, lambda row: 315000 <= row["run_number"] <= 322000),
    ({"runs": [328762, 323555, 1]}, lambda row: row["run_number"] in (328762, 323555)),
    ({"runs": {"323555": [[1, 5]]}}, lambda row: row["run_number"] == 323555),
    ({"runs": LumiMask({323555: [(1, 5)], 328762: [(1, 1)]})}, lambda row: row["run_number"] in (328762, 323555)),
    ({"runs": np.array([328762, 323555])}, lambda row: row["run_number"] in (328762, 323555)),
    ({"runs": pd.Series([328762.0, 323555.0])}, lambda row: row["run_number"] in (328762, 323555)),
    ({"runs": "315000-320000,328762"}, lambda row: 315000 <= row["run_number"] <= 320000 or row["run_number"] == 328762),
    ({"runs": range(315000, 320000)}, lambda row: 315000 <= row["run_number"] < 320000),
    ({"runs": []}, lambda row: False),
    ({"run_class": "Collisions18"}, lambda row: rr(row)["class"] == "Collisions18"),
    ({"run_class": "cosmics%"}, lambda row: rr(row)["class"].startswith("Cosmics")),
    ({"run_class": ["Collisions18", "%CRUZET"]}, lambda row: bool(re.fullmatch("Collisions18|.*CRUZET", rr(row)["class"]))),
    ({"fill": 6262}, lambda row: oms(row)["fill_number"] == 6262),
    ({"fill": [6262, 6263, 7000]}, lambda row: oms(row)["fill_number"] in (6262, 6263, 7000)),
    ({"fill": (6300, 7000)}, lambda row: (oms(row)["fill_number"] or 0) in range(6300, 7001)),
    ({"state": ["OPEN", "completed"]}, lambda row: rr(row)["state"] in ("OPEN", "COMPLETED")),
    ({"significant": True}, lambda row: rr(row)["significant"] is True),
    ({"significant": False}, lambda row: rr(row)["significant"] is False),
    ({"since": "2018-06-01"}, starts("2018-06-01")),
    ({"since": "2018-06-01", "until": "2018-06-15"}, starts("2018-06-01", "2018-06-16")),
    ({"components": {"dt-dt": "BAD"}}, has("dt-dt", "BAD")),
    (
        {"components": {"hcal-hcal": ["STANDBY", "BAD"], "cms-cms": "GOOD"}},
        lambda row: has("hcal-hcal", "STANDBY", "BAD")(row) and has("cms-cms", "GOOD")(row),
    ),
    ({"where": "not hcal-hcal = BAD"}, lambda row: not has("hcal-hcal", "BAD")(row)),
    ({"where": "hcal-hcal.BAD < 3"}, lambda row: summary(row, "hcal-hcal").get("BAD", 0) < 3),
    (
        {"where": "(class like 'coll%' or ls_duration > 20 and (energy is null or not significant)) and dt-dt = GOOD"},
        lambda row: (
            (
                rr(row)["class"].startswith("Coll")
                or (oms(row)["ls_duration"] > 20 and (oms(row)["energy"] is None or rr(row)["significant"] is False))
            )
            and has("dt-dt", "GOOD")(row)
        ),
    ),
    (
        {"where": {"class": {"or": ["Collisions18", "Cosmics18"]}}, "run_min": 315000},
        lambda row: rr(row)["class"] in ("Collisions18", "Cosmics18") and row["run_number"] >= 315000,
    ),
]
DATASET_CASES: list[tuple[dict[str, Any], Picks]] = [
    ({"dataset_name": "online"}, lambda row: row["name"] == "online"),
    (
        {"dataset_name": ["/Express/%", "/PromptReco/Collisions2018A/DQM"]},
        lambda row: row["name"].startswith("/Express/") or row["name"] == "/PromptReco/Collisions2018A/DQM",
    ),
    ({"era": "2018A"}, lambda row: bool(re.search(r"18A[/_-]", row["name"]))),
    ({"era": ["A", "Z"]}, lambda row: bool(re.search(r"\d[AZ][/_-]", row["name"]))),
    ({"dataset_state": "OPEN"}, lambda row: row["dataset_attributes"].get("global_state") == "OPEN"),
    (
        {"states": {"tracker": ["OPEN", "waiting dqm gui"], "global": "OPEN"}},
        lambda row: (
            row["dataset_attributes"].get("tracker_state") in ("OPEN", "waiting dqm gui")
            and row["dataset_attributes"].get("global_state") == "OPEN"
        ),
    ),
    ({"appeared_in": "dbs"}, lambda row: "DBS" in (row["dataset_attributes"].get("appeared_in") or [])),
    (
        {"appeared_in": ["GUI", "DQM GUI"]},
        lambda row: bool(set(row["dataset_attributes"].get("appeared_in") or []) & {"GUI", "DQM GUI"}),
    ),
    ({"components": {"dt-dt": "BAD"}}, has("dt-dt", "BAD")),
    (
        {"where": "class = Collisions18 and dataset_name not like 'online' and dt-dt.GOOD > 5"},
        lambda row: rr(row)["class"] == "Collisions18" and row["name"] != "online" and summary(row, "dt-dt").get("GOOD", 0) > 5,
    ),
    (
        {"fill": (6300, None), "run_class": "%18"},
        lambda row: (oms(row)["fill_number"] or 0) >= 6300 and rr(row)["class"].endswith("18"),
    ),
    (
        {"runs": [328762, 323555], "state": "SIGNOFF"},
        lambda row: row["run_number"] in (328762, 323555) and rr(row)["state"] == "SIGNOFF",
    ),
]


def keys(rows: list[Row]) -> list[tuple[Any, ...]]:
    return [(row["run_number"], row.get("name")) for row in rows]


@pytest.mark.parametrize(("keywords", "picks"), RUN_CASES, ids=[str(keywords)[:60] for keywords, _ in RUN_CASES])
def test_a_keyword_answers_the_runs_that_it_means(
    client: Client, all_runs: list[Row], keywords: dict[str, Any], picks: Picks
) -> None:
    assert keys(read(client, RUNS, **keywords)) == keys([row for row in all_runs if picks(row)])


@pytest.mark.parametrize(("keywords", "picks"), DATASET_CASES, ids=[str(keywords)[:60] for keywords, _ in DATASET_CASES])
def test_a_keyword_answers_the_datasets_that_it_means(
    client: Client, all_datasets: list[Row], keywords: dict[str, Any], picks: Picks
) -> None:
    assert keys(read(client, DATASETS, **keywords)) == keys([row for row in all_datasets if picks(row)])


def test_the_cases_tell_rows_apart(all_runs: list[Row], all_datasets: list[Row]) -> None:
    for cases, rows in ((RUN_CASES, all_runs), (DATASET_CASES, all_datasets)):
        empty = [keywords for keywords, picks in cases if not any(map(picks, rows)) and keywords.get("runs") != []]
        full = [keywords for keywords, picks in cases if all(map(picks, rows))]
        assert (empty, full) == ([], [])


@pytest.mark.parametrize("part", ["comments", "causes"])
@pytest.mark.parametrize("listing", [RUNS, DATASETS])
def test_comments_and_causes_are_found_in_one_component_and_in_all(
    client: Client, all_runs: list[Row], all_datasets: list[Row], listing: Any, part: str
) -> None:
    rows = all_runs if listing is RUNS else all_datasets
    keyword = {"comments": "comment", "causes": "cause"}[part]
    said = [
        (component, text)
        for row in rows
        for component, one in row["DatasetTripletCache"]["triplet_summary"].items()
        for text in one[part]
        if component in ("dt-dt", "csc-csc", "tracker-strip", "hcal-hcal", "ecal-ecal")
    ]
    assert said
    for component, text in sorted(set(said))[:4]:
        some = text[: max(2, len(text) - 2)].upper()
        found = read(client, listing, **{keyword: {component: some}})
        assert keys(found) == keys([row for row in rows if says(part, some, component)(row)])
        assert keys(read(client, listing, **{keyword: some})) == keys([row for row in rows if says(part, some)(row)])
        pattern = text[:2] + "%" + text[-2:]
        matches = like(pattern)
        picked = [row for row in rows if any(map(matches, summary(row, component).get(part, [])))]
        assert keys(read(client, listing, **{keyword: {component: pattern}})) == keys(picked)


def test_keywords_narrow_a_filter_of_either_form(client: Client, all_runs: list[Row]) -> None:
    picked = [row for row in all_runs if rr(row)["class"] == "Collisions18" and row["run_number"] <= 320000]
    assert picked
    assert keys(read(client, RUNS, {"class": "Collisions18"}, run_max=320000)) == keys(picked)
    either = {"or": [{"rr_attributes.class": "Collisions18"}, {"rr_attributes.class": "x"}]}
    assert keys(read(client, RUNS, either, True, run_max=320000)) == keys(picked)


def test_a_group_of_numbers_that_the_service_refuses_is_answered(client: Client, all_runs: list[Row]) -> None:
    found = read(client, RUNS, {"fill_number": {"and": [{">": 6300}, {"<": 7000}]}, "ls_duration": [12, 20, 5]})
    picked = [row for row in all_runs if 6300 < (oms(row)["fill_number"] or 0) < 7000 and oms(row)["ls_duration"] in (12, 20, 5)]
    assert keys(found) == keys(picked)


def test_runs_of_an_era_are_those_of_its_datasets(client: Client) -> None:
    datasets = read(client, DATASETS, era="2018A")
    assert {row["run_number"] for row in read(client, RUNS, runs=datasets)} == {row["run_number"] for row in datasets}


def test_oms_attributes_are_completed_for_datasets_without_them(client: Client, all_datasets: list[Row]) -> None:
    bare = json.loads(json.dumps(all_datasets))
    for row in bare:
        del row["Run"]["oms_attributes"]
    assert client._session.run(with_oms(bare, page_size=7)) == all_datasets


def test_fields_are_taken_from_rows_of_the_registry(all_runs: list[Row], all_datasets: list[Row]) -> None:
    for listing, rows in ((RUNS, all_runs), (DATASETS, all_datasets)):
        fields = parse_fields(["run_number", "class", "energy", "hcal-hcal.BAD"], listing)
        for row in rows:
            count = summary(row, "hcal-hcal").get("BAD", 0) if summary(row, "hcal-hcal") else None
            assert list(fields.take(row).values()) == [row["run_number"], rr(row)["class"], oms(row)["energy"], count]


PAGE = ROOT / "docs" / "filters.md"


def test_the_page_about_filters_names_every_keyword() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Keywords")[2].partition("## Where")[0]
    first_cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    assert (
        set(re.findall(r"`(\w+)`", " ".join(first_cells)))
        == DatasetKeywords.__annotations__.keys() | RunKeywords.__annotations__.keys()
    )
    assert set(CONDITIONS) == DatasetKeywords.__annotations__.keys() | RunKeywords.__annotations__.keys()


def test_the_examples_of_the_page_run(client: Client) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {"client": client}
    for block in blocks:
        exec(block, names)
    assert names["rows"]
    assert {row["run_number"] for row in names["runs_of_prompt"]} == {row["run_number"] for row in names["prompt"]} != set()
    assert list(names["table"][0]) == ["run_number", "fill_number", "tracker-strip.GOOD", "dt-dt.comments"]
    assert names["counts"][0]["hcal-hcal"]["EMPTY"] >= 0
