"""Changes: the request for each, its words checked before it is sent.

A refusal carries the status and the registry's text in its message, because people's tests look for ``User needs to be part of
any of the following e-groups`` or ``Run must be in state OPEN`` in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias

from runregistry.client.answers import Answer, failure, read_json
from runregistry.client.calls import Call, Flow, call
from runregistry.errors import UsageError, suggestion
from runregistry.terms import DATASET_STATES, EDITABLE_STATUSES, RUN_STATES

__all__ = [
    "change_class",
    "check_states",
    "check_status",
    "edit",
    "mark_significant",
    "move_dataset",
    "move_run",
    "one_by_one",
    "refresh_run",
]

# Makes the request for a run.
OfRun: TypeAlias = Callable[[int], Call]


def check_states(who: str, from_state: object, to_state: object, allowed: tuple[str, ...]) -> None:
    """Raise `UsageError` if one of the states is none of those allowed."""
    for state in (from_state, to_state):
        if state not in allowed:
            hint = suggestion(str(state), allowed)
            raise UsageError(f"{who}(): got states '{from_state}', '{to_state}' but allowed states are {list(allowed)}{hint}")


def check_status(who: str, status: object) -> None:
    """Raise `UsageError` if a component can't be set to a status."""
    if status not in EDITABLE_STATUSES:
        hint = suggestion(str(status), EDITABLE_STATUSES)
        raise UsageError(f"{who}(): got status '{status}' but allowed statuses are {list(EDITABLE_STATUSES)}{hint}")


def _read_change(doing: str, answer: Answer) -> Any:
    if answer.status == 200:
        return read_json(answer)
    raise failure(answer, f"Got response {answer.status} when {doing}: {answer.text}")


def one_by_one(calls: Iterable[Call]) -> Flow[list[Any]]:
    """Send changes one after the other and return the answers; the first refusal ends it, and what was changed before stays."""
    answers = []
    for each in calls:
        answers += yield [each]
    return answers


def move_run(from_state: str, to_state: str) -> OfRun:
    """Move a run from one state to another."""
    check_states("move_runs", from_state, to_state, RUN_STATES)
    states = {"from_state": from_state, "to_state": to_state}
    read = partial(_read_change, "moving datasets")  # compat: the official client says so of runs too
    return lambda run_number: call("move_run", {"run_number": run_number}, states, read=read)


def mark_significant() -> OfRun:
    """Mark a run as significant."""
    read = partial(_read_change, "making runs significant")
    return lambda run_number: call("mark_significant", {"run_number": run_number}, read=read)


def refresh_run(*, reset: bool = False) -> OfRun:
    """Fetch a run from OMS and classify it again; with ``reset``, as if it were new."""
    route = "reset_and_refresh_run" if reset else "refresh_run"
    read = partial(_read_change, "resetting and refreshing runs" if reset else "manually refreshing component statuses")
    return lambda run_number: call(route, None, {"run_number": run_number}, read=read)


def edit(
    run_number: int,
    first: int,
    last: int,
    component: str,
    status: str,
    comment: str = "",
    cause: str = "",
    dataset_name: str = "online",
) -> Call:
    """Set the triplet of a component from the first to the last lumisection, both included."""
    check_status("edit_rr_lumisections", status)
    triplet = {"status": status, "comment": comment, "cause": cause}
    body = {
        "new_lumisection_range": {"start": first, "end": last, **triplet},
        "run_number": run_number,
        "dataset_name": dataset_name,
        "component": component,
    }
    return call("edit_rr_lumisections", body, read=partial(_read_change, "editing rr lumisections"))


def move_dataset(from_state: str, to_state: str, dataset_name: str, *, workspace: str = "global") -> OfRun:
    """Move a run's dataset of a name from one state to another, in one workspace."""
    check_states("move_datasets", from_state, to_state, DATASET_STATES)
    path = {"workspace": workspace, "from_state": from_state, "to_state": to_state}
    read = partial(_read_change, "moving datasets")
    named = {"dataset_name": dataset_name, "workspace": workspace}
    return lambda run_number: call("move_dataset", {"run_number": run_number, **named}, path, read=read)


def change_class(run_class: str) -> OfRun:
    """Give a run another class."""
    read = partial(_read_change, "changing run class")
    body = {"class": run_class}
    return lambda run_number: call("manual_run_edit", body, {"run_number": run_number, "attribute": "class"}, read=read)
