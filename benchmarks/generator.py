"""A registry of any size, written straight into the tables: always the same, with the projections that the store would make.

Through the store's own writer 100,000 runs with ten datasets each would take hours. Here the lumisections of a run are one of a
few hundred patterns, whose events, columns and summaries are made once, by the package itself; what differs from run to run are
the attributes. `spot_check` has the store project some of it again, and compares.

How long runs are, how many belong to a fill, and of which kinds they are, is taken from the 3,990 runs of a public table of 2022
(silviodonato/OMSRatesNtuple, ``OMS_ntuplizer/Runs2022-hltmode.csv``): half of them have less than 39 lumisections of 23 s, one in
a hundred more than 1,550, the mean is 122 (128 in the 779 runs of 2018 in ``demo-data``); 8.2 runs make a fill; 43 %, 30 %, 24 %
and 3 % are runs of cosmics, of collisions, of commissioning, and special ones. How often shifters edit a dataset is in no public
table: that is a parameter.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, func, select, text, update

from runregistry.lumis.steps import Step, elementary, overlay
from runregistry.model.lumisections import LumisectionColumns, triplet
from runregistry.model.summary import dcs_summary, luminosity, triplet_summary
from runregistry.store import Store, schema
from runregistry.store.documents import encode
from runregistry.store.projection import project_cache, project_dataset, project_run
from runregistry.terms import AUTOMATIC_AUTHOR, ONLINE

FIRST_RUN = 200_000
PROCESSINGS = ("PromptReco", "Express", "ReReco", "UltraLegacy", "ReMiniAOD", "Reprocessing", "ZeroBias", "Preview", "Validation")
DATASETS_PER_RUN = 1 + len(PROCESSINGS)
SHIFTER = "shifter@example.org"
COMPONENTS = (
    *("castor-castor", "cms-cms", "csc-csc", "csc-occupancy", "ctpps-ctpps", "dt-dt", "ecal-ecal", "ecal-es", "hcal-hcal"),
    *("hlt-hlt", "l1t-l1t", "l1t-l1tcalo", "l1t-l1tmu", "lumi-lumi", "rpc-rpc", "rpc-hv", "tracker-pixel", "tracker-strip"),
    *("tracker-track", "btag-btag", "egamma-egamma", "jetmet-jetmet", "muon-muon", "tau-tau", "dc-lowlumi"),
)
BITS = (
    *("beam1_present", "beam2_present", "beam1_stable", "beam2_stable", "cms_active", "bpix_ready", "fpix_ready", "tibtid_ready"),
    *("tob_ready", "tecm_ready", "tecp_ready", "ebm_ready", "ebp_ready", "eem_ready", "eep_ready", "esm_ready", "esp_ready"),
    *("hbhea_ready", "hbheb_ready", "hbhec_ready", "hf_ready", "ho_ready", "dt0_ready", "dtm_ready", "dtp_ready", "cscm_ready"),
    *("cscp_ready", "rpc_ready", "castor_ready", "zdc_ready", "rp_sect_45_ready", "rp_sect_56_ready", "rp_time_ready"),
)
SUBDETECTORS = (
    *("castor", "csc", "ctpps", "daq", "dcs", "dqm", "dt", "ecal", "es", "hcal", "hf", "pixel", "rpc", "scal", "tcds", "tracker"),
    "trg",
)
WORKSPACES = (
    *("btag", "castor", "cms", "csc", "ctpps", "dc", "dt", "ecal", "egamma", "global", "hcal", "hlt", "jetmet", "l1t", "lumi"),
    *("muon", "rpc", "tau", "tracker"),
)
COMMENTS = ("", "", "HV trip", "noisy channels", "FED errors, power cycled", "beam dump")

_SEED = 2018
_PATTERNS = 300
_RUNS_AT_ONCE = 500
_EPOCH = datetime(2010, 3, 30, tzinfo=UTC)
# Shares of runs that have up to so many lumisections.
_LENGTHS = ((0.0, 1), (0.05, 3), (0.1, 4), (0.25, 11), (0.5, 39), (0.75, 116), (0.9, 267), (0.95, 463), (0.99, 1550), (1.0, 3158))
_KINDS = {"Cosmics": 43, "Collisions": 30, "Commissioning": 24, "Special": 3}
_RUNS_PER_FILL = 8
_YEARS = 15
_EDITED_RUNS = 0.15


class Filled(NamedTuple):
    """How much was written."""

    runs: int
    datasets: int
    lumisections: int
    ranges: int


class _Lumisections(NamedTuple):
    """What is the same in all runs with one pattern: stored text of events, and of what follows from them."""

    n_lumisections: int
    oms: Change
    datasets: list[_Dataset]


class Change(NamedTuple):
    """A batch of events of lumisections, as text, and how many they are."""

    ranges: str
    n_ranges: int
    comment: str = ""


class _Dataset(NamedTuple):
    created: Change
    edits: list[Change]
    cache: tuple[float, float, int, int, str, str, str, str]


def fill(store: Store, n_runs: int, *, n_edits: float = 1.0, seed: int = _SEED) -> Filled:
    """Fill an empty registry with runs that look like those of the experiment.

    Parameters
    ----------
    n_runs : int
        Runs; each has ten datasets, ``online`` among them, of 25 components.
    n_edits : float
        How often shifters edited the lumisections of a dataset, in the mean.
    seed : int
        The same seed makes the same registry.
    """
    dice = random.Random(seed)
    with store.changing() as connection:
        if connection.scalar(select(func.count()).select_from(schema.version)):
            raise SystemExit(f"{store.database.name} holds something already; the generator fills empty registries only")
        patterns = [_pattern(store, connection, dice, n_edits) for _ in range(min(_PATTERNS, n_runs))]
        batch, lumisections = Batch(0, 0), 0
        for position in range(n_runs):
            pattern = dice.choice(patterns)
            lumisections += pattern.n_lumisections
            batch.add_run(position, n_runs, pattern, dice)
            if (position + 1) % _RUNS_AT_ONCE == 0 or position + 1 == n_runs:
                batch.insert(connection)
                batch.rows.clear()
        finish(store, connection, batch.version)
    return Filled(n_runs, n_runs * DATASETS_PER_RUN, lumisections, batch.n_ranges)


def spot_check(store: Store, *, n_checked: int = 20, seed: int = _SEED) -> None:
    """Project some runs and datasets again, as the store does after a change, and compare; nothing is stored.

    Raises
    ------
    SystemExit
        Something differs.
    """
    with store.reading() as connection:
        keys = sorted(map(tuple, connection.execute(select(schema.dataset.c.run_number, schema.dataset.c.name))))
    keys = random.Random(seed).sample(keys, min(n_checked, len(keys)))
    with store.database.engine.connect().execution_options(writes=True) as connection:
        before = [_rows(connection, *key) for key in keys]
        for (number, name), (_, _, cache) in zip(keys, before, strict=True):
            project_run(connection, number)
            project_dataset(connection, number, name)
            project_cache(connection, store.values, number, name, cache.version)
        after = [_rows(connection, *key) for key in keys]
        connection.rollback()
    wrong = [key for key, one, other in zip(keys, before, after, strict=True) if one != other]
    if wrong:
        raise SystemExit(f"the generated registry is not what the store would make of its events: {wrong}")


def _rows(connection: Connection, number: int, name: str) -> tuple[Any, ...]:
    run, dataset, cache = schema.run, schema.dataset, schema.dataset_cache
    return (
        connection.execute(select(run).where(run.c.run_number == number)).one(),
        connection.execute(select(dataset).where(dataset.c.run_number == number, dataset.c.name == name)).one(),
        connection.execute(select(cache).where(cache.c.run_number == number, cache.c.name == name)).one(),
    )


class Batch:
    """Rows of some runs, by table."""

    def __init__(self, atomic_version: int, version: int) -> None:
        self.atomic_version = atomic_version
        self.version = version
        self.n_ranges = 0
        self._newest_of_run = 0
        self.rows: dict[Table, list[tuple[Any, ...]]] = {}

    def insert(self, connection: Connection) -> None:
        """Write them; a version comes before the events that belong to it."""
        for table in schema.metadata.sorted_tables:
            if table in self.rows:
                _insert(connection, table, self.rows[table])

    def add_run(self, position: int, n_runs: int, pattern: _Lumisections, dice: random.Random) -> None:
        """Add the events of a run's creation and of what shifters did to it, and what follows from them."""
        number = FIRST_RUN + 2 * position + dice.randrange(2)
        oms, rr = _run_attributes(number, position, n_runs, pattern, dice)
        self.add_version(number, oms, rr)
        names = _names(rr["class"], _era(position, n_runs))
        newest = [
            self.add_dataset(number, name, {} if name == ONLINE else _dataset_attributes(rr["state"], dice), dice)
            for name in names
        ]
        of_oms = self.add_changes(schema.oms_change, number, ONLINE, pattern.oms)
        for place, name in enumerate(names):
            newest[place] = max(newest[place], of_oms)
            of_rr = self.add_changes(schema.rr_change, number, name, pattern.datasets[place].created, manual=False)
            newest[place] = max(newest[place], of_rr)
        if dice.random() < _EDITED_RUNS:
            self.edit_run(number, rr, {"stop_reason": dice.choice(COMMENTS), "significant": dice.random() < 0.5})
        for name, dataset, version in zip(names, pattern.datasets, newest, strict=True):
            for change in dataset.edits:
                self.add_action(SHIFTER, change.comment, oms["last_update"])
                version = self.add_changes(schema.rr_change, number, name, change, manual=True)
            self.add(schema.dataset_cache, number, name, version, *dataset.cache)
        self.finish_run(number, oms, rr)

    def add_version(self, number: int, oms: dict[str, Any], rr: dict[str, Any]) -> None:
        """Add the creation of a run."""
        self.add_action(AUTOMATIC_AUTHOR, f"run {number} creation", oms["last_update"])
        self._newest_of_run = self._event(number, True, encode(oms), encode(rr))

    def finish_run(self, number: int, oms: dict[str, Any], rr: dict[str, Any]) -> None:
        """Add what follows from the events of a run."""
        self.add(schema.run, number, self._newest_of_run, False, encode(rr), encode(oms))

    def edit_run(self, number: int, rr: dict[str, Any], change: dict[str, Any]) -> None:
        """Add a shifter's change of a run's attributes."""
        self.add_action(SHIFTER, "edit of a run", _time(_EPOCH))
        self._newest_of_run = self._event(number, False, "{}", encode(change))
        rr |= change

    def add_action(self, by: str, comment: str, when: str) -> None:
        """Begin what belongs together: who, why, when."""
        self.atomic_version += 1
        self.add(schema.version, self.atomic_version, by, comment, when)

    def add_dataset(self, number: int, name: str, attributes: dict[str, Any], dice: random.Random) -> int:
        """Add the creation of a dataset; return the number of its event."""
        in_gui = encode([f"/ZeroBias{name[name.find('/', 1) :]}IO"] if attributes and dice.random() < 0.5 else [])
        self.version += 1
        event = (self.version, self.atomic_version, number, name, None, encode(attributes), in_gui)
        self.add(schema.dataset_event, *event)
        self.add(schema.dataset, number, name, self.version, False, encode(attributes), in_gui)
        return self.version

    def _event(self, number: int, automatic: bool, oms: str, rr: str) -> int:
        self.version += 1
        self.add(schema.run_event, self.version, self.atomic_version, number, not automatic, False, oms, rr)
        return self.version

    def add_changes(self, table: Table, number: int, name: str, change: Change, **manual: bool) -> int:
        """Add a batch of changes of lumisections; return the number of the last event in it."""
        first = self.version + 1
        self.version += change.n_ranges
        self.n_ranges += change.n_ranges
        self.add(table, first, self.atomic_version, number, self.version, name, *manual.values(), change.ranges)
        return self.version

    def add(self, table: Table, *row: Any) -> None:
        """Add a row to any table."""
        self.rows.setdefault(table, []).append(row)


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns, in the fastest way that the database has."""
    names = [column.name for column in table.columns]
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", list(rows))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def finish(store: Store, connection: Connection, version: int) -> None:
    """Let the next event and the next version come after what was written."""
    connection.execute(update(schema.counter).where(schema.counter.c.name == "event").values(value=version))
    if not store.database.is_sqlite:
        newest = "SELECT setval(pg_get_serial_sequence('version', 'atomic_version'), max(atomic_version)) FROM version"
        connection.execute(text(newest))
    connection.execute(text("ANALYZE"))


def _pattern(store: Store, connection: Connection, dice: random.Random, n_edits: float) -> _Lumisections:
    """Make the lumisections of a run and of its datasets."""
    last = _length(dice)
    oms = list(elementary(_bits(last, dice)))
    of_oms = Change(changes_text(store, connection, oms), len(oms))
    datasets = []
    for position in range(DATASETS_PER_RUN):
        rr = list(elementary(_components(last, position == 0, dice)))
        # As many as in the mean, or a few more or less: most datasets are never touched, some again and again.
        edits = [_edit(last, dice) for _ in range(round(dice.expovariate(1 / n_edits)) if n_edits else 0)]
        columns = LumisectionColumns()
        for changes in (rr, *edits):
            columns.apply_rr(changes)
        columns.apply_oms(oms)
        texts = changes_texts(store, connection, [rr, *edits])
        created, *edited = (Change(text, len(changes)) for text, changes in zip(texts, (rr, *edits), strict=True))
        with_comments = [change._replace(comment=dice.choice(COMMENTS)) for change in edited]
        datasets.append(_Dataset(created, with_comments, cache_row(columns)))
    return _Lumisections(last, of_oms, datasets)


def _length(dice: random.Random) -> int:
    """Return how many lumisections a run has."""
    share = dice.random()
    place = next(place for place, (upto, _) in enumerate(_LENGTHS) if share < upto)
    (low, shortest), (high, longest) = _LENGTHS[place - 1 : place + 1]
    return int(shortest * (longest / shortest) ** ((share - low) / (high - low)))


def _edit(last: int, dice: random.Random) -> list[Step]:
    """Make what a shifter changes: one or two components, over a part of the run or all of it."""
    columns = {}
    for component in dice.sample(COMPONENTS, dice.choice((1, 1, 2))):
        first = 1 if dice.random() < 0.5 else dice.randint(1, last)
        quality = triplet(dice.choice(("GOOD", "BAD", "BAD", "STANDBY")), dice.choice(COMMENTS))
        columns[component] = [(first, last if dice.random() < 0.5 else dice.randint(first, last), quality)]
    return list(elementary(columns))


def cache_row(columns: LumisectionColumns) -> tuple[float, float, int, int, str, str, str, str]:
    """Return the columns of the cache's table after its version, in their order."""
    return (
        luminosity(columns, "recorded"),
        luminosity(columns, "delivered"),
        sum(last - first + 1 for first, last in columns.oms_present),
        sum(map(len, columns.rr.values())),
        encode(triplet_summary(columns)),
        encode(dcs_summary(columns)),
        columns.encode_rr(),
        columns.encode_oms(),
    )


