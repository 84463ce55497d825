"""Generated JSONs and their jobs, as the portal lists them."""

from __future__ import annotations

from runregistry.store.jobs import ACTIVE, DONE, FAILED, WAITING


def add(store, kind="json"):
    with store.changing() as connection:
        return store.jobs.add(connection, kind, {"tags": ""}).id


def save(store, number, created_by="a@example.org", official=False):
    row = {
        "dataset_name_filter": "%",
        "tags": "",
        "created_by": created_by,
        "official": official,
        "runregistry_version": 2**40,
    }
    with store.changing() as connection:
        store.jobs.save_json(connection, number, row, {"generated_json": {}})


def listed(store, limit=10, **chosen):
    with store.reading() as connection:
        return [row.id for row in store.jobs.list_jsons(connection, limit, **chosen)]


def test_jsons_are_listed_newest_first_by_owner_kind_and_number(store):
    save(store, 1)
    save(store, 2, "b@example.org", official=True)
    save(store, 3)
    assert listed(store) == [3, 2, 1]
    assert listed(store, 2) == [3, 2]
    assert listed(store, created_by="a@example.org") == [3, 1]
    assert listed(store, official=True) == [2]
    assert listed(store, before=3) == [2, 1]
    assert listed(store, before=3, created_by="a@example.org") == [1]


def test_a_hidden_json_is_on_no_list_and_can_be_fetched(store):
    save(store, 1)
    save(store, 2)
    with store.changing() as connection:
        hidden = store.jobs.hide_json(connection, 1)
    assert (hidden.id, hidden.deleted) == (1, True)
    assert listed(store) == [2]
    with store.reading() as connection:
        assert store.jobs.get_json(connection, 1).deleted


def test_jobs_without_json_are_those_that_wait_run_or_failed(store):
    failed, active, early, waiting, done = (add(store) for _ in range(5))
    other = add(store, "other")
    with store.changing() as connection:
        for _ in range(5):
            store.jobs.claim(connection, "w", 60.0)
            store.jobs.fail(connection, failed, "w", "no")
        assert store.jobs.claim(connection, "w", 60.0).id == active
        assert store.jobs.claim(connection, "v", 60.0).id == early
    save(store, early)
    with store.changing() as connection:
        assert store.jobs.claim(connection, "u", 60.0).id == waiting
        store.jobs.fail(connection, waiting, "u", "once")
    with store.reading() as connection:
        found = [(job.id, job.state) for job in store.jobs.without_json(connection, "json")]
        assert [job.id for job in store.jobs.without_json(connection, "other")] == [other]
    assert found == [(failed, FAILED), (active, ACTIVE), (waiting, WAITING), (done, WAITING)]


def test_states_are_those_of_the_newest_jobs_and_of_all_that_go_on(store):
    numbers = [add(store) for _ in range(5)]
    with store.changing() as connection:
        for number in numbers[:3]:
            store.jobs.claim(connection, "w", 60.0)
            if number != numbers[1]:
                store.jobs.finish(connection, number, "w")
    with store.reading() as connection:
        states = store.jobs.latest_states(connection, "json", 3)
        assert store.jobs.latest_states(connection, "other", 3) == {}
    assert states == {
        numbers[1]: (ACTIVE, 0.0),
        numbers[2]: (DONE, 1.0),
        numbers[3]: (WAITING, 0.0),
        numbers[4]: (WAITING, 0.0),
    }


def test_versions_are_counted_and_read_newest_first(store):
    for number in range(3):
        with store.write("auto@auto", f"version {number}") as writer:
            writer.add_run_event(355100 + number)
    with store.reading() as connection:
        assert store.records.count_versions(connection) == 3
        assert [row.comment for row in store.records.versions(connection, 1, 5)] == ["version 1", "version 0"]


def test_attributes_are_those_of_visible_datasets_with_their_runs(store):
    with store.write("auto@auto", "two runs") as writer:
        for run_number in (355101, 355100):
            writer.add_run_event(run_number, rr={"class": str(run_number)})
            writer.add_dataset_event(run_number, "/A", {"dt_state": "OPEN"})
            writer.add_dataset_event(run_number, "/B", deleted=True)
    with store.reading() as connection:
        rows = [(row.run_number, row.name, row.rr_attributes) for row in store.records.attributes(connection)]
    assert rows == [
        (355100, "/A", '{"class":"355100"}'),
        (355100, "online", '{"class":"355100"}'),
        (355101, "/A", '{"class":"355101"}'),
        (355101, "online", '{"class":"355101"}'),
    ]
