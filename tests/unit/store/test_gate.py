"""The gate before a commit: what was given up is never stored, and what was stored can't be given up."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from runregistry.errors import StoreConflict
from runregistry.store import Store
from runregistry.store.gate import Gate, gated


def n_runs(store: Store) -> int:
    with store.reading() as connection:
        return store.records.counts(connection)["runs"]


def create(store: Store, run_number: int) -> None:
    with store.write("auto@auto", "a run") as writer:
        writer.add_run_event(run_number, oms={}, rr={})
        writer.add_dataset_event(run_number, "online")


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_what_comes_to_a_closed_gate_is_rolled_back(tmp_path: Path, kind: str) -> None:
    with Store("sqlite://" if kind == "memory" else tmp_path / "gate.sqlite") as store:
        gate = Gate()
        assert gate.close()
        with pytest.raises(StoreConflict, match="nothing was stored"), gated(gate):
            create(store, 1)
        assert n_runs(store) == 0
        create(store, 2)  # the gate was that block's only
        assert n_runs(store) == 1


def test_a_gate_that_was_passed_can_not_be_closed(tmp_path: Path) -> None:
    with Store(tmp_path / "gate.sqlite") as store:
        gate = Gate()
        with gated(gate):
            create(store, 1)
            assert not gate.close()
            create(store, 2)  # the second transaction of the same request goes the same way
        assert n_runs(store) == 2


def test_of_a_commit_and_giving_up_exactly_one_wins() -> None:
    for _ in range(200):
        gate, outcomes = Gate(), []

        def commit(gate: Gate = gate, outcomes: list[str] = outcomes) -> None:
            try:
                gate.pass_through()
                outcomes.append("stored")
            except StoreConflict:
                outcomes.append("refused")

        thread = threading.Thread(target=commit)
        thread.start()
        given_up = gate.close()
        thread.join()
        assert outcomes == ["refused" if given_up else "stored"]


def test_a_read_passes_no_gate(tmp_path: Path) -> None:
    with Store(tmp_path / "gate.sqlite") as store:
        gate = Gate()
        gate.close()
        with gated(gate):
            assert n_runs(store) == 0