def _bits(last: int, dice: random.Random) -> dict[str, list[Step]]:
    """Return each attribute of OMS: bits that are on nearly always, and luminosities that change up to eight times.

    In nature they differ in every lumisection, which `year` has: here it would fill disks, and lists do not look at them.
    """
    columns: dict[str, list[Step]] = {}
    for bit in BITS:
        columns[bit] = [(1, last, dice.random() < 0.95)]
        if dice.random() < 0.05:
            overlay(columns[bit], 1, dice.randint(1, last), False)
    for name, most in (("recorded", 0.5), ("delivered", 0.6)):
        length = max(10, -(-last // 8))
        firsts = range(1, last + 1, length)
        columns[name] = [(first, min(first + length - 1, last), round(dice.uniform(0, most), 4)) for first in firsts]
    return columns


def _components(last: int, online: bool, dice: random.Random) -> dict[str, list[Step]]:
    """Return each component's quality: one status, and sometimes a part of the run with another."""
    columns = {}
    for component in COMPONENTS:
        usual = "GOOD" if dice.random() < 0.9 else dice.choice(("STANDBY", "EXCLUDED", "NOTSET"))
        steps: list[Step] = [(1, last, triplet(usual if online or dice.random() < 0.8 else "NOTSET"))]
        if dice.random() < 0.15:
            first = dice.randint(1, last)
            overlay(steps, first, min(last, first + dice.randrange(20)), triplet("BAD", dice.choice(COMMENTS)))
        columns[component] = steps
    return columns


def changes_text(store: Store, connection: Connection, changes: Sequence[Step]) -> str:
    """Return the text of a batch of events, as `Writer` stores it."""
    return changes_texts(store, connection, [changes])[0]


def changes_texts(store: Store, connection: Connection, batches: Sequence[Sequence[Step]]) -> list[str]:
    """Return the texts of batches of events, as `Writer` stores them: luminosities beside the value, which is kept once."""
    values = [
        {key: item for key, item in value.items() if key not in ("recorded", "delivered")}
        for changes in batches
        for _, _, value in changes
    ]
    numbers = iter(store.values.ids(connection, values))
    return [encode([_entry(change, next(numbers)) for change in changes]) for changes in batches]


def _entry(change: Step, number: int) -> list[Any]:
    first, last, value = change
    extra = {key: value[key] for key in ("recorded", "delivered") if key in value}
    return [first, last, number, extra] if extra else [first, last, number]


def _run_attributes(
    number: int, position: int, n_runs: int, pattern: _Lumisections, dice: random.Random
) -> tuple[dict[str, Any], dict[str, Any]]:
    year = 10 + _YEARS * position // n_runs
    start = _EPOCH + timedelta(minutes=int(7.5e6 * position / n_runs) + dice.randrange(30))
    end = start + timedelta(seconds=23 * pattern.n_lumisections)
    kind = dice.choices(tuple(_KINDS), tuple(_KINDS.values()))[0]
    stable = kind == "Collisions" and dice.random() < 0.8
    oms = {
        "energy": dice.choice((450, 3500, 6500, 6799)) if kind == "Collisions" else None,
        "b_field": round(dice.choice((3.8, 3.8, 3.8, 0)) + dice.random() / 1000, 4),
        "hlt_key": f"/cdaq/{'physics' if stable else 'cosmic'}/Run20{year}/v{dice.randrange(20)}.{dice.randrange(10)}/HLT",
        "l1_key": f"l1_trg_{kind.lower()}{year}/v{dice.randrange(150)}",
        "l1_menu": f"L1Menu_{kind}20{year}_v{dice.randrange(9)}_0_0",
        "l1_rate": round(dice.uniform(1e4, 1e5), 3),
        "duration": 23 * pattern.n_lumisections + dice.randrange(23),
        "end_lumi": round(dice.uniform(10, 1000), 3) if stable else None,
        "init_lumi": round(dice.uniform(1000, 20000), 3) if stable else None,
        "recorded_lumi": round(dice.uniform(0, 500), 5) if stable else None,
        "delivered_lumi": round(dice.uniform(500, 600), 5) if stable else None,
        "start_time": _time(start),
        "end_time": _time(end),
        "last_update": _time(end + timedelta(minutes=28)),
        "sequence": "GLOBAL-RUN" if stable else dice.choice(("GLOBAL-RUN", "MINIDAQ")),
        "clock_type": "LHC" if stable else "LOCAL",
        "run_number": number,
        "fill_number": 1000 + position // _RUNS_PER_FILL,
        "l1_hlt_mode": f"{kind.lower()}20{year}",
        "stable_beam": stable,
        "trigger_mode": f"l1_hlt_{kind.lower()}{year}/v{dice.randrange(120)}",
        "cmssw_version": f"CMSSW_{year - 8}_{dice.randrange(4)}_{dice.randrange(20)}",
        "tier0_transfer": dice.random() < 0.9,
        "l1_key_stripped": f"{kind.lower()}{year}/v1",
        "fill_type_party1": "PROTON",
        "fill_type_party2": "PROTON",
        "fill_type_runtime": "PROTONS" if kind == "Collisions" else "COSMICS",
        "hlt_physics_rate": round(dice.uniform(10, 2000), 3),
        "hlt_physics_size": round(dice.uniform(1e5, 1e6), 3),
        "hlt_physics_counter": dice.randrange(10**8),
        "l1_triggers_counter": dice.randrange(10**9),
        "l1_hlt_mode_stripped": f"{kind.lower()}20{year}/v1",
        "hlt_physics_throughput": round(dice.uniform(0, 5), 8),
        "initial_prescale_index": dice.randrange(6),
        "injection_scheme": f"25ns_{dice.randrange(2000, 2800, 50)}b_144bpi_20inj",
        "components": [name.upper() for name in SUBDETECTORS],
        "ls_duration": pattern.n_lumisections,
        "beams_present_and_stable": stable,
    } | {f"{name}_included": dice.random() < 0.97 for name in SUBDETECTORS}
    old = position < 0.97 * n_runs
    rr = {
        "class": f"{kind}{year}",
        "significant": dice.random() < 0.8,
        "stop_reason": dice.choice(("", "", "DT", "shift change, new settings")),
        "state": dice.choice(("SIGNOFF", "COMPLETED", "COMPLETED")) if old else "OPEN",
    }
    return oms, rr


def _era(position: int, n_runs: int) -> str:
    """Return the letter of the part of the year in which a run was taken."""
    return "ABCDEFGH"[8 * (_YEARS * position % n_runs) // n_runs]


def _names(run_class: str, era: str) -> list[str]:
    return [ONLINE, *(f"/{process}/{run_class}{era}/DQM" for process in PROCESSINGS)]


def _dataset_attributes(state: str, dice: random.Random) -> dict[str, Any]:
    if state == "OPEN" or dice.random() < 0.05:
        states = dict.fromkeys(WORKSPACES, "waiting dqm gui")
    elif state == "COMPLETED":
        states = dict.fromkeys(WORKSPACES, "COMPLETED")
    else:
        states = {workspace: dice.choice(("OPEN", "SIGNOFF", "COMPLETED")) for workspace in WORKSPACES}
    return {f"{workspace}_state": found for workspace, found in states.items()} | {"appeared_in": ["DQM GUI"]}


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def describe(filled: Filled) -> str:
    """Say how much a registry holds."""
    sizes = (f"{filled.runs:,} runs", f"{filled.datasets:,} datasets of {len(COMPONENTS)} components")
    return ", ".join((*sizes, f"{filled.lumisections:,} lumisections", f"{filled.ranges:,} events of ranges"))
