"""Values in a form in which Python tells apart what JavaScript does: 1 is 1.0 but not true, NaN is NaN, 0 is not -0."""

from __future__ import annotations

from typing import Any


def exact(value: Any) -> Any:
    if isinstance(value, list):
        return [exact(element) for element in value]
    if isinstance(value, dict):
        return {"object": {key: exact(part) for key, part in value.items()}}
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return ("number", repr(float(value)))
    return value


def exact_answer(answer: Any) -> Any:
    """The same form, from what ``oracle.js`` writes."""
    if isinstance(answer, list):
        return [exact_answer(element) for element in answer]
    if not isinstance(answer, dict):
        return answer
    if "number" in answer:
        return ("number", repr(float(answer["number"])))
    return {"object": {key: exact_answer(part) for key, part in answer["object"].items()}}
