from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.integration.commands import COMMAND, Done, one_error_line, run, run_process

from runregistry.client import Client
from runregistry.model.defaults import default_settings

HEAVY = ("fastapi", "httpx2", "matplotlib", "numpy", "pandas", "pyarrow", "sqlalchemy", "sqlite3", "uvicorn")


@contextmanager
def serving(*arguments: object, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `runregistry serve` and yield the process and the URL that it announces."""
    command = [*COMMAND, "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert " at http://" in line, line + process.stderr.read()
            yield process, line.split(" at ")[1].split(",")[0]
        finally:
            process.kill()


def test_help_loads_no_database_web_or_frame_library() -> None:
    code = f"""
import sys
from runregistry.cli import main
for arguments in (["--help"], ["demo", "--help"], ["json", "create", "--help"], ["version"]):
    assert main(arguments) == 0
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_the_console_script_is_the_same_command() -> None:
    script = Path(sys.executable).with_name("runregistry")
    done = subprocess.run([script, "version"], capture_output=True, text=True, check=True)
    assert done.stdout == run("version").stdout


def test_serve_answers_and_ctrl_c_ends_it_with_130(few_runs_csv: Path, tmp_path: Path) -> None:
    database = tmp_path / "own.sqlite"
    assert run("load", "--lumisections", few_runs_csv, "--database", database).returncode == 0
    with serving("--database", database) as (process, url):
        with Client(url) as client:
            assert len(client.runs()) == 4
            assert client.create_json({"==": [{"var": "lumisection.rr.cms-cms"}, "GOOD"]}, "online")["generated_json"]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


def test_no_worker_leaves_the_jobs_alone(tmp_path: Path) -> None:
    with serving("--database", tmp_path / "own.sqlite", "--no-worker") as (_, url), httpx2.Client(base_url=url) as http:
        run_body = {"oms_attributes": {"run_number": 1}, "oms_lumisections": [], "rr_lumisections": []}
        headers = {"email": "auto@auto"}
        assert http.post("/runs", json=run_body, headers=headers).status_code == 200
        body = {"json_logic": '{"==": [1, 1]}', "dataset_name_filter": "online"}
        receipt = http.post("/json_portal/generate", json=body, headers=headers).json()
        assert http.post("/json_portal/json", json={"id_json": receipt["id"]}).status_code == 203


def test_a_port_in_use_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_process("serve", "--port", port, "--database", tmp_path / "own.sqlite")
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in (line := one_error_line(done))
    assert "--port" in line


def test_an_address_that_others_reach_needs_auth(tmp_path: Path) -> None:
    database = tmp_path / "own.sqlite"
    done = run("serve", "--host", "0.0.0.0", "--port", 0, "--database", database)
    assert done.returncode == 2
    assert "--auth headers" in one_error_line(done)
    assert not database.exists()
    with serving("--host", "0.0.0.0", "--auth", "headers", "--database", database) as (_, url):
        assert url.startswith("http://0.0.0.0:")


def test_an_unknown_way_to_identify_users_is_refused(tmp_path: Path) -> None:
    done = run("serve", "--auth", "basic", "--database", tmp_path / "own.sqlite")
    assert done.returncode == 2
    assert "'basic'" in one_error_line(done)


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["admin", "init"], ["runs"], ["demo"]])
def test_a_file_of_another_program_is_left_alone(command: list[str], tmp_path: Path) -> None:
    theirs = tmp_path / "firefox.sqlite"
    with sqlite3.connect(theirs) as connection:
        connection.execute("CREATE TABLE moz_places (url TEXT)")
    connection.close()
    before = theirs.read_bytes()
    done = run(*command, "--database", theirs, cwd=tmp_path)
    assert done.returncode == 1
    assert "Error: " in done.stderr
    assert "another program" in done.stderr
    assert "Traceback" not in done.stderr
    assert theirs.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("to do: " * 200)
    done = run_process("load", "--lumisections", "x.csv", "--database", text)
    assert done.returncode == 1
    assert "is not a SQLite file" in one_error_line(done)
    assert text.read_text() == "to do: " * 200


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = run("admin", "init", "--database", tmp_path / "no" / "own.sqlite")
    assert done.returncode == 1
    assert str(tmp_path / "no") in one_error_line(done)


