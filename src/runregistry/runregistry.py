"""Old import path: the functions, constants and globals of the official client, releases 1.1.0 and 3.1.2.

The globals below are read at each call, so that a script may also assign to them; `setup` sets them all. One session with
keep-alive serves all calls of a process, and is replaced when a global changes.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from importlib import import_module
from itertools import chain, repeat, starmap
from typing import TYPE_CHECKING, Any, TypeVar

import runregistry
from runregistry.client import arguments, flows
from runregistry.client.collector import paused_collector
from runregistry.client.questions import to_wire
from runregistry.client.settings import (
    DEFAULT_EMAIL,
    Settings,
    find_env_file,
    identity_headers,
    package_version,
    resolve_target,
    user_agent,
    working_directory,
)
from runregistry.errors import MissingExtraError, RunRegistryError, UsageError
from runregistry.terms import DATASET_STATES, EDITABLE_STATUSES, RUN_STATES, WAITING_DQM_GUI
from runregistry.utils import transform_to_rr_dataset_filter, transform_to_rr_run_filter

if TYPE_CHECKING:
    from runregistry.client.calls import Flow
    from runregistry.client.session import Session

__all__ = [
    "JSON_CREATION_SLEEP_TIME",
    "LUMISECTION_STATES",
    "OFFLINE_DATASET_STATES",
    "ONLINE_RUN_STATES",
    "PAGE_SIZE",
    "REQUESTS_TIMEOUT",
    "WAITING_DQM_GUI_CONSTANT",
    "change_run_class",
    "create_json",
    "edit_rr_lumisections",
    "generate_json",
    "get_cycles",
    "get_dataset",
    "get_dataset_names_of_run",
    "get_datasets",
    "get_datasets_accepted",
    "get_joint_lumisection_ranges",
    "get_lumisection_ranges",
    "get_lumisection_ranges_by_component",
    "get_lumisections",
    "get_oms_lumisection_ranges",
    "get_oms_lumisections",
    "get_run",
    "get_runs",
    "make_significant_runs",
    "manually_refresh_components_statuses_for_runs",
    "move_datasets",
    "move_runs",
    "reset_RR_attributes_and_refresh_runs",
    "setup",
    "transform_to_rr_dataset_filter",
    "transform_to_rr_run_filter",
]

T = TypeVar("T")

PAGE_SIZE = 50
WAITING_DQM_GUI_CONSTANT = WAITING_DQM_GUI
LUMISECTION_STATES = list(EDITABLE_STATUSES)
ONLINE_RUN_STATES = list(RUN_STATES)
OFFLINE_DATASET_STATES = list(DATASET_STATES)
JSON_CREATION_SLEEP_TIME = 15
REQUESTS_TIMEOUT = 600

staging_cert = ""
staging_key = ""
api_url = ""
use_cookies = True
target_application = ""
target_name = ""
email = DEFAULT_EMAIL
egroups = ""
client_id: str | None = None
client_secret: str | None = None

_lock = threading.Lock()
_opened: Session | None = None
_transports: Iterator[Any] = repeat(None)  # one for each session; None is the network
_taken: dict[str, Any] = {"email": email, "egroups": egroups, "client_id": client_id, "client_secret": client_secret}


def __getattr__(name: str) -> Any:
    if name == "__version__":  # read from the installed distribution, which takes longer than all of this module
        return package_version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def setup(target: str) -> None:
    """Choose the registry that the functions ask.

    Parameters
    ----------
    target : str
        ``production``, ``development``, ``qa``, ``local``, ``embedded`` (a registry in this process) or a URL.

    Raises
    ------
    SettingsError
        The target is none of these.
    MissingExtraError
        The embedded registry is not installed.

    Examples
    --------
    >>> import runregistry
    >>> runregistry.setup("local")
    >>> runregistry.api_url
    'http://localhost:9500'
    >>> runregistry.setup("production")
    """
    global api_url, use_cookies, target_application, target_name, _transports
    found = resolve_target(target)
    _close()
    _transports = _embedded_transports() if found.name == "embedded" else repeat(None)
    api_url, target_application, target_name = found.base_url, found.audience, found.name
    use_cookies = bool(found.audience)
    _take_identity()
    if found.name == "embedded":
        _session()  # holds the registry that was opened, so that the next setup closes it


def _embedded_transports() -> Iterator[Any]:
    """Open the registry in this process; what is missing for it is missed here, and another one is opened if a global changes."""
    try:
        open_transport = import_module("runregistry.local").transport
        first = open_transport()
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] == "runregistry":
            raise
        raise MissingExtraError("the embedded registry", "server") from fault
    return chain([first], starmap(open_transport, repeat(())))


def _take_identity() -> None:
    """Take who we are from the environment, except where the script has assigned to a global itself."""
    found = {
        "email": os.environ.get("RUNREGISTRY_EMAIL") or DEFAULT_EMAIL,
        "egroups": os.environ.get("RUNREGISTRY_EGROUPS", ""),
        "client_id": os.environ.get("SSO_CLIENT_ID"),
        "client_secret": os.environ.get("SSO_CLIENT_SECRET"),
    }
    names = globals()
    for name, value in found.items():
        if names[name] == _taken[name]:
            names[name] = value
            _taken[name] = value


def _settings() -> Settings:
    return Settings(
        target_name=target_name,
        base_url=api_url.rstrip("/"),
        audience=target_application,
        email="" if use_cookies else email,
        egroups=egroups,
        client_id=client_id,
        client_secret=client_secret,
        timeout_s=REQUESTS_TIMEOUT,
    )


def _session() -> Session:
    """Return the session that fits the globals."""
    global _opened
    from runregistry.client.session import Session

    wanted = _settings()
    with _lock:
        if _opened is None or _opened.settings != wanted:
            if _opened is not None:
                _opened.close()
            _opened = Session(wanted, next(_transports))
        return _opened


@atexit.register
def _close() -> None:
    global _opened
    with _lock:
        if _opened is not None:
            _opened.close()
        _opened = None


def _run(flow: Flow[T], *, is_read: bool = True) -> T:
    from runregistry.client.official import as_official

    try:
        return _session().run(flow)
    except RunRegistryError as fault:
        raise as_official(fault, is_read=is_read) from fault.__cause__


def _get_target() -> str:
    return target_name


def _get_user_agent() -> str:
    return user_agent(target_name)


def _get_token() -> str:
    """Return the token for requests of one's own; empty where the registry wants none."""
    from runregistry.client.official import as_official

    try:
        return _session().token()
    except RunRegistryError as fault:
        raise as_official(fault, is_read=True) from fault.__cause__


