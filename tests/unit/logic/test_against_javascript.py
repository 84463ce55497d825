"""json-logic-js itself decides: the same rules must have the same answers in JavaScript and here.

The library is installed with npm into a temporary folder, or found in the folder that ``RUNREGISTRY_JSON_LOGIC_JS`` names; where
neither works, or Node.js is missing, these tests are skipped. ``RUNREGISTRY_JSON_LOGIC_CASES`` is the number of random rules.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.unit.logic.exact import exact, exact_answer
from tests.unit.logic.random_rules import COMPARISONS, NUMBERS, SCALARS, TEXTS, random_case
from tests.unit.logic.test_semantics import HAND_CASES

from runregistry.errors import LogicError
from runregistry.logic import parse_rule

ORACLE = Path(__file__).parents[2] / "data" / "json-logic" / "oracle.js"
LIBRARY = "json-logic-js@2.0.5"
CASES = int(os.environ.get("RUNREGISTRY_JSON_LOGIC_CASES", "1500"))

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which json-logic-js is installed."""
    named = os.environ.get("RUNREGISTRY_JSON_LOGIC_JS")
    found = Path(named) if named else tmp_path_factory.mktemp("json-logic-js")
    if (found / "node_modules" / "json-logic-js").is_dir():
        return found.resolve()
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, and RUNREGISTRY_JSON_LOGIC_JS names no folder with json-logic-js")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(found), LIBRARY]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=60, stdin=subprocess.DEVNULL)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm can't install {LIBRARY} here: {str(error.stderr or error)[:200]}")
    return found.resolve()


def javascript(folder: Path, cases: list[str]) -> list[Any]:
    """Answers of json-logic-js, from one Node process."""
    lines = "".join(text + "\n" for text in cases)
    command = ["node", str(ORACLE), str(folder)]
    finished = subprocess.run(command, input=lines, capture_output=True, text=True, encoding="utf-8", check=True, timeout=300)
    return [json.loads(line) for line in finished.stdout.splitlines()]


def ours(rule: Any, data: Any) -> dict[str, Any]:
    try:
        parsed = parse_rule(rule, defer_unknown=True)
        return {"value": exact(parsed.apply(data)), "passes": parsed.is_true(data)}
    except LogicError as error:
        return {"error": str(error)}


def agree(mine: dict[str, Any], answer: dict[str, Any]) -> bool:
    if "error" in answer:
        # Texts are compared where they reach users; JavaScript's TypeErrors have words of their own here.
        text = answer["error"] if answer["error"].startswith("Unrecognized operation") else ""
        return "error" in mine and mine["error"].startswith(text)
    return mine == {"value": exact_answer(answer["value"]), "passes": answer["passes"]}


def assert_same_answers(folder: Path, cases: list[tuple[Any, Any]]) -> None:
    texts = [json.dumps({"rule": rule, "data": data}) for rule, data in cases]
    answers = javascript(folder, texts)
    assert len(answers) == len(cases)
    differences = []
    for text, answer in zip(texts, answers, strict=True):
        # Both sides decode the text: lists that the data shares with itself would be equal to one another, here only.
        mine = ours(**json.loads(text))
        if not agree(mine, answer):
            differences.append(f"{text}\njavascript {answer}\nours {mine}")
    assert not differences, f"{len(differences)} of {len(cases)} differ; the first:\n" + "\n\n".join(differences[:3])


def test_random_rules_have_the_answers_of_json_logic_js(folder: Path) -> None:
    assert_same_answers(folder, [random_case(seed) for seed in range(CASES)])


def test_the_cases_written_by_hand_have_the_answers_of_json_logic_js(folder: Path) -> None:
    assert_same_answers(folder, [(rule, data) for rule, data, _ in HAND_CASES])


def test_every_pair_of_odd_values_has_the_answers_of_json_logic_js(folder: Path) -> None:
    operators = [*COMPARISONS, "+", "-", "*", "/", "%", "in", "cat", "substr", "min", "max", "merge", "and"]
    values: list[Any] = [*SCALARS, *NUMBERS, *TEXTS, [], {}, [None], [[]], [1], ["1"], ["a", 2], {"a": 1}]
    rule = [{operator: [{"var": "one"}, {"var": "other"}]} for operator in operators]
    assert_same_answers(folder, [(rule, {"one": one, "other": other}) for one, other in itertools.product(values, repeat=2)])


def test_every_double_is_written_as_javascript_writes_it(folder: Path) -> None:
    random = Random(42)
    doubles = [struct.unpack("<d", random.randbytes(8))[0] for _ in range(2000)]
    doubles += [random.random() * 10 ** random.randint(-10, 25) for _ in range(2000)] + [10.0**power for power in range(-12, 25)]
    finite = [double for double in doubles if abs(double) < float("inf")]
    assert_same_answers(folder, [({"cat": {"var": ""}}, double) for double in finite])