@pytest.mark.parametrize(
    ("package", "command", "extra"),
    [
        ("sqlalchemy", ["admin", "init"], "server"),
        ("fastapi", ["serve"], "server"),
        ("sqlalchemy", ["runs", "--target", "embedded"], "server"),
        ("sqlalchemy", ["demo"], "server"),
        ("matplotlib", ["demo"], "plots"),
    ],
)
def test_a_missing_package_is_answered_with_the_line_that_installs_it(
    package: str, command: list[str], extra: str, tmp_path: Path
) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; from runregistry.cli import main; sys.exit(main({command}))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    done = Done(ended.returncode, ended.stdout, ended.stderr)
    assert done.returncode == 1
    assert f"pip install 'runregistry[{extra}]'" in one_error_line(done)
    assert list(tmp_path.iterdir()) == []


def test_loading_twice_changes_nothing(few_runs_csv: Path, tmp_path: Path) -> None:
    database = tmp_path / "own.sqlite"
    first = run("load", "--lumisections", few_runs_csv, "--database", database)
    second = run("load", "--lumisections", few_runs_csv, "--database", database)
    assert first.stderr.startswith("4 runs created, 0 updated, 0 unchanged;")
    assert second.stderr.startswith("0 runs created, 0 updated, 4 unchanged;")
    assert (first.returncode, second.returncode, first.stdout, second.stdout) == (0, 0, "", "")


def test_a_refused_run_is_listed_and_fails_the_load(few_runs_csv: Path, tmp_path: Path) -> None:
    database, shorter = tmp_path / "own.sqlite", tmp_path / "shorter.csv"
    run("load", "--lumisections", few_runs_csv, "--database", database)
    lines = few_runs_csv.read_text().splitlines(keepends=True)
    shorter.write_text("".join(lines[:3]))
    done = run("load", "--lumisections", shorter, "--database", database)
    assert done.returncode == 1
    assert "run 314206 refused: " in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: 1 runs were refused")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "nothing to load"),
        (["--lumisections", "missing.csv"], "missing.csv: No such file"),
        (["--lumisections", "lumisections.xlsx"], "must end with .csv"),
    ],
)
def test_what_cannot_be_loaded_is_explained(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = run("load", *arguments, "--database", tmp_path / "own.sqlite", cwd=tmp_path)
    assert done.returncode == 2
    assert words in one_error_line(done)


def test_admin_init_makes_a_registry_once(tmp_path: Path) -> None:
    database = tmp_path / "own.sqlite"
    for _ in range(2):
        done = run("admin", "init", "--database", database)
        assert (done.returncode, done.stdout) == (0, "")
        assert "is ready; it holds 0 runs" in done.stderr
    answer = json.loads(run("runs", "--format", "json", "--database", database).stdout)
    assert answer == []


def test_settings_are_imported_only_where_there_are_none(tmp_path: Path) -> None:
    database, settings = tmp_path / "own.sqlite", tmp_path / "settings.json"
    kept = default_settings()
    kept["permissions"] = [{"id": 1, "egroup": "shifters-of-ours", "routes": [".*"]}]
    settings.write_text(json.dumps(kept))
    assert run("admin", "import-settings", settings, "--database", database).returncode == 0
    done = run("admin", "import-settings", settings, "--database", database)
    assert done.returncode == 2
    assert "has settings already" in one_error_line(done)
    with serving("--database", database) as (_, url):
        headers = {"email": "someone@example.org", "egroups": "others"}
        answer = httpx2.post(f"{url}/runs/move_run/OPEN/SIGNOFF", json={"run_number": 1}, headers=headers)
    assert answer.status_code == 401
    assert "shifters-of-ours" in answer.text


@pytest.mark.parametrize(
    ("content", "words"), [("{", "is not JSON"), ('{"workspases": []}', "did you mean workspaces"), ("[]", "object")]
)
def test_wrong_settings_are_refused(content: str, words: str, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(content)
    done = run("admin", "init", "--settings", settings, "--database", tmp_path / "own.sqlite")
    assert done.returncode == 2
    assert words in one_error_line(done)


def test_without_a_database_the_one_of_the_environment_is_used(few_runs_csv: Path, tmp_path: Path) -> None:
    mine = str(tmp_path / "mine.sqlite")
    run("load", "--lumisections", few_runs_csv, RUNREGISTRY_DATABASE=mine)
    found = json.loads(run("runs", "--target", "embedded", "--format", "json", RUNREGISTRY_DATABASE=mine).stdout)
    assert len(found) == 4