def _get_headers(token: str = "") -> dict[str, str]:
    headers = identity_headers(_settings())
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _tell(*lines: object) -> None:
    if target_name in ("development", "local"):
        for line in lines:
            print(line)


def _get_rows(listing: flows.Listing, limit: int, question: dict[str, Any]) -> list[dict[str, Any]]:
    from runregistry.client.official import count_notices

    def on_count(count: int) -> None:
        for line in count_notices(listing.rows, count, limit, "filter" in question):
            print(line)

    asked = question.get("filter", {})
    wire = asked if question.get("ignore_filter_transformation", False) else to_wire(listing, asked)
    _tell(f"{api_url}/{listing.route_name}", wire)
    wanted = flows.Question(wire, question.get("sortings", []), question.get("page_size", PAGE_SIZE))
    with paused_collector():
        return _run(flows.read_pages(listing, wanted, limit=limit, on_count=on_count))


def _only(rows: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if len(rows) > 1:
        raise UsageError(f"Unexpected number of results returned for {what} ({len(rows)}), was expecting exactly 1")
    return rows[0] if rows else {}


def get_run(run_number: Any, **kwargs: Any) -> dict[str, Any]:
    """Return a run, ``{}`` if there is none of this number; further arguments as of `get_runs`."""
    return _only(get_runs(filter={"run_number": run_number}, **kwargs), f"run {run_number}")


def get_runs(limit: int = 40000, compress_attributes: bool = True, **kwargs: Any) -> list[dict[str, Any]]:
    """Return the runs that a filter matches, newest first.

    Parameters
    ----------
    limit : int
        The most runs.
    compress_attributes : bool
        Put RR attributes and component summaries (as ``lumisections``) at the top level of each run.
    **kwargs
        ``filter`` (short form), ``ignore_filter_transformation`` (send the filter as it is), ``page_size``, ``sortings``; others
        are ignored.

    Raises
    ------
    FilterError
        The filter names what is not known.
    ValueError
        The registry refuses the question; with its text.
    TooManyRunsError
        More than 20,000 runs, and no filter.
    """
    rows = _get_rows(flows.RUNS, limit, kwargs)
    if not compress_attributes:
        return rows
    from runregistry.client.official import compress_run

    return [compress_run(row) for row in rows]


def get_dataset(run_number: Any, dataset_name: Any = "online", **kwargs: Any) -> dict[str, Any]:
    """Return a dataset of a run, ``{}`` if there is none; further arguments as of `get_datasets`."""
    rows = get_datasets(filter={"run_number": run_number, "dataset_name": dataset_name}, **kwargs)
    return _only(rows, f"dataset {dataset_name} of run {run_number}")


def get_datasets(limit: int = 40000, compress_attributes: bool = True, **kwargs: Any) -> list[dict[str, Any]]:
    """Return the datasets that a filter matches, ``online`` ones too; arguments and exceptions as of `get_runs`."""
    rows = _get_rows(flows.DATASETS, limit, kwargs)
    if not compress_attributes:
        return rows
    from runregistry.client.official import compress_dataset

    return [compress_dataset(row) for row in rows]


def get_dataset_names_of_run(run_number: Any, **kwargs: Any) -> Any:
    """Return the names of a run's datasets, ``online`` too."""
    return _run(flows.one("dataset_names_of_run", run_number=run_number))


def get_cycles() -> Any:
    """Return the certification cycles with their datasets, by deadline."""
    _tell(f"{api_url}/cycles/global")
    return _run(flows.one("get_cycles", workspace="global"))


def get_datasets_accepted() -> Any:
    """Return which datasets a run gets when it leaves OPEN."""
    return _run(flows.one("get_datasets_accepted"))


def _of_dataset(route_name: str, run_number: Any, dataset_name: Any) -> Any:
    return _run(flows.one(route_name, {"run_number": run_number, "dataset_name": dataset_name}))


def get_lumisections(run_number: Any, dataset_name: Any = "online", **kwargs: Any) -> Any:
    """Return the triplets of each component, one element a lumisection."""
    return _of_dataset("rr_lumisections", run_number, dataset_name)


def get_oms_lumisections(run_number: Any, dataset_name: Any = "online", **kwargs: Any) -> Any:
    """Return the OMS attributes, one element a lumisection."""
    return _of_dataset("oms_lumisections", run_number, dataset_name)


def get_lumisection_ranges(run_number: Any, dataset_name: Any = "online", **kwargs: Any) -> Any:
    """Return the ranges over which no component changes, ``start`` and ``end`` included."""
    return _of_dataset("rr_lumisection_ranges", run_number, dataset_name)


def get_lumisection_ranges_by_component(run_number: Any, dataset_name: Any = "online", **kwargs: Any) -> Any:
    """Return the ranges of each component, by its name."""
    return _of_dataset("rr_lumisection_ranges_by_component", run_number, dataset_name)


def get_oms_lumisection_ranges(run_number: Any, **kwargs: Any) -> Any:
    """Return the ranges of the run over which no OMS attribute changes."""
    return _of_dataset("oms_lumisection_ranges", run_number, "online")


def get_joint_lumisection_ranges(run_number: Any, dataset_name: Any = "online", **kwargs: Any) -> Any:
    """Return the ranges over which neither an OMS attribute nor a component changes."""
    return _of_dataset("joint_lumisection_ranges", run_number, dataset_name)


def create_json(json_logic: Any, dataset_name_filter: Any, **kwargs: Any) -> Any:
    """Have a JSON made by the JSON portal from a json-logic rule (a dict, or text), and wait for it; prints how far it is.

    Raises
    ------
    ValueError
        The portal refuses the rule or the filter; with its text.
    JobError
        The job failed; the text holds status and answer.
    """
    last = ""

    def on_progress(done: float | None) -> None:
        nonlocal last
        line = "json process is submitted and pending, please wait..." if done is None else f"progress creating json: {done}"
        if line != last:  # the first questions follow each other fast
            print(line)
        last = line

    flow = flows.create_json(json_logic, dataset_name_filter, longest_pause_s=JSON_CREATION_SLEEP_TIME, on_progress=on_progress)
    return _run(flow)


def generate_json(json_logic: Any, **kwargs: Any) -> Any:
    """Have a JSON made by the service's old compiler, which knows few operators; `create_json` is better."""
    return _run(flows.generate_json(json_logic))


def move_runs(from_: str, to_: str, run: Any = None, runs: Any = None, **kwargs: Any) -> list[Any]:
    """Move one or more runs from one state to another; return the answers.

    Raises
    ------
    ValueError
        No run is given, or a state is unknown.
    APIError
        The registry refuses; the text holds status and answer.
    """
    numbers = arguments.run_numbers("move_runs", run, runs)
    return _run(flows.move_runs(from_, to_, numbers), is_read=False)


def make_significant_runs(run: Any = None, runs: Any = None, **kwargs: Any) -> list[Any]:
    """Mark one or more runs as significant; return the answers, raise as `move_runs`."""
    numbers = arguments.run_numbers("make_significant_runs", run, runs)
    return _run(flows.mark_significant(numbers), is_read=False)


def reset_RR_attributes_and_refresh_runs(runs: Any = None, **kwargs: Any) -> list[Any]:
    """Fetch runs from OMS and classify them as if they were new; return the answers, raise as `move_runs`."""
    numbers = arguments.run_numbers("reset_RR_attributes_and_refresh_runs", kwargs.get("run"), runs, "'runs' argument was")
    return _run(flows.refresh_runs(numbers, reset=True), is_read=False)


def manually_refresh_components_statuses_for_runs(runs: Any = None, **kwargs: Any) -> list[Any]:
    """Fetch runs from OMS and classify again what no shifter has changed; return the answers, raise as `move_runs`."""
    who = "manually_refresh_components_statuses_for_runs"
    numbers = arguments.run_numbers(who, kwargs.get("run"), runs, "'runs' argument was")
    return _run(flows.refresh_runs(numbers), is_read=False)


def edit_rr_lumisections(
    run: Any,
    lumi_start: Any,
    lumi_end: Any,
    component: Any,
    status: Any,
    comment: Any = "",
    cause: Any = "",
    dataset_name: Any = "online",
    **kwargs: Any,
) -> Any:
    """Set status, comment and cause of a component from ``lumi_start`` to ``lumi_end``, both included; raise as `move_runs`."""
    flow = flows.edit_lumisections(
        run, lumi_start, lumi_end, component, status, comment=comment, cause=cause, dataset_name=dataset_name
    )
    return _run(flow, is_read=False)


def move_datasets(
    from_: str, to_: str, dataset_name: Any, workspace: str = "global", run: Any = None, runs: Any = None, **kwargs: Any
) -> list[Any]:
    """Move the datasets of a name from one state to another in one workspace; return the answers, raise as `move_runs`."""
    numbers = arguments.run_numbers("move_datasets", run, runs)
    return _run(flows.move_datasets(from_, to_, dataset_name, numbers, workspace=workspace), is_read=False)


def change_run_class(run_numbers: Any, new_class: str) -> list[Any]:
    """Give one run or a list of runs another class; return the answers, raise as `move_runs`."""
    numbers = arguments.check_class_change(run_numbers, new_class)
    return _run(flows.change_class(numbers, new_class), is_read=False)


def _read_env_file() -> None:
    """Complete the environment from the nearest .env file; the directory in which the package was imported counts as well."""
    path = find_env_file(working_directory(), runregistry._IMPORTED_IN)
    if path is not None:
        from dotenv import load_dotenv

        load_dotenv(path)


_read_env_file()
setup(os.environ.get("ENVIRONMENT") or "production")
