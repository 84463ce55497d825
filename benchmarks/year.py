"""A year of certification: datasets of 60 components whose ranges are as long as real ones, always the same by seed.

Most components are one thing for a whole run, some change two to ten times; of OMS there are 33 bits, and luminosities that
differ in every lumisection. `stored` makes the texts that the store keeps of a dataset; `fill` writes them, with their events,
straight into the tables of a registry, where `generator.spot_check` compares them with what the store makes of the events.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from generator import BITS, COMPONENTS, WORKSPACES, Batch, Change, cache_row, changes_text, finish
from sqlalchemy import Connection, func, select

from runregistry.lumis.steps import Step, elementary
from runregistry.model import LumisectionColumns, StoredDataset, triplet
from runregistry.store import Store, schema
from runregistry.store.documents import encode
from runregistry.terms import ONLINE

FIRST_RUN = 355_100
NAME = "/PromptReco/Collisions2022/DQM"
_AT_ONCE = 200
MORE = tuple(f"{workspace}-{part}" for workspace in WORKSPACES for part in ("hv", "lv", "noise"))
ALL_COMPONENTS = (*COMPONENTS, *MORE)[:60]

# The rule of the official client's README, with the names that its page has lost.
RULE: dict[str, Any] = {
    "and": [
        {">=": [{"var": "run.oms.energy"}, 6000]},
        {"<=": [{"var": "run.oms.energy"}, 7000]},
        {">=": [{"var": "run.oms.b_field"}, 3.7]},
        {"in": ["25ns", {"var": "run.oms.injection_scheme"}]},
        {"==": [{"in": ["WMass", {"var": "run.oms.hlt_key"}]}, False]},
        {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]},
        {"==": [{"var": "lumisection.rr.ecal-ecal"}, "GOOD"]},
        {"==": [{"var": "lumisection.rr.l1t-l1tmu"}, "GOOD"]},
        {"==": [{"var": "lumisection.rr.l1t-l1tcalo"}, "GOOD"]},
        {"==": [{"var": "lumisection.rr.hlt-hlt"}, "GOOD"]},
        {"==": [{"var": "lumisection.oms.bpix_ready"}, True]},
    ]
}


class Size(NamedTuple):
    """How big a year is.

    Attributes
    ----------
    n_datasets, n_lumisections : int
        Datasets, and lumisections of each.
    times_ranges : int
        1 is realistic; otherwise every column has so many times as many ranges.
    with_luminosity : bool
        False leaves out what differs in every lumisection.
    """

    n_datasets: int = 2000
    n_lumisections: int = 500
    times_ranges: int = 1
    with_luminosity: bool = True


class Made(NamedTuple):
    """A dataset, before it is stored."""

    run_number: int
    oms_attributes: dict[str, Any]
    rr: list[Step]
    oms: list[Step]
    columns: LumisectionColumns


def made(size: Size, seed: int = 2022) -> Iterator[Made]:
    """Make the datasets of a year, one after the other."""
    dice = random.Random(seed)
    for position in range(size.n_datasets):
        rr = {name: _column(size, dice, _component_values(dice), 0.12) for name in ALL_COMPONENTS}
        oms = {name: _column(size, dice, (True, False), 0.06) for name in BITS}
        if size.with_luminosity:
            for name in ("recorded", "delivered"):
                oms[name] = [(at, at, round(dice.uniform(0.1, 0.5), 6)) for at in range(1, size.n_lumisections + 1)]
        changes = list(elementary(rr)), list(elementary(oms))
        columns = LumisectionColumns()
        columns.apply_rr(changes[0])
        columns.apply_oms(changes[1])
        yield Made(FIRST_RUN + position, _attributes(position, size, dice), *changes, columns)


def stored(size: Size) -> Iterator[StoredDataset]:
    """Make the texts that the store keeps of each dataset."""
    for each in made(size):
        texts = (
            encode(_states()),
            encode(_rr()),
            encode(each.oms_attributes),
            each.columns.encode_rr(),
            each.columns.encode_oms(),
        )
        yield StoredDataset(each.run_number, NAME, *texts)


def fill(store: Store, size: Size) -> None:
    """Fill an empty registry; each run has its ``online`` dataset besides, with the same lumisections of OMS."""
    with store.changing() as connection:
        if connection.scalar(select(func.count()).select_from(schema.version)):
            raise SystemExit(f"{store.database.name} holds something already; only an empty registry is filled")
        batch, dice = Batch(0, 0), random.Random(0)
        for position, each in enumerate(made(size), 1):
            _add(store, connection, batch, each, dice)
            if position % _AT_ONCE == 0 or position == size.n_datasets:
                batch.insert(connection)
                batch.rows.clear()
        finish(store, connection, batch.version)


def _add(store: Store, connection: Connection, batch: Batch, each: Made, dice: random.Random) -> None:
    number, online = each.run_number, LumisectionColumns()
    batch.add_version(number, each.oms_attributes, _rr())
    batch.finish_run(number, each.oms_attributes, _rr())
    online.oms, online.oms_present = each.columns.oms, each.columns.oms_present
    versions = [batch.add_dataset(number, name, attributes, dice) for name, attributes in ((ONLINE, {}), (NAME, _states()))]
    of_oms, of_rr = (Change(changes_text(store, connection, steps), len(steps)) for steps in (each.oms, each.rr))
    oms = batch.add_changes(schema.oms_change, number, ONLINE, of_oms)
    rr = batch.add_changes(schema.rr_change, number, NAME, of_rr, manual=False)
    batch.add(schema.dataset_cache, number, ONLINE, max(oms, versions[0]), *cache_row(online))
    batch.add(schema.dataset_cache, number, NAME, max(oms, rr, versions[1]), *cache_row(each.columns))


def _column(size: Size, dice: random.Random, values: tuple[Any, ...], changing: float) -> list[Step]:
    """Return one value, or now and then a few in turns."""
    n_ranges = (dice.randint(3, 11) if dice.random() < changing else 1) * size.times_ranges
    # Cuts are drawn as shares of the run, so that longer runs have the same ranges.
    cuts = sorted({1 + int(dice.random() * (size.n_lumisections - 1)) for _ in range(n_ranges - 1)} - {1})
    edges = [1, *cuts, size.n_lumisections + 1]
    return [(edges[place], edges[place + 1] - 1, values[place % len(values)]) for place in range(len(edges) - 1)]


def _component_values(dice: random.Random) -> tuple[dict[str, str], dict[str, str]]:
    usual = triplet("GOOD") if dice.random() < 0.97 else triplet(dice.choice(("STANDBY", "EXCLUDED", "NOTSET")))
    return usual, triplet("BAD", dice.choice(("HV trip", "noisy channels", "")))


def _attributes(position: int, size: Size, dice: random.Random) -> dict[str, Any]:
    return {
        "energy": 6800 if dice.random() < 0.97 else 450,
        "b_field": 3.8,
        "hlt_key": f"/cdaq/physics/Run2022/2e34/v1.4.{dice.randrange(9)}/HLT/V{dice.randrange(9)}",
        "injection_scheme": f"25ns_{dice.randrange(2000, 2800, 50)}b_144bpi_20inj",
        "run_number": FIRST_RUN + position,
        "fill_number": 8000 + position // 6,
        "components": [workspace.upper() for workspace in WORKSPACES],
        "ls_duration": size.n_lumisections,
        "last_update": "2022-11-28T00:00:00Z",
    }


def _rr() -> dict[str, Any]:
    return {"class": "Collisions22", "state": "COMPLETED", "significant": True}


def _states() -> dict[str, Any]:
    return {f"{workspace}_state": "COMPLETED" for workspace in WORKSPACES}
