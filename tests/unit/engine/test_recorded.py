"""What the service recorded in world-1: classes, sign-off and golden JSONs, made again from what was sent to it.

No server takes part: datasets are built from the requests, and the engine classifies, signs off and certifies.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runregistry.engine import (
    OfflineClassifiers,
    RunClassifiers,
    by_component,
    evaluate,
    make_golden,
    make_statistics,
    oms_lumisections,
)
from runregistry.logic import parse_rule_text
from runregistry.lumis.steps import elementary
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.terms import LUMINOSITY_ATTRIBUTES, OMS_LUMISECTION_WHITELIST

WORLD = Path(__file__).parents[2] / "data" / "conformance" / "world-1"
STORED = OMS_LUMISECTION_WHITELIST.union(LUMINOSITY_ATTRIBUTES)
NAMES = ("full", "some", "some-wild", "some-under", "alternation", "odd", "online", "runs", "nothing", "truthy")
# The service concatenates the ranges of several datasets of one run; here they are united.
OVERLAPPING = {"alternation", "runs"}
BY_RUN = {"generated_json", "generated_anti_json"}


def lines(name: str) -> list[dict[str, Any]]:
    with gzip.open(WORLD / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@cache
def build() -> list[dict[str, Any]]:
    return [exchange for exchange in lines("build.jsonl.gz") if exchange["status"] == 200]


def configured(family: str) -> list[dict[str, Any]]:
    return [exchange["answer"] for exchange in build() if exchange["name"] == f"setup/{family}"]


def offline_components() -> dict[int, str]:
    settings = json.loads((WORLD / "settings.json").read_text(encoding="utf-8"))
    offline = {row["id"]: row["workspace"] for row in settings["workspaces"] if row["online_or_offline"] == "offline"}
    columns = [column for column in settings["columns"] if column["id_workspace"] in offline]
    return {column["id"]: f"{offline[column['id_workspace']]}-{column['name']}" for column in columns}


@cache
def world() -> dict[tuple[int, str], CertifiedDataset]:
    """All datasets after `build.jsonl.gz`, made by the engine from what was posted."""
    classifiers = OfflineClassifiers(by_component(configured("component"), offline_components()))
    datasets: dict[tuple[int, str], CertifiedDataset] = {}
    for exchange in build():
        body = exchange.get("body", {})
        match exchange["name"]:
            case "build/run" | "build/bare":
                online = posted_run(body)
                datasets[online.run_number, "online"] = online
            case "build/edit":
                edited = body["new_lumisection_range"]
                value = {key: edited[key] for key in ("status", "comment", "cause")}
                columns = datasets[body["run_number"], body["dataset_name"]].columns
                columns.apply_rr([(edited["start"], edited["end"], {body["component"]: value})])
            case "build/signoff":
                online = datasets[body["run_number"], "online"]
                rr_attributes = exchange["answer"]["rr_attributes"]
                for dataset in signed_off(online, rr_attributes, classifiers):
                    datasets[dataset.run_number, dataset.name] = dataset
                datasets[body["run_number"], "online"] = online._replace(rr_attributes=rr_attributes)
    return datasets


def posted_run(body: dict[str, Any]) -> CertifiedDataset:
    columns = LumisectionColumns()
    columns.apply_rr((number, number, row) for number, row in enumerate(body["rr_lumisections"], 1))
    kept = ({name: value for name, value in row.items() if name in STORED} for row in body["oms_lumisections"])
    columns.apply_oms((number, number, row) for number, row in enumerate(kept, 1))
    oms_attributes = body["oms_attributes"]
    return CertifiedDataset(oms_attributes["run_number"], "online", {}, body["rr_attributes"], oms_attributes, columns)


def signed_off(
    online: CertifiedDataset, rr_attributes: dict[str, Any], classifiers: OfflineClassifiers
) -> list[CertifiedDataset]:
    statuses = classifiers.statuses(online.oms_attributes, online.rr_attributes, online.columns)
    made = []
    for accepted in configured("accepted"):
        wanted = accepted["class"] == rr_attributes["class"] and accepted["enabled"]
        if wanted and accepted["run_from"] <= online.run_number <= accepted["run_to"]:
            columns = LumisectionColumns()
            columns.apply_rr(elementary(statuses))
            columns.apply_oms(elementary(online.columns.oms))
            made.append(online._replace(name=accepted["name"], rr_attributes=rr_attributes, columns=columns))
    return made


def selected(dataset_filter: str) -> list[CertifiedDataset]:
    pattern = re.compile(dataset_filter.replace("%", ".*").replace("_", "."))
    return [dataset for key, dataset in sorted(world().items()) if pattern.fullmatch(dataset.name)]


def recorded(name: str) -> dict[str, Any]:
    [exchange] = [exchange for exchange in lines("golden.jsonl.gz") if exchange["name"] == f"golden/{name}"]
    return exchange


def agree(made: Any, answered: Any) -> bool:
    if isinstance(made, dict):
        return made.keys() == answered.keys() and all(agree(made[key], answered[key]) for key in made)
    if isinstance(made, float):
        return math.isclose(made, answered, rel_tol=1e-9)
    return bool(made == answered)


@pytest.mark.parametrize("name", NAMES)
def test_golden_jsons_come_out_as_recorded(name: str) -> None:
    exchange = recorded(name)
    made = vars(make_golden(parse_rule_text(exchange["body"]["json_logic"]), selected(exchange["body"]["dataset_name_filter"])))
    answered = exchange["final"]["final_json"]
    late = {"generated_anti_json", "generated_anti_json_with_dataset_names"} if name == "odd" else set()
    compared = made.keys() - late - (BY_RUN if name in OVERLAPPING else set())
    assert [key for key in compared if not agree(made[key], answered[key])] == []


@pytest.mark.parametrize("name", sorted(OVERLAPPING))
def test_datasets_of_one_run_are_united_where_the_service_repeats_them(name: str) -> None:
    exchange = recorded(name)
    made = vars(make_golden(parse_rule_text(exchange["body"]["json_logic"]), selected(exchange["body"]["dataset_name_filter"])))
    for field in BY_RUN:
        answered = exchange["final"]["final_json"][field]
        sets = {run: {n for first, last in ranges for n in range(first, last + 1)} for run, ranges in answered.items()}
        assert {run: {n for first, last in ranges for n in range(first, last + 1)} for run, ranges in made[field].items()} == sets


@pytest.mark.parametrize("name", [name for name in NAMES if name != "odd"])
def test_statistics_come_out_as_recorded(name: str) -> None:
    exchange = recorded(name)
    rule, datasets = parse_rule_text(exchange["body"]["json_logic"]), selected(exchange["body"]["dataset_name_filter"])
    made, answered = vars(make_statistics(rule, datasets)), exchange["final"]["final_json"]
    assert [key for key in made if not agree(made[key], answered[key])] == []


def test_a_top_level_if_has_statistics_though_the_service_never_made_them() -> None:
    exchange = recorded("odd")
    rule, datasets = parse_rule_text(exchange["body"]["json_logic"]), selected(exchange["body"]["dataset_name_filter"])
    statistics = make_statistics(rule, datasets)
    answered = exchange["final"]["final_json"]
    lost = answered["total_recorded_luminosity"] - answered["recorded_luminosity_in_json"]
    assert statistics.total_recorded_luminosity_lost == pytest.approx(lost)
    assert len(statistics.rules_flagged_false_quantity_luminosity) == 1


def test_classes_and_significance_come_out_as_posted() -> None:
    classifiers = RunClassifiers(configured("class"), configured("dataset"))
    for exchange in build():
        if exchange["name"] == "build/run":
            body = exchange["body"]
            columns = oms_lumisections(body["oms_lumisections"]).columns
            posted = {key: body["rr_attributes"][key] for key in ("class", "significant")}
            assert classifiers.attributes(columns, body["oms_attributes"], {"class": "", "significant": False}) == posted


def test_nothing_passes_outside_of_the_lumisections_of_a_dataset() -> None:
    datasets = list(world().values())
    sizes = [sum(last - first + 1 for first, last in passed) for passed in evaluate(parse_rule_text("true"), datasets)]
    assert sizes == [min(dataset.columns.rr_last, dataset.columns.oms_last) for dataset in datasets]
