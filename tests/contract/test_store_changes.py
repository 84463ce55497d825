"""What changed after an event, as mirrors ask for it."""

from __future__ import annotations

import pytest

from runregistry.model import triplet
from runregistry.store import Store
from runregistry.store.changes import changes_after, stored_datasets, stored_runs

LAST = 2**31 - 1
PROMPT = "/PromptReco/Collisions2022/DQM"


def create(store: Store, run_number: int, names: tuple[str, ...] = ()) -> None:
    with store.write("auto@auto", "creation") as writer:
        writer.add_run_event(run_number, rr={"class": "Collisions22"})
        writer.add_dataset_event(run_number, "online")
        writer.add_oms_changes(run_number, "online", [(1, 9, {"cms_active": True})])
        for name in names:
            writer.add_dataset_event(run_number, name)
            writer.add_rr_changes(run_number, name, [(1, 9, {"dt-dt": triplet("GOOD")})])


def changes(store: Store, after: int = 0, limit: int = 1000, first: int = 0, last: int = LAST):
    with store.reading() as connection:
        return changes_after(connection, after, limit, first, last)


def test_each_run_and_dataset_comes_once_with_its_newest_event(store: Store) -> None:
    create(store, 1, (PROMPT,))
    found = changes(store)
    assert sorted((row.run_number, row.name or "") for row in found.rows) == [(1, ""), (1, PROMPT), (1, "online")]
    assert max(row.version for row in found.rows) == found.upto == found.newest
    assert [row.version for row in found.rows] == sorted(row.version for row in found.rows)


def test_nothing_comes_after_the_newest_event(store: Store) -> None:
    create(store, 1)
    assert changes(store, changes(store).newest).rows == []


def test_datasets_that_inherit_are_changed_with_their_run(store: Store) -> None:
    create(store, 1, (PROMPT,))
    create(store, 2)
    before = changes(store).newest
    with store.write("auto@auto", "OMS") as writer:
        writer.add_dataset_event(1, "online")
        writer.add_oms_changes(1, "online", [(10, 12, {"cms_active": True})])
    assert {(row.run_number, row.name) for row in changes(store, before).rows} == {(1, "online"), (1, PROMPT)}


def test_what_is_hidden_is_told(store: Store) -> None:
    create(store, 1, (PROMPT,))
    before = changes(store).newest
    with store.write("expert@example.org", "hide") as writer:
        writer.add_dataset_event(1, PROMPT, deleted=True)
    (row,) = changes(store, before).rows
    assert (row.name, row.deleted) == (PROMPT, True)


@pytest.mark.parametrize("limit", [4, 7, 1000])
def test_pages_together_are_everything(store: Store, limit: int) -> None:
    for number in range(1, 8):
        create(store, number, (PROMPT, "/Express/Collisions2022/DQM"))
    with store.write("auto@auto", "OMS") as writer:
        writer.add_dataset_event(3, "online")
        writer.add_oms_changes(3, "online", [(10, 12, {"cms_active": True})])
    seen, after, newest, pages = {}, 0, changes(store).newest, 0
    while after < newest:
        page = changes(store, after, limit)
        assert page.upto > after
        seen.update({(row.run_number, row.name): row.version for row in page.rows})
        after, pages = page.upto, pages + 1
    assert seen == {(row.run_number, row.name): row.version for row in changes(store).rows}
    assert len(seen) == 7 * 4
    assert pages == 1 or limit < 1000


def test_only_some_runs_are_looked_at(store: Store) -> None:
    for number in (1, 2, 3):
        create(store, number)
    assert {row.run_number for row in changes(store, first=2, last=2).rows} == {2}


def test_what_is_stored_is_given_out_with_its_lumisections(store: Store) -> None:
    create(store, 1, (PROMPT,))
    create(store, 2)
    with store.reading() as connection:
        assert [row.run_number for row in stored_runs(connection, [2, 1, 7])] == [1, 2]
        found = [(row.run_number, row.name, cache.oms) for row, cache in stored_datasets(connection, [1, 7])]
    assert [(number, name) for number, name, _ in found] == [(1, PROMPT), (1, "online")]
    assert found[0][2] == found[1][2] != ""
