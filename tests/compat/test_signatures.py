"""The surface of ours beside that of each release of the official client, as the release itself says it in its environment.

Whatever is allowed to differ is listed here, with the reason; what is on the list and does not differ any more is an error too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.official_clients import RELEASES, environment, python_of_release

PROBE = Path(__file__).with_name("probe.py")
# What `from module import *` gave beside the functions and constants, and what is not given any more.
FOREIGN_MODULES = {"json", "os", "sys", "time", "requests", "get_api_token", "get_with_token", "load_dotenv"}
OWN_MODULES = {"attributes", "runregistry", "utils"}  # import runregistry gives them
# A copy that a star import made was out of date after the next setup; `runregistry.runregistry.api_url` is not.
GLOBALS = {
    *("api_url", "client_id", "client_secret", "email", "staging_cert", "staging_key", "target_application", "target_name"),
    "use_cookies",
}
NOT_STARRED = FOREIGN_MODULES | OWN_MODULES | GLOBALS
EMPTY_LIST = "the default of 1.1.0 is [], that of 3.1.2 and ours is None: both say that no run is given"
PRIVATE = "sends a request with requests; private, and in no script that we know"
MISSPELT = "ours has the names of both releases, because scripts hold them"
ALLOWED: dict[tuple[str, str], str] = {
    ("1.1.0", "move_runs.runs"): EMPTY_LIST,
    ("1.1.0", "make_significant_runs.runs"): EMPTY_LIST,
    ("1.1.0", "move_datasets.runs"): EMPTY_LIST,
    ("1.1.0", "reset_RR_attributes_and_refresh_runs.runs"): EMPTY_LIST,
    ("1.1.0", "manually_refresh_components_statuses_for_runs.runs"): EMPTY_LIST,
    ("1.1.0", "_get_headers.token"): "the default of 1.1.0 is None, that of 3.1.2 and ours is empty: both say that there is none",
    ("1.1.0", "_get_page"): PRIVATE,
    ("3.1.2", "_get_page"): PRIVATE,
    ("1.1.0", "_get_lumisection_helper"): PRIVATE,
    ("3.1.2", "_get_lumisection_helper"): PRIVATE,
    ("1.1.0", "__version__"): "ours has its own",
    ("3.1.2", "__version__"): "ours has its own",
    ("1.1.0", "run_rr_attributes"): MISSPELT,
    ("1.1.0", "run_triplet_attributes"): MISSPELT,
    ("3.1.2", "run_triplet_attributes"): MISSPELT,
}
Surface = dict[str, dict[str, Any]]


def probed(python: Path | str, folder: Path) -> Surface:
    kept = {key: value for key, value in environment(python).items() if not key.startswith(("SSO_", "ENVIRONMENT"))}
    command = [str(python), "-W", "ignore", str(PROBE)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=kept)
    assert done.returncode == 0, done.stderr
    surface: Surface = json.loads(done.stdout)
    return surface


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Surface:
    return probed(sys.executable, tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module", params=RELEASES)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def theirs(version: str, tmp_path_factory: pytest.TempPathFactory) -> Surface:
    return probed(python_of_release(version), tmp_path_factory.mktemp("theirs"))


def differing_functions(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    for name, wanted in theirs.items():
        if name not in ours:
            yield name
        else:
            yield from (f"{name}.{parameter}" for parameter in refused_parameters(wanted, ours[name]))


def refused_parameters(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> Iterator[str]:
    """The parameters that a call of theirs can't pass to ours, or that mean something else when they are left out."""
    takes_any_name = any(one["kind"] == "VAR_KEYWORD" for one in ours)
    for place, wanted in enumerate(theirs):
        is_equal = place < len(ours) and ours[place] == wanted
        if not (takes_any_name if wanted["kind"] == "VAR_KEYWORD" else is_equal):
            yield wanted["name"]
    yield from (one["name"] for one in ours[len(theirs) :] if one["default"] is None and not one["kind"].startswith("VAR"))


def differing_values(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    return (name for name, value in theirs.items() if name not in ours or ours[name] != value)


def is_named(name: str, module: str) -> bool:
    """Whether a module's name is looked up when it is asked for, so that its dictionary does not hold it."""
    return module == "runregistry" and name in GLOBALS


def test_every_call_of_a_function_is_accepted_and_every_value_is_the_same(version: str, theirs: Surface, ours: Surface) -> None:
    found = set()
    for module, wanted in theirs.items():
        here = ours[module]
        found |= set(differing_functions(wanted["functions"], here["functions"]))
        found |= {name for name in differing_values(wanted["values"], here["values"]) if not is_named(name, module)}
    allowed = {name for release, name in ALLOWED if release == version}
    assert found == allowed


def test_a_star_import_gives_every_function_and_constant(theirs: Surface, ours: Surface) -> None:
    for module, wanted in theirs.items():
        assert set(wanted["starred"]) - set(ours[module]["starred"]) <= NOT_STARRED


def test_the_tables_of_names_hold_all_names_of_the_release(theirs: Surface, ours: Surface) -> None:
    tables = theirs["runregistry.attributes"]["values"]
    assert len(tables) == 7
    for name, wanted in tables.items():
        assert set(wanted) <= set(ours["runregistry.attributes"]["values"][name]), name


def test_the_globals_are_the_same_on_both_paths(theirs: Surface) -> None:
    import runregistry

    for name in GLOBALS & theirs["runregistry.runregistry"]["values"].keys():
        assert getattr(runregistry, name) == getattr(runregistry.runregistry, name)


def test_every_difference_that_is_allowed_has_a_reason() -> None:
    assert all(ALLOWED.values())


@pytest.mark.parametrize(
    ("theirs", "ours", "refused"),
    [
        ("a, b=1", "a, b=1", []),
        ("a, b=1", "a, b=2", ["b"]),
        ("a, b", "b, a", ["a", "b"]),
        ("a", "a, *, b", ["b"]),
        ("a", "a, b=1, **kw", []),
        ("a, **kw", "a", ["kw"]),
        ("a", "a, /", ["a"]),
    ],
)
def test_a_call_that_would_be_refused_is_noticed(theirs: str, ours: str, refused: list[str]) -> None:
    from tests.compat.probe import parameters

    wanted, here = (parameters(eval(f"lambda {text}: None")) for text in (theirs, ours))
    assert list(refused_parameters(wanted, here)) == refused
