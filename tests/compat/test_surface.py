"""What people import and call, as recorded from the official releases 1.1.0 and 3.1.2."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import runregistry

SIGNATURES = {
    "change_run_class": "(run_numbers, new_class)",
    "create_json": "(json_logic, dataset_name_filter, **kwargs)",
    "edit_rr_lumisections": (
        "(run, lumi_start, lumi_end, component, status, comment='', cause='', dataset_name='online', **kwargs)"
    ),
    "generate_json": "(json_logic, **kwargs)",
    "get_cycles": "()",
    "get_dataset": "(run_number, dataset_name='online', **kwargs)",
    "get_dataset_names_of_run": "(run_number, **kwargs)",
    "get_datasets": "(limit=40000, compress_attributes=True, **kwargs)",
    "get_datasets_accepted": "()",
    "get_joint_lumisection_ranges": "(run_number, dataset_name='online', **kwargs)",
    "get_lumisection_ranges": "(run_number, dataset_name='online', **kwargs)",
    "get_lumisection_ranges_by_component": "(run_number, dataset_name='online', **kwargs)",
    "get_lumisections": "(run_number, dataset_name='online', **kwargs)",
    "get_oms_lumisection_ranges": "(run_number, **kwargs)",
    "get_oms_lumisections": "(run_number, dataset_name='online', **kwargs)",
    "get_run": "(run_number, **kwargs)",
    "get_runs": "(limit=40000, compress_attributes=True, **kwargs)",
    "make_significant_runs": "(run=None, runs=None, **kwargs)",
    "manually_refresh_components_statuses_for_runs": "(runs=None, **kwargs)",
    "move_datasets": "(from_, to_, dataset_name, workspace='global', run=None, runs=None, **kwargs)",
    "move_runs": "(from_, to_, run=None, runs=None, **kwargs)",
    "reset_RR_attributes_and_refresh_runs": "(runs=None, **kwargs)",
    "setup": "(target)",
    "transform_to_rr_dataset_filter": "(dataset_filter)",
    "transform_to_rr_run_filter": "(run_filter)",
}
HELPERS = {"_get_headers": "(token='')", "_get_target": "()", "_get_token": "()", "_get_user_agent": "()"}
CONSTANTS = {
    "PAGE_SIZE": 50,
    "WAITING_DQM_GUI_CONSTANT": "waiting dqm gui",
    "LUMISECTION_STATES": ["GOOD", "BAD", "STANDBY", "EXCLUDED", "NOTSET"],
    "ONLINE_RUN_STATES": ["SIGNOFF", "OPEN", "COMPLETED"],
    "OFFLINE_DATASET_STATES": ["SIGNOFF", "OPEN", "COMPLETED", "waiting dqm gui"],
    "JSON_CREATION_SLEEP_TIME": 15,
    "REQUESTS_TIMEOUT": 600,
}
GLOBALS = ("api_url", "use_cookies", "email", "client_id", "client_secret", "target_application", "target_name")


def _bare(function: object) -> str:
    signature = inspect.signature(function)  # type: ignore[arg-type]
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


@pytest.mark.parametrize(("name", "signature"), SIGNATURES.items())
def test_a_function_has_the_official_signature_on_both_paths(name: str, signature: str) -> None:
    assert _bare(getattr(runregistry, name)) == signature
    assert getattr(runregistry.runregistry, name) is getattr(runregistry, name)


@pytest.mark.parametrize(("name", "signature"), HELPERS.items())
def test_a_helper_has_the_official_signature(name: str, signature: str) -> None:
    assert _bare(getattr(runregistry.runregistry, name)) == signature


@pytest.mark.parametrize(("name", "value"), CONSTANTS.items())
def test_a_constant_has_the_official_value_on_both_paths(name: str, value: object) -> None:
    assert getattr(runregistry, name) == getattr(runregistry.runregistry, name) == value


def test_the_public_surface_is_this_and_nothing_else() -> None:
    own = {"AsyncClient", "Client", "LumiMask", "LumiRanges", "__version__"}
    assert set(runregistry.__all__) == {*SIGNATURES, *CONSTANTS, *own}
    assert set(runregistry.runregistry.__all__) == {*SIGNATURES, *CONSTANTS}


def test_every_public_name_is_there() -> None:
    for name in runregistry.__all__:
        assert getattr(runregistry, name) is not None
    assert set(runregistry.__all__) <= set(dir(runregistry))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'get_rnus'"):
        _ = runregistry.get_rnus  # type: ignore[attr-defined]
    assert not hasattr(runregistry, "__wrapped__")


@pytest.mark.parametrize(
    ("value", "runs"),
    [
        (5, [5]),
        ("362761", [362761]),
        (" 7 ", [7]),
        ("1_000", [1000]),
        ([1, "2"], [1, "2"]),
        ("x", []),
        ("", []),
        (None, []),
        ((1,), []),
        (1.5, []),
    ],
)
def test_the_helper_for_run_arguments_returns_a_list(value: object, runs: list[object]) -> None:
    assert runregistry.utils.__dict__["__parse_runs_arg"](value) == runs


def test_the_helper_for_run_arguments_can_be_imported_by_its_name() -> None:
    from runregistry.utils import __parse_runs_arg as parse

    assert parse("7") == [7]


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    from runregistry.runregistry import __version__

    assert runregistry.__version__ == __version__ == version("runregistry")


def _fresh(code: str, *options: str) -> str:
    done = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_else() -> None:
    names = "numpy pandas httpx2 msgspec fastapi starlette sqlalchemy psycopg dotenv rich typer requests"
    heavy = set(names.split())
    code = f"import sys, runregistry; print([m for m in sys.modules if m in {heavy} or m.startswith('runregistry.')])"
    assert _fresh(code) == "[]"


def test_the_old_module_waits_with_the_http_library_until_it_is_used() -> None:
    code = "import sys; from runregistry import get_run, setup; setup('local'); print({'httpx2', 'numpy'} & set(sys.modules))"
    assert _fresh(code) == "set()"


def test_all_ways_to_import_lead_to_the_same_functions() -> None:
    code = (
        "from runregistry import *\n"
        "from runregistry.runregistry import *\n"
        "import runregistry, runregistry.runregistry as old\n"
        "from runregistry.attributes import run_triplet_attributes\n"
        "from runregistry.utils import transform_to_rr_run_filter as transform\n"
        "print(get_runs is runregistry.get_runs is old.get_runs, transform is transform_to_rr_run_filter, PAGE_SIZE)"
    )
    assert _fresh(code) == "True True 50"


def test_parts_of_the_package_are_there_without_importing_them() -> None:
    code = "import runregistry; print(runregistry.errors.FilterError.__name__, runregistry.terms.GOOD)"
    assert _fresh(code) == "FilterError GOOD"


def test_globals_can_be_read_through_the_package_and_are_up_to_date() -> None:
    for target in ("development", "local", "production"):
        runregistry.setup(target)
        for name in GLOBALS:
            assert getattr(runregistry, name) == getattr(runregistry.runregistry, name)
        assert runregistry.target_name == target


@pytest.mark.parametrize("name", ["requests", "get_api_token", "get_with_token"])
def test_what_is_not_used_any_more_says_what_to_patch_instead(name: str) -> None:
    with pytest.raises(AttributeError, match=r"replace _get_token or _get_headers, or ask .*testing\.server"):
        getattr(runregistry.runregistry, name)


def test_the_helper_for_run_arguments_is_on_the_other_path_too() -> None:
    from runregistry.runregistry import __parse_runs_arg as parse

    assert parse("7") == [7]


def test_the_tables_of_names_are_on_the_other_path_too() -> None:
    from runregistry import attributes, utils

    assert all(getattr(utils, name) is getattr(attributes, name) for name in attributes.__all__)
