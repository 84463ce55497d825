"""Old import path: the functions, constants and globals of the official client, releases 1.1.0 and 3.1.2.

The globals below are read at each call, so that a script may also assign to them; `setup` sets them all. One session with
keep-alive serves all calls of a process, and is replaced when a global changes.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import runregistry
from runregistry.client import arguments, flows
from runregistry.client.collector import paused_collector
from runregistry.client.flows import changes
from runregistry.client.flows.changes import one_by_one
from runregistry.client.settings import (
    DEFAULT_EMAIL,
    TARGETS_HERE,
    Settings,
    find_env_file,
    identity_headers,
    package_version,
    resolve_target,
    user_agent,
    working_directory,
)
from runregistry.errors import RunRegistryError, UsageError
from runregistry.terms import DATASET_STATES, EDITABLE_STATUSES, RUN_STATES, WAITING_DQM_GUI
from runregistry.utils import __parse_runs_arg as __parse_runs_arg
from runregistry.utils import transform_to_rr_dataset_filter, transform_to_rr_run_filter

if TYPE_CHECKING:
    from runregistry.client.calls import Call, Flow
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
_taken: dict[str, Any] = {"email": email, "egroups": egroups, "client_id": client_id, "client_secret": client_secret}


def __getattr__(name: str) -> Any:
    if name == "__version__":  # read from the installed distribution, which takes longer than all of this module
        return package_version()
    if name in ("requests", "get_api_token", "get_with_token"):
        how = "replace _get_token or _get_headers, or ask a registry that runregistry.testing.server() serves"
        raise AttributeError(f"{name} is not used any more, so that patching it would have no effect: in tests, {how}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def setup(target: str) -> None:
    """Choose the registry that the functions ask.

    Parameters
    ----------
    target : str
        ``production``, ``development``, ``qa``, ``local``, ``embedded`` (a registry in this process), ``mirror`` (a copy of
        another one) or a URL.

    Raises
    ------
    SettingsError
        The target is none of these.
    MissingExtraError
        The embedded registry is not installed.
    SettingsError, StoreError
        There is no mirror, or it can't be used.

    Examples
    --------
    >>> import runregistry
    >>> runregistry.setup("local")
    >>> runregistry.api_url
    'http://localhost:9500'
    >>> runregistry.setup("production")
    """
    global api_url, use_cookies, target_application, target_name
    found = resolve_target(target)
    _close()
    opened = _transport(Settings(found.name, found.base_url)) if found.name in TARGETS_HERE else None
    api_url, target_application, target_name = found.base_url, found.audience, found.name
    use_cookies = bool(found.audience)
    _take_identity()
    if opened is not None:
        _session(opened)  # holds the registry that was opened, so that the next setup closes it


def _transport(settings: Settings) -> Any:
    from runregistry.client.embedded import transport

    return transport(settings)


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
        timeout_s=arguments.seconds(REQUESTS_TIMEOUT),
    )


def _session(transport: Any = None) -> Session:
    """Return the session that fits the globals, over a transport if there is one already."""
    global _opened
    from runregistry.client.official import PatchedSession
    from runregistry.client.session import Session

    wanted = _settings()
    kind = Session if (_get_token, _get_headers) == _OWN else PatchedSession
    with _lock:
        if _opened is None or _opened.settings != wanted or type(_opened) is not kind:
            if _opened is not None:
                _opened.close()
            transport = transport or _transport(wanted)
            _opened = Session(wanted, transport) if kind is Session else PatchedSession(wanted, transport, _patched_headers)
        return _opened


def _patched_headers() -> dict[str, str]:
    return _get_headers(token=_get_token())


@atexit.register
def _close() -> None:
    global _opened
    with _lock:
        if _opened is not None:
            _opened.close()
        _opened = None


def _run(flow: Flow[T], refused: tuple[type[BaseException], ...] = (ValueError,)) -> T:
    """Run a flow; ``refused`` is what else a refusal of the registry is caught as."""
    from runregistry.client.official import as_official

    try:
        return _session().run(flow)
    except RunRegistryError as fault:
        raise as_official(fault, refused) from fault.__cause__


def _change(calls: Iterable[Call]) -> list[Any]:
    """Send changes one by one; a refusal is an exception of no special class."""
    from runregistry.client.official import Answers

    return Answers(_run(one_by_one(calls), ()))


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
        raise as_official(fault) from fault.__cause__


def _get_headers(token: str = "") -> dict[str, str]:
    headers = identity_headers(_settings())
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


_OWN = (_get_token, _get_headers)  # a script may put functions of its own in their place


def _tell(*lines: object) -> None:
    if target_name in ("development", "local"):
        for line in lines:
            print(line)


def _get_rows(listing: flows.Listing, limit: int, is_compressed: bool, question: dict[str, Any]) -> list[dict[str, Any]]:
    from runregistry.client.official import compress_dataset, compress_run, count_notices

    def on_count(count: int) -> None:
        for line in count_notices(listing.rows, count, limit, "filter" in question):
            print(line)

    transform = transform_to_rr_run_filter if listing is flows.RUNS else transform_to_rr_dataset_filter
    compress = compress_run if listing is flows.RUNS else compress_dataset
    asked = question.get("filter", {})
    if not question.get("ignore_filter_transformation", False):
        asked = transform(asked)
    _tell(f"{api_url}/{listing.route_name}", asked)
    wanted = flows.Question(asked, question.get("sortings", []), question.get("page_size", PAGE_SIZE))
    with paused_collector():
        keep = compress if is_compressed else None
        return _run(flows.read_pages(listing, wanted, limit=limit, on_count=on_count, keep=keep))


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
    return _get_rows(flows.RUNS, limit, compress_attributes, kwargs)


def get_dataset(run_number: Any, dataset_name: Any = "online", **kwargs: Any) -> dict[str, Any]:
    """Return a dataset of a run, ``{}`` if there is none; further arguments as of `get_datasets`."""
    rows = get_datasets(filter={"run_number": run_number, "dataset_name": dataset_name}, **kwargs)
    return _only(rows, f"dataset {dataset_name} of run {run_number}")


def get_datasets(limit: int = 40000, compress_attributes: bool = True, **kwargs: Any) -> list[dict[str, Any]]:
    """Return the datasets that a filter matches, ``online`` ones too; arguments and exceptions as of `get_runs`."""
    return _get_rows(flows.DATASETS, limit, compress_attributes, kwargs)


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
    return _run(flow, (ValueError, KeyError))


def generate_json(json_logic: Any, **kwargs: Any) -> Any:
    """Have a JSON made by the service's old compiler, which knows few operators; `create_json` is better."""
    return _run(flows.generate_json(json_logic), (ValueError, KeyError))


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
    return _change(map(changes.move_run(from_, to_), numbers))


