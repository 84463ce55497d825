"""The past on the command line: reading as of a version, what changed, tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.commands import Done, one_error_line, run
from tests.integration.registry import create_run

from runregistry.client import Client
from runregistry.local import EmbeddedTransport, open_registry

RUN = 355100
RULE = '{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}'


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> Path:
    path = tmp_path / "registry.sqlite"
    store, app = open_registry(path, auth="headers")
    with httpx2.Client(transport=EmbeddedTransport(store, app), base_url="http://embedded") as client:
        create_run(client, RUN)
    return path


@pytest.fixture(name="edited")
def _edited(database: Path) -> Path:
    """A registry that was tagged, and edited later."""
    assert run("tag", "create", "then", "--note", "before", "--database", database).returncode == 0
    with Client(database=database) as registry:
        registry.edit_lumisections(RUN, 2, 3, "dt-dt", "BAD", comment="HV trip")
        registry.change_class([RUN], "Cosmics22")
    return database


def answered(done: Done) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def asked(database: Path, *words: object) -> Any:
    return answered(run(*words, "--format", "json", "--database", database))


def test_commands_that_read_read_the_past(edited: Path) -> None:
    past = ("--as-of", "then")
    assert asked(edited, "runs")[0]["rr_attributes"]["class"] == "Cosmics22"
    assert asked(edited, "runs", *past)[0]["rr_attributes"]["class"] == "Collisions22"
    assert asked(edited, "runs", "--class", "Cosmics22", *past) == []
    assert run("runs", "--count", "--class", "Collisions22", *past, "--database", edited).stdout == "1\n"
    assert len(asked(edited, "datasets", *past)) == 1
    assert asked(edited, "run", RUN, *past)[0]["rr_attributes"]["class"] == "Collisions22"
    assert len(asked(edited, "ranges", RUN, "--component", "dt-dt")) == 3
    assert len(asked(edited, "ranges", RUN, "--component", "dt-dt", *past)) == 1
    assert {row["dt-dt"]["status"] for row in asked(edited, "lumisections", RUN, *past)} == {"GOOD"}
    assert len(asked(edited, "history", RUN)) == len(asked(edited, "history", RUN, *past)) + 2
    assert "Collisions22" in run("run", RUN, *past, "--database", edited).stdout


def test_what_was_not_there_is_an_error(edited: Path) -> None:
    for command in ("run", "ranges"):
        failed = run(command, 1, "--as-of", "then", "--database", edited)
        assert failed.returncode == 1
        assert "as of then" in one_error_line(failed)
    assert "there is no tag 'them' (did you mean then?)" in one_error_line(run("runs", "--as-of", "them", "--database", edited))
    assert run("runs", "--as-of", "1.5", "--database", edited).returncode == 2


def test_changes_are_shown_with_who_and_why(edited: Path) -> None:
    done = run("diff", "then", "--database", edited, COLUMNS="300")
    assert done.returncode == 0, done.stderr
    head, component, attribute = done.stdout.splitlines()
    assert head.split() == ["run_number", "dataset", "what", *("first", "last", "was", "now", "author", "time", "comment")]
    assert component.split()[:7] == [str(RUN), "online", "dt-dt", "2", "3", "GOOD", "BAD:"]
    assert "HV trip" in component
    assert attribute.split()[2:5] == ["class", "Collisions22", "Cosmics22"]
    assert [row["what"] for row in asked(edited, "diff", "then", "--component", "dt-dt")] == ["dt-dt"]
    assert asked(edited, "diff", "then", "--runs", f"{RUN + 1}-{RUN + 9}") == []
    assert asked(edited, "diff", "then", "then") == []
    table = run("diff", "then", "--format", "csv", "--database", edited).stdout.splitlines()
    assert table[0].startswith("run_number,dataset_name,kind,what,first,last,status_was,status_now,")
    assert len(table) == 3


def test_a_mistyped_component_is_told(edited: Path) -> None:
    done = run("diff", "then", "--component", "dt-td", "--format", "json", "--database", edited)
    assert answered(done) == []
    assert "--component dt-td: this package knows no such component or attribute (did you mean dt-dt" in done.stderr


def test_tags_are_made_listed_and_deleted(database: Path) -> None:
    made = run("tag", "create", "golden-2022", "--note", "as published", "--version", "1", "--database", database)
    assert (made.returncode, made.stdout) == (0, "")
    assert made.stderr.startswith("golden-2022 is version 1 of embedded")
    (tag,) = asked(database, "tag", "list")
    assert (tag["name"], tag["atomic_version"], tag["note"]) == ("golden-2022", 1, "as published")
    listed = run("tag", "list", "--database", database).stdout.splitlines()
    assert listed[1].split()[:3] == ["golden-2022", "1", "as"]
    assert "there is a tag golden-2022 already" in one_error_line(run("tag", "create", "golden-2022", "--database", database))
    assert "can't be called" in one_error_line(run("tag", "create", "2022", "--database", database))
    wrong = run("tag", "delete", "golden-2023", "--yes", "--database", database)
    assert "did you mean golden-2022" in one_error_line(wrong)
    assert run("tag", "delete", "golden-2022", "--yes", "--database", database).returncode == 0
    assert asked(database, "tag", "list") == []


def test_a_json_is_made_of_the_past_and_explained_by_the_edits(edited: Path, tmp_path: Path) -> None:
    how = ("--rule", RULE, "--dataset", "online", "--database", edited)
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    assert run("json", "create", *how, "--as-of", "then", "--output", old).returncode == 0
    assert run("json", "create", *how, "--output", new).returncode == 0
    assert json.loads(old.read_text()) == {str(RUN): [[1, 4]]}
    assert run("json", "verify", old).returncode == 0
    done = run("diff", "--json", old, new, COLUMNS="300")
    assert done.returncode == 0, done.stderr
    assert "2 lumisections went, 0 came, in 1 runs" in done.stderr
    (row,) = done.stdout.splitlines()[1:]
    assert row.split()[:6] == [str(RUN), "online", "dt-dt", "2", "3", "2-3"]
    assert "leave the filters out" in one_error_line(run("diff", "--json", old, new, "--run-min", "1"))
    assert "name the other one" in one_error_line(run("diff", "--json", old))
