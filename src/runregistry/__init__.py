"""CMS Run Registry: client, registry and rules engine.

Importing this package loads nothing else: each name is looked up where it lives when it is first used.
"""

from __future__ import annotations

import os as _os
from importlib import import_module as _import_module

TYPE_CHECKING = False  # true for type checkers only; the module typing would take longer to load than this one
if TYPE_CHECKING:
    from typing import Any as _Any

    from runregistry.client import AsyncClient, Client
    from runregistry.lumis import LumiMask, LumiRanges
    from runregistry.runregistry import (
        JSON_CREATION_SLEEP_TIME,
        LUMISECTION_STATES,
        OFFLINE_DATASET_STATES,
        ONLINE_RUN_STATES,
        PAGE_SIZE,
        REQUESTS_TIMEOUT,
        WAITING_DQM_GUI_CONSTANT,
        change_run_class,
        create_json,
        edit_rr_lumisections,
        generate_json,
        get_cycles,
        get_dataset,
        get_dataset_names_of_run,
        get_datasets,
        get_datasets_accepted,
        get_joint_lumisection_ranges,
        get_lumisection_ranges,
        get_lumisection_ranges_by_component,
        get_lumisections,
        get_oms_lumisection_ranges,
        get_oms_lumisections,
        get_run,
        get_runs,
        make_significant_runs,
        manually_refresh_components_statuses_for_runs,
        move_datasets,
        move_runs,
        reset_RR_attributes_and_refresh_runs,
        setup,
        transform_to_rr_dataset_filter,
        transform_to_rr_run_filter,
    )

    __version__: str

__all__ = [
    "JSON_CREATION_SLEEP_TIME",
    "LUMISECTION_STATES",
    "OFFLINE_DATASET_STATES",
    "ONLINE_RUN_STATES",
    "PAGE_SIZE",
    "REQUESTS_TIMEOUT",
    "WAITING_DQM_GUI_CONSTANT",
    "AsyncClient",
    "Client",
    "LumiMask",
    "LumiRanges",
    "__version__",
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

_HOMES = {"AsyncClient": "client", "Client": "client", "LumiMask": "lumis", "LumiRanges": "lumis"}
_MODULE_NAMES = "attributes certification client engine errors filters local logic lumis pictures runregistry terms testing utils"
_SUBMODULES = frozenset(_MODULE_NAMES.split())
# Globals of the old module: looked up each time, so that they are up to date after a setup.
_GLOBAL_NAMES = "api_url client_id client_secret email staging_cert staging_key target_application target_name use_cookies"
_GLOBALS = frozenset(_GLOBAL_NAMES.split())

try:
    _IMPORTED_IN = _os.getcwd()  # where the official client looks for .env, whatever directory the script goes to later
except OSError:
    _IMPORTED_IN = ""


def __getattr__(name: str) -> _Any:
    if name in _SUBMODULES:
        return _import_module(f"{__name__}.{name}")
    if name == "__version__":
        return _import_module(f"{__name__}.client.settings").package_version()
    if name not in __all__ and name not in _GLOBALS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(f"{__name__}.{_HOMES.get(name, 'runregistry')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBMODULES})
