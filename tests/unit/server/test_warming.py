"""Reading columns in advance."""

from __future__ import annotations

from runregistry.filters import Page, parse_filter
from runregistry.server.warming import Warming
from runregistry.store import Store


def test_columns_are_in_memory_before_somebody_asks_for_them():
    with Store("sqlite://") as store:
        with store.write("auto@auto", "creation") as writer:
            writer.add_run_event(355100, rr={"class": "Collisions22"})
        warming = Warming(store)
        warming.start()
        warming._thread.join(30)
        held = store.queries._index._state.columns
        assert ("rr_attributes", "class") in held
        assert ("oms_attributes", "start_time") in held
        found = store.queries.runs(parse_filter({"rr_attributes.class": "Collisions22"}, "runs"), (), Page(0, 50))
        assert [row.run_number for row in found.rows] == [355100]


def test_a_database_that_does_not_answer_ends_it_quietly(tmp_path, monkeypatch):
    with Store(f"sqlite:///{tmp_path / 'registry.db'}") as store:
        monkeypatch.setattr(store.queries, "prepare", lambda *_: 1 / 0)
        warming = Warming(store)
        warming.start()
        warming.stop(30)
        assert not warming._thread.is_alive()


def test_it_can_be_stopped_before_it_was_started():
    with Store("sqlite://") as store:
        Warming(store).stop(1)
