"""The verbs that change, written once for both clients. Everything is checked before the first change is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from runregistry.client.asked import Edit, read_edits, run_keys
from runregistry.client.bulk import Bulk
from runregistry.client.calls import Call, Flow
from runregistry.client.flows import changes, plans
from runregistry.client.flows.bulk import ask_each, in_order
from runregistry.client.work import Advance, Work
from runregistry.errors import UsageError

__all__ = ["change_class", "edit_many", "mark_significant", "move_datasets", "move_runs", "refresh_runs"]

Planner: TypeAlias = Callable[[Sequence[int]], Flow[plans.Plan]]


def _of_runs(verb: str, run_numbers: Any, make: changes.OfRun, plan: Planner) -> Work[int]:
    def ask(bulk: Bulk[int], ends_at_failure: bool, on_done: Advance) -> Flow[None]:
        return ask_each(bulk, bulk.pending, make, ends_at_failure, on_done)

    return Work(verb, partial(_some_runs, run_numbers), ask, plan)


def _some_runs(run_numbers: Any) -> list[int]:
    return [] if run_numbers is None else run_keys(run_numbers)


def move_runs(from_state: str, to_state: str, run_numbers: Any) -> Work[int]:
    """Move runs from one state to another."""
    return _of_runs("move_runs", run_numbers, changes.move_run(from_state, to_state), partial(plans.plan_run_moves, to_state))


def mark_significant(run_numbers: Any) -> Work[int]:
    """Mark runs as significant."""
    return _of_runs("mark_significant", run_numbers, changes.mark_significant(), plans.plan_significance)


def refresh_runs(run_numbers: Any, *, reset: bool) -> Work[int]:
    """Fetch runs from OMS again."""
    plan = partial(plans.plan_refreshes, reset=reset)
    return _of_runs("refresh_runs", run_numbers, changes.refresh_run(reset=reset), plan)


def move_datasets(from_state: str, to_state: str, dataset_name: str, run_numbers: Any, *, workspace: str) -> Work[int]:
    """Move the datasets of a name."""
    make = changes.move_dataset(from_state, to_state, dataset_name, workspace=workspace)
    plan = partial(plans.plan_dataset_moves, to_state, dataset_name, workspace)
    return _of_runs("move_datasets", run_numbers, make, plan)


def change_class(run_numbers: Any, run_class: str) -> Work[int]:
    """Give runs another class."""
    if not isinstance(run_class, str):
        raise UsageError(f"a class of runs is text such as Collisions24, not {run_class!r}")
    return _of_runs("change_class", run_numbers, changes.change_class(run_class), partial(plans.plan_classes, run_class))


def edit_many(edits: Any) -> Work[Edit]:
    """Edit lumisections of many datasets; the edits of one dataset are made in their order."""

    def ask(bulk: Bulk[Edit], ends_at_failure: bool, on_done: Advance) -> Flow[None]:
        return in_order(bulk, _edit, _dataset_of, ends_at_failure, on_done)

    return Work("edit_many", lambda: [] if edits is None else read_edits(edits), ask, plans.plan_edits)


def _edit(edit: Edit) -> Call:
    return changes.edit(*edit)


def _dataset_of(edit: Edit) -> tuple[int, str]:
    return edit.run_number, edit.dataset_name
