"""A lease belongs to one holder at a time, on every kind of store."""

from __future__ import annotations

import threading

import pytest

from runregistry.store import Store


def take(store: Store, holder: str, lease_s: float = 60, name: str = "oms") -> bool:
    with store.changing() as connection:
        return store.leases.take(connection, name, holder, lease_s)


def give_back(store: Store, holder: str) -> None:
    with store.changing() as connection:
        store.leases.give_back(connection, "oms", holder)


def test_a_lease_is_its_holders_until_it_ends(store: Store) -> None:
    assert take(store, "one")
    assert take(store, "one"), "its holder may renew it"
    assert not take(store, "other")
    assert take(store, "other", name="dqm"), "another lease is another matter"


def test_a_lease_that_has_ended_is_anyones(store: Store) -> None:
    assert take(store, "one", lease_s=-1)
    assert take(store, "other")
    assert not take(store, "one")


def test_a_lease_is_given_back_by_its_holder_only(store: Store) -> None:
    assert take(store, "one")
    give_back(store, "other")
    assert not take(store, "other")
    give_back(store, "one")
    assert take(store, "other")


def test_of_many_who_ask_at_once_one_gets_it(store: Store) -> None:
    taken: list[str] = []
    start = threading.Barrier(8)

    def ask(holder: str) -> None:
        start.wait()
        if take(store, holder):
            taken.append(holder)

    threads = [threading.Thread(target=ask, args=(f"holder {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def take_and_fail(store: Store) -> None:
    with store.changing() as connection:
        store.leases.take(connection, "oms", "one", 60)
        raise RuntimeError


def test_a_transaction_that_fails_takes_no_lease(store: Store) -> None:
    with pytest.raises(RuntimeError):
        take_and_fail(store)
    assert take(store, "other")
