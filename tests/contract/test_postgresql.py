"""What only PostgreSQL does: time-outs, connections that are cut, snapshots, several processes that count together."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest
from sqlalchemy import func, insert, select, text

from runregistry.errors import Conflict, StoreConflict, StoreError, UsageError
from runregistry.store import Store, connections, schema
from runregistry.store.connections import Patience


def add_run(store, number, **rr):
    with store.write("auto@auto", "creation") as writer:
        writer.add_run_event(number, rr=rr)


def n_runs(store):
    with store.reading() as connection:
        return store.records.counts(connection)["runs"]


def wait_for(store, seconds):
    with store.changing() as connection:
        connection.execute(select(func.pg_sleep(seconds)))


def test_a_writer_that_waits_too_long_is_told_and_nothing_is_stored(postgres_url):
    with Store(postgres_url) as one, Store(postgres_url, patience=Patience(lock_s=0.1)) as other:
        with one.write("auto@auto", "slow") as writer:
            writer.add_run_event(1)
            with pytest.raises(StoreConflict, match="nothing was stored, try again"):
                add_run(other, 2)
        assert n_runs(other) == 1
        add_run(other, 2)
        assert n_runs(one) == 2


def test_a_statement_that_takes_too_long_is_ended(postgres_url):
    with Store(postgres_url, patience=Patience(statement_s=0.1)) as store:
        with pytest.raises(StoreError, match="took too long, nothing was stored"):
            wait_for(store, 5)
        add_run(store, 1)


def test_who_falls_silent_in_a_transaction_does_not_keep_others_out_for_ever(postgres_url):
    with Store(postgres_url, patience=Patience(idle_s=0.2)) as silent, Store(postgres_url) as other:
        with pytest.raises(StoreError, match="was lost"):
            fall_silent(silent, other)
        assert n_runs(silent) == 1


def fall_silent(silent, other):
    with silent.write("auto@auto", "and then it hangs") as writer:
        writer.add_run_event(1)
        add_run(other, 2)
        writer.add_run_event(3)


def test_a_connection_that_is_cut_is_an_error_and_the_next_one_works(postgres_url):
    with Store(postgres_url) as store:
        with pytest.raises(StoreError, match=r"the connection to .* was lost"):
            add_run_and_be_cut(store, postgres_url)
        assert n_runs(store) == 0
        add_run(store, 1)
        assert n_runs(store) == 1


def add_run_and_be_cut(store, url):
    with store.write("auto@auto", "cut") as writer:
        writer.add_run_event(1)
        number = writer.connection.scalar(select(func.pg_backend_pid()))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
        writer.add_run_event(2)


def test_connections_that_were_cut_while_nobody_used_them_are_replaced(postgres_url):
    with Store(postgres_url) as store:
        add_run(store, 1)
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'runregistry'"
            connection.execute(f"{cut} AND datname = current_database()")
        assert n_runs(store) == 1


def test_a_read_sees_one_snapshot_while_others_write(postgres_url):
    with Store(postgres_url) as store:
        add_run(store, 1)
        with store.reading() as connection:
            before = store.records.counts(connection)
            add_run(store, 2)
            assert store.records.counts(connection) == before
        assert n_runs(store) == 2


def test_a_read_can_not_write(postgres_url):
    with Store(postgres_url) as store, pytest.raises(Exception, match="read-only"), store.reading() as connection:
        connection.execute(insert(schema.settings).values(by="x", created_at=""))


def test_a_registry_says_who_it_is_and_how_long_it_waits(postgres_url):
    with (
        Store(f"{postgres_url}&options=-c%20statement_timeout%3D7s&application_name=mine") as store,
        store.reading() as connection,
    ):
        names = ("application_name", "statement_timeout", "lock_timeout")
        shown = {name: connection.scalar(text(f"SHOW {name}")) for name in names}
    assert shown == {"application_name": "mine", "statement_timeout": "7s", "lock_timeout": "30s"}


def test_when_all_connections_are_in_use_that_is_said(postgres_url, monkeypatch):
    monkeypatch.setattr(connections, "_POOL_SIZE", 1)
    monkeypatch.setattr(connections, "_POOL_MORE", 0)
    monkeypatch.setattr(connections, "_POOL_WAIT_S", 0.1)
    with Store(postgres_url) as store, store.reading(), pytest.raises(StoreConflict, match=r"all connections to .* are in use"):
        n_runs(store)


def test_a_number_that_no_column_can_hold_is_the_askers_mistake(postgres_url):
    with Store(postgres_url) as store, pytest.raises(UsageError, match="can't hold a value"):
        add_run(store, 2**31)


def test_a_database_that_is_not_utf8_is_refused(postgres_server):
    more = "ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
    with postgres_server.database(empty=True, more=more) as url, pytest.raises(StoreError, match="keeps text as SQL_ASCII"):
        Store(url)


def test_a_server_that_is_not_there_is_an_error_without_the_password():
    with pytest.raises(StoreError, match="can't open the database") as caught:
        Store("postgresql://user:secret@/registry?host=/nonexistent")
    assert "secret" not in str(caught.value)


def at_once(*tasks):
    """Run tasks in threads of their own; return what each returned or raised."""
    start, ended = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(place, task):
        start.wait()
        try:
            ended[place] = task()
        except Exception as error:
            ended[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_items_added_at_once_by_several_processes_get_numbers_of_their_own(postgres_url):
    with Store(postgres_url) as one, Store(postgres_url) as other:

        def add(store):
            with store.changing() as connection:
                number = store.configuration.add(connection, "permission", {"egroup": "x", "routes": []}, "me").id
                time.sleep(0.01)
            return number

        numbers = at_once(*(lambda store=store: add(store) for store in [one, other] * 5))
    assert sorted(numbers) == list(range(1, 11))


def test_an_item_edited_at_once_by_two_is_edited_once(postgres_url):
    with Store(postgres_url) as one, Store(postgres_url) as other:
        with one.changing() as connection:
            number = one.configuration.add(connection, "permission", {"egroup": "x", "routes": []}, "me").id

        def edit(store):
            with store.changing() as connection:
                return store.configuration.replace(connection, "permission", number, {"egroup": "y", "routes": []}, "me").id

        ended = at_once(*(lambda store=store: edit(store) for store in (one, other)))
    assert {type(each) for each in ended} == {int, Conflict}


def test_an_open_registry_leaves_no_transaction_open(postgres_url):
    with Store(postgres_url) as store:
        add_run(store, 1)
        n_runs(store)
        with psycopg.connect(postgres_url) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'runregistry' AND state LIKE 'idle in%'"
            assert connection.execute(query).fetchone() == (0,)
