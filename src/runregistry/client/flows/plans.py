"""What changes would do, without doing it: the present value beside the future one, and what stands in the way.

A plan is read, and not a promise: whoever changes the registry in between makes it old, and rights are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from runregistry.client.answers import read_json
from runregistry.client.asked import DatasetKey, Edit
from runregistry.client.calls import Flow, call
from runregistry.client.flows.pages import DATASETS, RUNS, Listing, Question, Row, read_pages

__all__ = ["plan_classes", "plan_dataset_moves", "plan_edits", "plan_refreshes", "plan_run_moves", "plan_significance"]

Plan: TypeAlias = list[Row]

_CHUNK = 200  # run numbers in one question: some kB


def plan_run_moves(to_state: str, run_numbers: Sequence[int]) -> Flow[Plan]:
    """Plan to move runs."""
    runs = yield from _runs(run_numbers)
    return [_of_run(number, runs.get(number), "state", to_state, _same) for number in run_numbers]


def plan_significance(run_numbers: Sequence[int]) -> Flow[Plan]:
    """Plan to mark runs as significant."""
    runs = yield from _runs(run_numbers)
    return [_of_run(number, runs.get(number), "significant", True, _same, _not_open) for number in run_numbers]


def plan_refreshes(run_numbers: Sequence[int], *, reset: bool) -> Flow[Plan]:
    """Plan to fetch runs from OMS again; what OMS will say is not known."""
    runs = yield from _runs(run_numbers)
    then = "as OMS has it, classified as if it were new" if reset else "as OMS has it"
    return [_of_run(number, runs.get(number), "state", then, _not_open) | {"change": "refresh"} for number in run_numbers]


def plan_classes(run_class: str, run_numbers: Sequence[int]) -> Flow[Plan]:
    """Plan to give runs another class."""
    runs = yield from _runs(run_numbers)
    return [_of_run(number, runs.get(number), "class", run_class, _same, _not_open) for number in run_numbers]


def plan_dataset_moves(to_state: str, dataset_name: str, workspace: str, run_numbers: Sequence[int]) -> Flow[Plan]:
    """Plan to move datasets in a workspace."""
    rows = yield from _rows(DATASETS, run_numbers, {"name": {"=": dataset_name}})
    found = {row["run_number"]: row["dataset_attributes"] for row in rows}
    name = f"{workspace}_state"
    plan = []
    for number in run_numbers:
        now = found.get(number, {}).get(name)
        problem = "" if number in found else "there is no such dataset"
        if not problem and now is None:
            problem = f"the dataset has no state in {workspace}"
        plan.append(_row(number, dataset_name, name, now, to_state, problem or _same(now, to_state, {})))
    return plan


def plan_edits(edits: Sequence[Edit]) -> Flow[Plan]:
    """Plan edits of lumisections: one row for each range that changes, as it is now and as it would be.

    Each edit is laid beside what the registry has now; earlier edits of the same plan are not laid under it.
    """
    keys = list(dict.fromkeys((edit.run_number, edit.dataset_name) for edit in edits))
    route = "rr_lumisection_ranges_by_component"
    asked = [call(route, {"run_number": run, "dataset_name": name}, read=read_json) for run, name in keys]
    found: dict[DatasetKey, Any] = dict(zip(keys, (yield asked) if asked else [], strict=True))
    runs = yield from _runs(list(dict.fromkeys(run for run, name in keys if name == "online")))
    plan: Plan = []
    for edit in edits:
        ranges = (found[edit.run_number, edit.dataset_name] or {}).get(edit.component, [])
        plan += _of_edit(edit, ranges, _edit_problem(edit, found, runs))
    return plan


def _edit_problem(edit: Edit, found: dict[DatasetKey, Any], runs: dict[int, Row]) -> str:
    by_component = found[edit.run_number, edit.dataset_name]
    if edit.dataset_name == "online":
        run = runs.get(edit.run_number)
        if run is None:
            return "there is no such run"
        return _not_open(None, None, run["rr_attributes"])
    return "" if by_component else "the dataset has no lumisections, or there is no such dataset"


def _of_edit(edit: Edit, ranges: Iterable[Row], problem: str) -> Plan:
    then = {"status": edit.status, "comment": edit.comment, "cause": edit.cause}
    plan = []
    covered = edit.first - 1
    for one in ranges:
        first, last = max(one["start"], edit.first), min(one["end"], edit.last)
        if first > last:
            continue
        now = {name: one.get(name) for name in then}
        plan.append(_edit_row(edit, first, last, now, then, problem or ("is so already" if now == then else "")))
        covered = last
    if covered < edit.last:  # beyond the last lumisection that the component has
        plan.append(_edit_row(edit, covered + 1, edit.last, dict.fromkeys(then), then, problem))
    return plan


def _edit_row(edit: Edit, first: int, last: int, now: Row, then: Row, problem: str) -> Row:
    row = _row(edit.run_number, edit.dataset_name, edit.component, now["status"], then["status"], problem)
    texts = {f"{name}_{when}": side[name] for name in ("comment", "cause") for when, side in (("now", now), ("then", then))}
    return {**row, "first": first, "last": last, **texts}


def _runs(run_numbers: Sequence[int]) -> Flow[dict[int, Row]]:
    rows = yield from _rows(RUNS, run_numbers, {})
    return {row["run_number"]: row for row in rows}


def _rows(listing: Listing, run_numbers: Sequence[int], more: Row) -> Flow[list[Row]]:
    rows: list[Row] = []
    for start in range(0, len(run_numbers), _CHUNK):
        wanted = {**more, "run_number": {"or": [{"=": number} for number in run_numbers[start : start + _CHUNK]]}}
        rows += yield from read_pages(listing, Question(wanted))
    return rows


def _of_run(number: int, run: Row | None, name: str, then: Any, *looks: Any) -> Row:
    if run is None:
        return _row(number, "online", name, None, then, "there is no such run")
    attributes = run["rr_attributes"]
    now = attributes.get(name)
    problem = next(filter(None, (look(now, then, attributes) for look in looks)), "")
    return _row(number, "online", name, now, then, problem)


def _row(number: int, dataset_name: str, change: str, now: Any, then: Any, problem: str) -> Row:
    return {"run_number": number, "dataset_name": dataset_name, "change": change, "now": now, "then": then, "problem": problem}


def _same(now: Any, then: Any, attributes: Row) -> str:
    return "is so already" if now == then else ""


def _not_open(now: Any, then: Any, attributes: Row) -> str:
    state = attributes.get("state")
    return "" if state == "OPEN" else f"the run is {state}, and must be OPEN"