def make_significant_runs(run: Any = None, runs: Any = None, **kwargs: Any) -> list[Any]:
    """Mark one or more runs as significant; return the answers, raise as `move_runs`."""
    numbers = arguments.run_numbers("make_significant_runs", run, runs)
    return _change(map(changes.mark_significant(), numbers))


def reset_RR_attributes_and_refresh_runs(runs: Any = None, **kwargs: Any) -> list[Any]:
    """Fetch runs from OMS and classify them as if they were new; return the answers, raise as `move_runs`."""
    numbers = arguments.run_numbers("reset_RR_attributes_and_refresh_runs", kwargs.get("run"), runs, "'runs' argument was")
    return _change(map(changes.refresh_run(reset=True), numbers))


def manually_refresh_components_statuses_for_runs(runs: Any = None, **kwargs: Any) -> list[Any]:
    """Fetch runs from OMS and classify again what no shifter has changed; return the answers, raise as `move_runs`."""
    who = "manually_refresh_components_statuses_for_runs"
    numbers = arguments.run_numbers(who, kwargs.get("run"), runs, "'runs' argument was")
    return _change(map(changes.refresh_run(), numbers))


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
    sent = changes.edit(run, lumi_start, lumi_end, component, status, comment, cause, dataset_name)
    return _change([sent])[0]


def move_datasets(
    from_: str, to_: str, dataset_name: Any, workspace: str = "global", run: Any = None, runs: Any = None, **kwargs: Any
) -> list[Any]:
    """Move the datasets of a name from one state to another in one workspace; return the answers, raise as `move_runs`."""
    numbers = arguments.run_numbers("move_datasets", run, runs)
    return _change(map(changes.move_dataset(from_, to_, dataset_name, workspace=workspace), numbers))


def change_run_class(run_numbers: Any, new_class: str) -> list[Any]:
    """Give one run or a list of runs another class; return the answers, raise as `move_runs`."""
    numbers = arguments.check_class_change(run_numbers, new_class)
    return _change(map(changes.change_class(new_class), numbers))


def _read_env_file() -> None:
    """Complete the environment from the nearest .env file; the directory in which the package was imported counts as well."""
    path = find_env_file(working_directory(), runregistry._IMPORTED_IN)
    if path is not None:
        from dotenv import load_dotenv

        load_dotenv(path)


_read_env_file()
setup(os.environ.get("ENVIRONMENT") or "production")
