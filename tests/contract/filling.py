"""A small registry that has something in every table, written as the services write it."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import Connection, MetaData, insert, select

from runregistry.store import Store, schema
from runregistry.terms import ONLINE

PERSON, ROBOT = "shifter@cern.ch", "auto@auto"
RUNS = (355100, 355101, 362760)
PROMPT = "/PromptReco/Collisions2022/DQM"
EXPRESS = "/Express/Collisions2022/DQM"
N_LUMISECTIONS = 12
COMPONENTS = ("dt-dt", "csc-csc", "tracker-strip")


def triplet(status: str, comment: str = "") -> dict[str, str]:
    """The quality of a component."""
    return {"status": status, "comment": comment, "cause": ""}


def fill(store: Store, n_edits: int = 12, seed: int = 1) -> None:
    """Configure a registry, create runs and datasets, edit them, and leave a job, a JSON and a cycle."""
    dice = random.Random(seed)
    configure(store)
    for run_number in RUNS:
        create_run(store, run_number)
        add_dataset(store, run_number, PROMPT)
    for number in range(n_edits):
        edit(store, dice, f"edit {number}")
    with store.write(PERSON, "hide") as writer:
        writer.add_dataset_event(RUNS[0], EXPRESS, {"global_state": "waiting dqm gui"}, in_gui=["/B", "/A"])
        writer.add_dataset_event(RUNS[1], PROMPT, deleted=True)
    finish_work(store)
    with store.write(PERSON, "tag edits on version 9") as writer:
        store.versions.add_tag(writer.connection, "edits", 9, "all that was edited", PERSON)


def configure(store: Store) -> None:
    """Give it workspaces and items of configuration, one of them edited."""
    with store.changing() as connection:
        workspaces = [{"id": 3, "workspace": "dt", "online_or_offline": "online"}]
        store.configuration.add_workspaces(connection, workspaces, [{"id": 7, "id_workspace": 3, "name": "dt"}])
        family = "permissions"
        store.configuration.load(connection, {family: [{"id": 5, "egroup": "shifters", "routes": ["^/runs"]}]}, "runregistry")
    with store.changing() as connection:
        store.configuration.replace(connection, "permissions", 5, {"egroup": "experts", "routes": [".*"]}, PERSON)


def create_run(store: Store, run_number: int) -> None:
    """Create a run with lumisections and luminosity, as the poller does."""
    lumi = [(n, n, {"dt0_ready": True, "recorded": n / 7, "delivered": f"{n / 3:.3f}"}) for n in range(1, N_LUMISECTIONS + 1)]
    with store.write(ROBOT, f"run {run_number} creation") as writer:
        rr = {"class": "Collisions22", "state": "OPEN"}
        writer.add_run_event(run_number, oms={"energy": 6799, "hlt_key": "/cdaq/ü ☃"}, rr=rr)
        writer.add_dataset_event(run_number, ONLINE)
        writer.add_oms_changes(run_number, ONLINE, lumi)
        good = {component: triplet("GOOD") for component in COMPONENTS}
        writer.add_rr_changes(run_number, ONLINE, [(1, N_LUMISECTIONS, good)])


def add_dataset(store: Store, run_number: int, name: str) -> None:
    """Create an offline dataset."""
    with store.write(f"{ROBOT} - {PERSON}", "sign-off") as writer:
        writer.add_dataset_event(run_number, name, {"global_state": "OPEN", "appeared_in": ["DBS"]}, in_gui=["/A"])
        writer.add_rr_changes(run_number, name, [(1, N_LUMISECTIONS, {"dt-dt": triplet("GOOD")})])
        writer.add_oms_changes(run_number, name, [(5, 5, {"dt0_ready": False})])


def edit(store: Store, dice: random.Random, comment: str) -> None:
    """Change something at random: attributes of a run or a dataset, components or OMS attributes over a range."""
    run_number, name = dice.choice(RUNS), dice.choice((ONLINE, PROMPT))
    first = dice.randint(1, N_LUMISECTIONS)
    last = dice.randint(first, N_LUMISECTIONS)
    with store.write(dice.choice((PERSON, ROBOT)), comment) as writer:
        kind = dice.randrange(4)
        if kind == 0:
            writer.add_run_event(run_number, rr={"significant": dice.random() < 0.5, "stop_reason": comment})
        elif kind == 1:
            writer.add_dataset_event(run_number, name, {"dt_state": dice.choice(("OPEN", "SIGNOFF"))})
        elif kind == 2:
            value = {dice.choice(COMPONENTS): triplet(dice.choice(("BAD", "STANDBY")), comment)}
            writer.add_rr_changes(run_number, name, [(first, last, value)])
            writer.add_dataset_event(run_number, name)
        else:
            writer.add_oms_changes(run_number, name, [(first, last, {"dt0_ready": dice.choice((True, False, None))})])


def finish_work(store: Store) -> None:
    """Leave jobs, a JSON and a cycle behind."""
    with store.changing() as connection:
        first = store.jobs.add(connection, "json", {"tags": "a"}).id
        store.jobs.add(connection, "json", {"tags": "b"})
        store.jobs.claim(connection, "worker", 60.0)
        row = {"dataset_name_filter": "%", "tags": "a", "created_by": PERSON, "official": False, "runregistry_version": 9}
        store.jobs.save_json(connection, first, row, {"generated_json": {"355100": [[1, 4]]}})
        dates = {"created_at": "2024-01-01T00:00:00.000Z", "updated_at": "2024-01-01T00:00:00.000Z"}
        cycle = {"id_cycle": 4, "cycle_name": "week 1", "cycle_attributes": "{}", "deadline": "2024-01-08", "deleted": False}
        connection.execute(insert(schema.cycle).values(**cycle, **dates))
        connection.execute(insert(schema.cycle_dataset).values(id_cycle=4, run_number=RUNS[0], name=PROMPT, **dates))


OF_THE_DATABASE = {"registry_info", "alembic_version"}


def contents(connection: Connection) -> dict[str, Any]:
    """Every row of every table that a database has, as it is."""
    found = MetaData()
    found.reflect(connection)
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        for table in found.sorted_tables
        if table.name not in OF_THE_DATABASE
    }
