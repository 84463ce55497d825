"""The answers of a mirror: those of the registry in its file, as far as it holds what is asked about, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from runregistry.errors import APIError, Conflict, NotMirrored, RunRegistryError
from runregistry.filters import parse_filter
from runregistry.mirror.coverage import Coverage, Ranges
from runregistry.mirror.reports import age_text, seconds_since
from runregistry.server.call import Call
from runregistry.server.endpoint import Handler
from runregistry.server.registry import Registry
from runregistry.server.routes import HANDLERS
from runregistry.store import Store
from runregistry.store.mirrored import FIRST_OWN_JOB
from runregistry.store.queries import Queries
from runregistry.terms import ONLINE
from runregistry.wire import ROUTES

__all__ = ["Mirror"]

# What is asked about decides whether the mirror can tell.
_ALWAYS = ("list_runs", "datasets_of_workspace", "playground_arbitrary", "metrics", "notifications")
_OF_RUN = ("get_run", "dataset_names_of_run", "playground_run_info", "playground")
_OF_DATASET = (
    *("get_dataset", "lumisection_bar", "rr_lumisections", "rr_lumisection_ranges", "rr_lumisection_ranges_by_component"),
    *("oms_lumisections", "oms_lumisection_ranges", "oms_lumisection_ranges_by_dcs_bit", "joint_lumisection_ranges"),
    "playground_lumisection",
)
_OF_DATASETS = ("datasets_filtered_ordered", "export_datasets_to_csv", "unique_dataset_names")
_OF_JSON = {"get_data_of_json": "json", "luminosity_of_json": "json_with_dataset_names"}
_OF_EVERYTHING = (
    *("runs_lastupdated_50", "datasets_waiting", "datasets_waiting_dbs", "json_creation_generate", "visualization_generate"),
    "json_portal_generate",
)
_DOCUMENTS = ("get_cycles", "get_datasets_accepted", "get_workspaces", "component_classifiers", "get_classifiers")


class Mirror:
    """What stands between the questions and the registry in the file of a mirror.

    Parameters
    ----------
    store : Store
        The mirror.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.reading() as connection:
            self.source = store.mirrored.about(connection)["source"]
            self._stamp = store.mirrored.stamp(connection)
        self._path = os.fspath(store.database.file or "")
        self._coverage = Coverage(())
        self._synced_at = ""

    def handlers(self) -> dict[str, Handler]:
        """Return what answers each endpoint."""
        checks: dict[str, Callable[[Call], None]] = dict.fromkeys(_ALWAYS, lambda call: None)
        checks |= dict.fromkeys(_OF_RUN, self._check_run) | dict.fromkeys(_OF_DATASET, self._check_dataset)
        checks |= dict.fromkeys(_OF_DATASETS, partial(self._check_list, "datasets"))
        checks |= {"runs_filtered_ordered": partial(self._check_list, "runs")}
        checks |= {name: partial(self._check_json, key) for name, key in _OF_JSON.items()}
        checks |= dict.fromkeys(_OF_EVERYTHING, self._check_whole)
        checks |= {"json_portal_json": self._check_generated, "json_portal_jsons": self._check_generated}
        handlers = {name: self._told(HANDLERS[name], check) for name, check in checks.items()}
        handlers |= {name: self._told(self._document(name)) for name in _DOCUMENTS}
        handlers["datasets_accepted_of_class"] = self._told(self._accepted_of_class)
        handlers["classifiers_of_component"] = self._told(self._classifiers_of_component)
        handlers["health"] = self._health
        refused: dict[str, Handler] = {name: self._refuse(name) for name in HANDLERS if name not in handlers}
        return handlers | refused

    def _told(self, handler: Handler, check: Callable[[Call], None] = lambda call: None) -> Handler:
        """Return a handler that first sees whether the mirror can tell."""

        def answer(registry: Registry, call: Call) -> Any:
            self._follow()
            check(call)
            return handler(registry, call)

        return answer

    def _follow(self) -> None:
        """See whether the mirror was brought up to date since the last question."""
        with self._store.reading() as connection:
            stamp = self._store.mirrored.stamp(connection)
            claims = self._store.mirrored.claims(connection)
        self._coverage = Coverage(claims, self._classes_of)
        self._synced_at = min((claim.synced_at for claim in claims if claim.synced_at), default="")
        if stamp != self._stamp:
            # Columns in memory follow versions, which grow in a registry, but not in what is copied in any order.
            self._store.queries = Queries(self._store.database)
            self._stamp = stamp

    def _classes_of(self, numbers: Sequence[int]) -> Mapping[int, object]:
        with self._store.reading() as connection:
            return self._store.mirrored.has_runs(connection, numbers)

    # What is asked about

    def _check_run(self, call: Call) -> None:
        run = call.body.get("run")
        asked = call.parameters.get("run_number", run.get("run_number") if isinstance(run, Mapping) else None)
        if (number := _number(asked)) is not None and self._coverage.missing_run(number):
            raise self._not_mirrored([(number, number)])

    def _check_dataset(self, call: Call) -> None:
        number = _number(call.body.get("run_number"))
        name = call.body.get("dataset_name", call.body.get("name", ONLINE))
        if number is not None and isinstance(name, str):
            self._check_datasets([(number, name)])

    def _check_datasets(self, keys: Iterable[tuple[int, str]]) -> None:
        for number, name in keys:
            if self._coverage.missing_dataset(number, name):
                raise self._not_mirrored([(number, number)], name)

    def _check_list(self, table: Any, call: Call) -> None:
        try:
            node = parse_filter(call.body.get("filter"), table)
        except RunRegistryError:
            return  # the registry has better words for it
        if missing := self._coverage.missing_of(node, has_names=table == "datasets"):
            raise self._not_mirrored(missing)

    def _check_json(self, key: str, call: Call) -> None:
        asked = call.body.get(key)
        pairs = (str(each).partition("-") for each in (asked if isinstance(asked, Mapping) else ()))
        self._check_datasets((number, name) for text, _, name in pairs if (number := _number(text)) is not None)

    def _check_whole(self, call: Call) -> None:
        if not self._coverage.is_whole:
            raise self._not_mirrored([(1, 2**31 - 1)])

    def _check_generated(self, call: Call) -> None:
        with self._store.reading() as connection:
            has_jsons = self._store.mirrored.about(connection).get("jsons") == "yes"
            number = _number(call.body.get("id_json"))
            is_there = number is not None and (
                number >= FIRST_OWN_JOB or self._store.jobs.get_json(connection, number) is not None
            )
        if not (is_there or (has_jsons and "id_json" not in call.body)):
            raise NotMirrored(f"{self._of()} does not hold this JSON; ask {self.source}, or run {self._command()}")

    # What is kept as it was answered

    def _document(self, route_name: str) -> Handler:
        def answer(registry: Registry, call: Call) -> Any:
            parameters = {"workspace": "global"} if route_name == "get_cycles" else dict(call.parameters)
            return msgspec.Raw(self._kept(route_name, parameters).encode())

        return answer

    def _kept(self, route_name: str, parameters: Mapping[str, str]) -> str:
        path = ROUTES[route_name].url(**parameters)
        with self._store.reading() as connection:
            found = self._store.mirrored.document(connection, path)
        if found is None:
            raise NotMirrored(f"{self._of()} does not hold {path}; ask {self.source}, or run {self._command()}")
        return found

    def _accepted_of_class(self, registry: Registry, call: Call) -> Any:
        rows = msgspec.json.decode(self._kept("get_datasets_accepted", {}))
        return [row for row in rows if row.get("class") == call.parameters["run_class"]]

    def _classifiers_of_component(self, registry: Registry, call: Call) -> Any:
        if call.parameters["category"] != "component":
            return HANDLERS["classifiers_of_component"](registry, call)  # which says what is wrong
        rows = msgspec.json.decode(self._kept("get_classifiers", {"category": "component"}))
        return [row for row in rows if row.get("component") == _number(call.parameters["component"])]

    # What it says about itself, and what it refuses

    def _health(self, registry: Registry, call: Call) -> Any:
        self._follow()
        about = {"source": self.source, "synced_at": self._synced_at or None, "holds": str(self._coverage)}
        age = {"age_s": round(seconds_since(self._synced_at))} if self._synced_at else {}
        return registry.health() | {"mirror": about | age}

    def _refuse(self, name: str) -> Handler:
        def refuse(registry: Registry, call: Call) -> Any:
            if ROUTES[name].is_write:
                raise Conflict(f"{self._of()} can't be changed: make the change there, and then run {self._command()}")
            route = ROUTES[name]
            raise NotMirrored(f"{self._of()} does not hold the answers of {route.method} {route.path}; ask {self.source} itself")

        return refuse

    def _not_mirrored(self, missing: Ranges, name: str | None = None) -> APIError:
        first, last = missing[0][0], missing[-1][1]
        what = f"run {first}" if first == last else "all runs" if last == 2**31 - 1 and first <= 1 else f"runs {first} to {last}"
        what = "runs from " + str(first) if last == 2**31 - 1 and first > 1 else what
        options = [f"--run-min {first}"] if first > 1 else []
        options += [f"--run-max {last}"] if last < 2**31 - 1 else []
        dataset = f" {name}" if name else ""
        options += [f"--dataset {name}"] if name and name != ONLINE else []
        return NotMirrored(
            f"{self._of()} can't tell about {what}{dataset}: it holds {self._coverage}. Ask about less, or fetch the rest:"
            f" {self._command(*options)}"
        )

    def _of(self) -> str:
        age = f", {age_text(seconds_since(self._synced_at))} old" if self._synced_at else ""
        return f"the mirror of {self.source}{age},"

    def _command(self, *options: str) -> str:
        return " ".join(["runregistry mirror sync", *([f"--mirror {self._path}"] if self._path else []), *options])


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = str(value).strip()
    return int(text) if text.isdecimal() and len(text) < 12 else None
