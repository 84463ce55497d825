"""Every case of json-logic's shared test suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.logic.exact import exact

from runregistry.logic import parse_rule

SUITE = json.loads((Path(__file__).parents[2] / "data" / "json-logic" / "official.json").read_text(encoding="utf-8"))
CASES = [case for case in SUITE if isinstance(case, dict)]


def test_the_suite_is_complete() -> None:
    assert len(CASES) == 278


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{json.dumps(case['rule'])[:60]}" for number, case in enumerate(CASES)])
def test_case_of_the_shared_suite(case: dict[str, Any]) -> None:
    assert exact(parse_rule(case["rule"]).apply(case.get("data"))) == exact(case["result"])
