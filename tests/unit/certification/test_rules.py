from __future__ import annotations

import json
from pathlib import Path

import pytest

from runregistry.certification import get_preset, preset_names, read_rule
from runregistry.certification.rules import rule_digest
from runregistry.errors import LogicError, UsageError
from runregistry.logic import parse_rule
from runregistry.terms import DATASET_COMPONENTS, OMS_LUMISECTION_WHITELIST, RUN_ATTRIBUTES, RUN_COMPONENTS

RULE = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
# As a file in the repository of the Run Registry is written: the first line says which dataset.
WITH_DATASET = '/ReReco/Run2018__UL2019/DQM\n{\n  "and": [\n    {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}\n  ]\n}\n'
# And another one, for tests.
WITH_COMMENTS = """{
    "and": [
        {
            // prettier-ignore
            "or": [{"==": [{"var": "dataset.name"}, "http://no//comment"]}] /* but
            this is one */
        }
    ]
}"""


def test_a_rule_is_read_from_python_text_and_file(tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_text("\ufeff" + json.dumps(RULE), encoding="utf-8")
    for given in (RULE, json.dumps(RULE), f"  {json.dumps(RULE)}", str(path), path, parse_rule(RULE)):
        assert read_rule(given).rule.source == RULE
    assert read_rule(path).name == str(path)


def test_a_first_line_that_names_the_dataset_is_taken_for_that(tmp_path: Path) -> None:
    path = tmp_path / "sample_json_logic.txt"
    path.write_text(WITH_DATASET, encoding="utf-8")
    for given in (path, WITH_DATASET):
        assert read_rule(given).dataset_name_filter == "/ReReco/Run2018__UL2019/DQM"
        assert read_rule(given).rule.source == {"and": [RULE]}


def test_comments_are_left_out_and_texts_that_look_like_them_are_not() -> None:
    given = read_rule(WITH_COMMENTS)
    assert given.rule.source == {"and": [{"or": [{"==": [{"var": "dataset.name"}, "http://no//comment"]}]}]}
    assert given.dataset_name_filter is None
    assert read_rule("// the whole file\n" + json.dumps(RULE)).rule.source == RULE


@pytest.mark.parametrize(
    ("given", "problem", "words"),
    [
        ("no/such/rule.json", UsageError, "can't read the rule no/such/rule.json: No such file"),
        ('{"==": [1, 2}', LogicError, "not JSON"),
        (WITH_DATASET.replace("]\n", "\n"), LogicError, "line 6"),
        ('{"equal": [1, 2]}', LogicError, "Unrecognized operation equal"),
        ('{"and": [{"==": [1, 1]}, {"=<": [1, 2]}]}', LogicError, r"and\[1\] \(did you mean <=\?\)"),
        ("preset:golden-2023", UsageError, "did you mean golden-2022"),
        (355100, UsageError, "not 355100"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(given: object, problem: type[Exception], words: str) -> None:
    with pytest.raises(problem, match=words):
        read_rule(given)


def test_a_rule_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no text"):
        read_rule(path)


def test_a_rule_in_a_file_that_is_wrong_is_told_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_text('{"is": [1, 2]}')
    with pytest.raises(LogicError, match=r"rule\.json: Unrecognized operation is"):
        read_rule(path)


def test_the_digest_of_a_rule_does_not_depend_on_how_it_is_written() -> None:
    assert rule_digest(json.loads(json.dumps(RULE, indent=4))) == rule_digest(RULE)
    assert rule_digest({"==": [{"var": "lumisection.rr.dt-dt"}, "BAD"]}) != rule_digest(RULE)


def test_there_is_a_preset_for_each_of_the_rules_that_teams_used() -> None:
    assert set(preset_names()) == {
        *("golden-2022", "muon-2022", "golden-2018-ul", "tracker-2024", "tracker-prompt-2018", "tracker-express-2022", "dcs-only")
    }


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_complete_and_reads_only_what_there_is(name: str) -> None:
    preset = get_preset(name)
    assert (preset.name, bool(preset.title), bool(preset.description), bool(preset.source)) == (name, True, True, True)
    given = read_rule(f"preset:{name}")
    assert given.dataset_name_filter == preset.dataset_name_filter
    assert given.rule.is_static
    known = {
        # The workspace dc, where low luminosity was marked, is in no client's list.
        "lumisection.rr": {*RUN_COMPONENTS, *DATASET_COMPONENTS, "dc-lowlumi"},
        "lumisection.oms": set(OMS_LUMISECTION_WHITELIST),
        "run.oms": {attribute.name for attribute in RUN_ATTRIBUTES.values() if attribute.source != "rr"},
    }
    unknown = [path for path in given.rule.paths if path.rpartition(".")[2] not in known[path.rpartition(".")[0]]]
    assert unknown == []


def test_the_muon_rule_asks_for_less_than_the_golden_one_but_for_the_muons() -> None:
    golden, muon = (read_rule(f"preset:{name}-2022").rule.paths for name in ("golden", "muon"))
    assert muon - golden == {"lumisection.rr.muon-muon"}
