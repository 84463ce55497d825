"""Whether an answer is the recorded one: everything counts but what is a service's own business."""

from __future__ import annotations

import math
import re
from typing import Any

# Clocks, and numbers that only name a row.
OWN_BUSINESS = frozenset(
    {
        "createdAt",
        "updatedAt",
        "timestamp",
        "version",
        "atomic_version",
        "runregistry_version",
        "lumisection_metadata_id",
    }
)
# Lists that have no promised order, wherever they are in an answer.
UNORDERED_KEYS = frozenset({"columns", "columns_with_id", "datasets_in_gui"})
# What the reference service says when it stumbles over itself: any clean answer will do.
DEFECT = re.compile(
    r"Cannot destructure|operator does not exist|Error updating/saving dataset|Transaction cannot|is not defined"
    r"|Cannot read propert"
)
UNORDERED = re.compile(
    r"/run_with_history/|/get_all_dataset_names_of_run/|lumisection_history|/datasets_accepted|/classifiers/|/datasets_waiting"
    # Runs that OMS updated in the same second are in any order, and so are the datasets that a batch tool changed.
    r"|/runs_lastupdated_50|/dc_tools/"
)


def differences(recorded: Any, answered: Any, path: str = "") -> list[str]:
    """Return where two answers differ, as readable lines; none if they are the same."""
    if isinstance(recorded, dict) and isinstance(answered, dict):
        return _of_objects(recorded, answered, path)
    if isinstance(recorded, list) and isinstance(answered, list):
        if len(recorded) != len(answered):
            return [f"{path}: {len(recorded)} recorded, {len(answered)} answered"]
        return [
            line for i, pair in enumerate(zip(recorded, answered, strict=True)) for line in differences(*pair, f"{path}[{i}]")
        ]
    return [] if _same_scalar(recorded, answered) else [f"{path}: recorded {recorded!r:.200}, answered {answered!r:.200}"]


def _of_objects(recorded: dict[str, Any], answered: dict[str, Any], path: str) -> list[str]:
    lines = []
    for key in sorted(recorded.keys() | answered.keys()):
        if key in OWN_BUSINESS:
            continue
        if key not in recorded or key not in answered:
            where = "answered" if key in answered else "recorded"
            lines.append(f"{path}.{key}: only {where}: {(recorded | answered)[key]!r:.200}")
        elif key in UNORDERED_KEYS:
            lines += differences(sorted_deeply(recorded[key]), sorted_deeply(answered[key]), f"{path}.{key}")
        else:
            lines += differences(recorded[key], answered[key], f"{path}.{key}")
    return lines


def _same_scalar(recorded: Any, answered: Any) -> bool:
    if isinstance(recorded, bool) or isinstance(answered, bool) or recorded is None or answered is None:
        return recorded is answered
    if isinstance(recorded, int | float) and isinstance(answered, int | float):
        return math.isclose(recorded, answered, rel_tol=1e-9, abs_tol=1e-9)
    return bool(recorded == answered)


def sorted_deeply(answer: Any) -> Any:
    """Put a list without promised order into one that does not depend on the service."""
    return sorted(answer, key=lambda row: repr(_plain(row))) if isinstance(answer, list) else answer


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value) if key not in OWN_BUSINESS}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def same_refusal(recorded_status: int, recorded: Any, status: int, answered: Any) -> list[str]:
    """Compare a recorded error with an answer."""
    if recorded_status == 401:
        prefix = "User needs to be part of any of the following e-groups"
        right = status == 401 and isinstance(answered, dict) and str(answered.get("message", "")).startswith(prefix)
        return [] if right else [f"recorded 401, answered {status} {answered!r:.300}"]
    text = recorded.get("err") if isinstance(recorded, dict) else None
    if isinstance(text, str) and DEFECT.search(text):
        return (
            []
            if status < 500 or (isinstance(answered, dict) and "err" in answered)
            else [f"no clean answer: {status} {answered!r:.300}"]
        )
    if status < 400:
        return [f"recorded {recorded_status} {text!r}, answered {status}"]
    return [] if answered.get("err") == text else [f"recorded {text!r}, answered {answered!r:.300}"]
