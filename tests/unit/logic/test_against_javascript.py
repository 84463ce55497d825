"""json-logic-js itself decides: the same rules must have the same answers in JavaScript and here.

Skipped unless ``RUNREGISTRY_JSON_LOGIC_JS`` names a folder in which ``npm install json-logic-js`` was run.
``RUNREGISTRY_JSON_LOGIC_CASES`` is the number of random rules.
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
FOLDER = os.environ.get("RUNREGISTRY_JSON_LOGIC_JS", "")
CASES = int(os.environ.get("RUNREGISTRY_JSON_LOGIC_CASES", "1500"))

pytestmark = [
    pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed"),
    pytest.mark.skipif(
        not FOLDER or not (Path(FOLDER) / "node_modules" / "json-logic-js").is_dir(),
        reason="RUNREGISTRY_JSON_LOGIC_JS names no folder in which `npm install json-logic-js` was run",
    ),
]


def javascript(cases: list[str]) -> list[Any]:
    """Answers of json-logic-js, from one Node process."""
    lines = "".join(text + "\n" for text in cases)
    command = ["node", str(ORACLE), str(Path(FOLDER).resolve())]
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


def assert_same_answers(cases: list[tuple[Any, Any]]) -> None:
    texts = [json.dumps({"rule": rule, "data": data}) for rule, data in cases]
    answers = javascript(texts)
    assert len(answers) == len(cases)
    differences = []
    for text, answer in zip(texts, answers, strict=True):
        # Both sides decode the text: lists that the data shares with itself would be equal to one another, here only.
        mine = ours(**json.loads(text))
        if not agree(mine, answer):
            differences.append(f"{text}\njavascript {answer}\nours {mine}")
    assert not differences, f"{len(differences)} of {len(cases)} differ; the first:\n" + "\n\n".join(differences[:3])


def test_random_rules_have_the_answers_of_json_logic_js() -> None:
    assert_same_answers([random_case(seed) for seed in range(CASES)])


def test_the_cases_written_by_hand_have_the_answers_of_json_logic_js() -> None:
    assert_same_answers([(rule, data) for rule, data, _ in HAND_CASES])


def test_every_pair_of_odd_values_has_the_answers_of_json_logic_js() -> None:
    operators = [*COMPARISONS, "+", "-", "*", "/", "%", "in", "cat", "substr", "min", "max", "merge", "and"]
    values: list[Any] = [*SCALARS, *NUMBERS, *TEXTS, [], {}, [None], [[]], [1], ["1"], ["a", 2], {"a": 1}]
    rule = [{operator: [{"var": "one"}, {"var": "other"}]} for operator in operators]
    assert_same_answers([(rule, {"one": one, "other": other}) for one, other in itertools.product(values, repeat=2)])


def test_every_double_is_written_as_javascript_writes_it() -> None:
    random = Random(42)
    doubles = [struct.unpack("<d", random.randbytes(8))[0] for _ in range(2000)]
    doubles += [random.random() * 10 ** random.randint(-10, 25) for _ in range(2000)] + [10.0**power for power in range(-12, 25)]
    finite = [double for double in doubles if abs(double) < float("inf")]
    assert_same_answers([({"cat": {"var": ""}}, double) for double in finite])
