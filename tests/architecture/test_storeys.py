"""Imports go down only: a part knows the parts below its own storey, and its neighbours only where the table says so."""

from __future__ import annotations

import sys

from tests.architecture.source import Module, imports, modules, part_of

WORDS = {"errors", "terms", "version"}
ALGEBRA = {"filters", "lumis", "logic"}
RECORDS = {"model", "wire"}
MACHINES = {"client", "store", "engine"}

MAY_IMPORT: dict[str, set[str]] = {
    # 0 words
    "errors": set(),
    "version": set(),
    "terms": {"errors"},
    # 1 algebra: three languages that know nothing of each other
    "filters": WORDS,
    "lumis": WORDS,
    "logic": WORDS,
    "luminosity": WORDS | {"lumis"},  # totals of masks, and masks of what a file has
    # 2 records
    "model": WORDS | ALGEBRA,
    "wire": WORDS | ALGEBRA | {"model"},
    # 3 machines: siblings that never import each other
    "client": WORDS | ALGEBRA | RECORDS,
    "store": WORDS | ALGEBRA | RECORDS,
    "engine": WORDS | ALGEBRA | RECORDS,
    # 4 service: it puts the store and the engine together; the client is on the other side of the wire
    "server": WORDS | ALGEBRA | RECORDS | {"store", "engine"},
    # 5 doors
    "local": WORDS | ALGEBRA | RECORDS | MACHINES | {"server"},
    # reads the data of a registry, wherever it is, and hands it to the engine
    "certification": WORDS | ALGEBRA | RECORDS | MACHINES | {"server", "local"},
    # writes what the client is answered as Parquet files
    "export": WORDS | ALGEBRA | RECORDS | {"client"},
    # a client of one registry that fills the store of another, and answers for it
    "mirror": WORDS | ALGEBRA | RECORDS | {"client", "store", "server", "local"},
    "distributed": {"errors", "terms", "lumis", "logic", "model", "engine"},
    "pictures": WORDS | ALGEBRA | {"luminosity"},
    "attributes": WORDS,
    "utils": WORDS | ALGEBRA | {"attributes", "client"},
    "runregistry": WORDS | ALGEBRA | RECORDS | MACHINES | {"__init__", "local", "utils"},
    "testing": WORDS | ALGEBRA | RECORDS | MACHINES | {"__init__", "server"},
    "cli": WORDS
    | ALGEBRA
    | RECORDS
    | MACHINES
    | {"__init__", "luminosity", "server", "local", "pictures", "certification", "export", "mirror"},
    "__init__": {"client", "lumis", "runregistry"},
    "__main__": {"cli"},
}

# Who may know which library: what is not here, nobody may. The standard library is open to all, except as other tests say.
LIBRARIES: dict[str, set[str]] = {
    "numpy": {"client", "filters", "lumis", "luminosity", "store", "engine", "distributed", "pictures", "server", "cli"},
    "msgspec": {"model", "wire", "client", "store", "engine", "server", "mirror", "cli"},
    "httpx2": {"client", "server", "local", "cli"},  # the command line reads JSONs behind URLs
    "requests": {"client"},  # only its exceptions, for scripts that catch them, and only where it is installed
    "dotenv": {"client", "runregistry"},
    "platformdirs": {"client", "local", "mirror"},
    "keyring": {"client"},  # only where it is installed
    "sqlalchemy": {"store", "server", "cli", "certification"},  # outside the store its types only: test_habits.py
    "alembic": {"store"},
    "psycopg": {"store"},
    "fastapi": {"server", "local"},
    "starlette": {"server"},
    "anyio": {"server"},
    "joserfc": {"server"},
    "prometheus_client": {"server"},
    "uvicorn": {"server", "testing"},
    "pytest": {"testing"},
    "pyarrow": {"engine", "distributed", "client", "luminosity", "server", "cli", "export"},
    "pandas": {"client", "luminosity", "engine"},  # frames only, when a table is asked for
    "polars": {"client"},
    "dask": {"distributed"},
    "distributed": {"distributed"},
    "pyspark": {"distributed"},
    "matplotlib": {"pictures", "cli"},
    "typer": {"cli"},
    "click": {"cli"},
    "rich": {"cli", "client"},
}

# Within the server: requests end at the routes, so that a service can be called by a job or a command as well.
ABOVE_SERVICES = {
    f"runregistry.server.{name}"
    for name in (
        *("app", "call", "described", "endpoint", "faults", "metrics", "observe", "oidc", "paths", "registry", "routes", "serve"),
        *("signing_keys", "worker"),
    )
}
HTTP = {"fastapi", "starlette", "uvicorn", "httpx2"}


def own_imports(module: Module) -> set[str]:
    return {name for name in imports(module) if name.partition(".")[0] == "runregistry"}


def within(package: str) -> list[Module]:
    return [module for module in modules() if module.name == package or module.name.startswith(f"{package}.")]


def test_every_part_stands_on_a_storey() -> None:
    homeless = {module.part for module in modules()} - MAY_IMPORT.keys()
    assert not homeless, f"give these a line in MAY_IMPORT: {sorted(homeless)}"


def test_a_module_imports_only_from_the_storeys_below() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in modules()
        for name in own_imports(module)
        if part_of(name) not in MAY_IMPORT[module.part] | {module.part}
    ]
    assert not wrong, "\n".join(wrong)


def test_a_library_is_known_only_where_it_belongs() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in modules()
        for name in {name.partition(".")[0] for name in imports(module)} - sys.stdlib_module_names - {"runregistry"}
        if module.part not in LIBRARIES.get(name, set())
    ]
    assert not wrong, "\n".join([*wrong, "LIBRARIES says who may"])


def test_a_service_knows_neither_http_nor_what_calls_it() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in within("runregistry.server.services")
        for name in imports(module)
        if name.partition(".")[0] in HTTP or any(name == above or name.startswith(f"{above}.") for above in ABOVE_SERVICES)
    ]
    assert not wrong, "\n".join([*wrong, "answers are made in server/routes"])


def test_a_route_leaves_the_store_to_the_services() -> None:
    wrong = [module.name for module in within("runregistry.server.routes") if "store" in map(part_of, own_imports(module))]
    assert not wrong, f"these import runregistry.store: {wrong}"


def test_the_storeys_have_no_cycle() -> None:
    remaining = {part: set(below) for part, below in MAY_IMPORT.items()}
    # The old module reads where the package was imported; the package looks its names up in the old module when they are used.
    remaining["runregistry"].discard("__init__")
    while remaining:
        free = {part for part, below in remaining.items() if not below & remaining.keys()}
        assert free, f"these may import each other in a circle: {sorted(remaining)}"
        remaining = {part: below for part, below in remaining.items() if part not in free}
