"""The same rows in every format, at terminals and in pipes."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.commands import COMMAND, one_error_line, run, run_process

import runregistry.testing
from runregistry.testing.sample import SAMPLE_RUNS

NEWEST_FIRST = [str(number) for number in reversed(SAMPLE_RUNS)]


@pytest.fixture(scope="module", name="target")
def _target() -> Iterator[str]:
    with runregistry.testing.server(sample=True) as registry:
        yield registry.url


def plain_environment() -> dict[str, str]:
    """Return an environment that says nothing of widths and colours, whatever this process was started with."""
    return {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}


def in_bytes(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, check=False, timeout=120, env=plain_environment()
    )


def at_terminal(*arguments: object, **environment: str) -> str:
    """Run a command whose stdout is a terminal, and return what it shows there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**plain_environment(), "TERM": "xterm", **environment},
    ):
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # so Linux tells that nobody writes any more
                break
            if not part:
                break
            shown += part
    os.close(ours)
    return shown.decode()


def test_every_format_has_the_same_runs(target: str) -> None:
    by_format = {
        "json": [str(row["run_number"]) for row in json.loads(run("runs", "-f", "json", "-t", target).stdout)],
        "jsonl": [str(json.loads(line)["run_number"]) for line in run("runs", "-f", "jsonl", "-t", target).stdout.splitlines()],
        "csv": [row["run_number"] for row in csv.DictReader(io.StringIO(run("runs", "-f", "csv", "-t", target).stdout))],
        "table": [line.split()[0] for line in run("runs", "-f", "table", "-t", target).stdout.splitlines()[1:]],
    }
    assert by_format == dict.fromkeys(by_format, NEWEST_FIRST)


def test_parquet_goes_through_a_pipe_as_bytes_with_types(target: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    done = in_bytes("runs", "--format", "parquet", "--target", target)
    assert (done.returncode, done.stderr) == (0, b"")
    table = parquet.read_table(io.BytesIO(done.stdout))
    assert [str(number) for number in table["run_number"].to_pylist()] == NEWEST_FIRST
    assert str(table.schema.field("start_time").type).startswith("timestamp")


def test_parquet_is_not_thrown_at_a_terminal(target: str) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "runs", "--format", "parquet", "--target", target],
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
    )
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: Parquet is no text, and stdout is a terminal")


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_the_name_of_the_file_says_the_format(suffix: str, target: str, tmp_path: Path) -> None:
    path = tmp_path / f"ranges.{suffix}"
    done = run("ranges", 355104, "--component", "tracker-strip", "--output", path, "--target", target)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"Written: {path}\n")
    if suffix == "parquet":
        rows = pytest.importorskip("pyarrow.parquet").read_table(path).to_pylist()
    elif suffix == "csv":
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
    else:
        rows = json.loads(path.read_text()) if suffix == "json" else list(map(json.loads, path.read_text().splitlines()))
    assert [(row["status"], row["cause"]) for row in rows] == [("GOOD", ""), ("BAD", "HV"), ("GOOD", "")]


def test_a_table_is_in_colour_on_a_terminal_only(target: str) -> None:
    assert "\x1b[36mOPEN\x1b[0m" in at_terminal("runs", "--target", target)
    assert "\x1b" not in at_terminal("runs", "--target", target, NO_COLOR="1")
    assert "\x1b" not in at_terminal("runs", "--target", target, TERM="dumb")
    assert "\x1b" not in run_process("runs", "--target", target).stdout
    assert "\x1b[36mOPEN\x1b[0m" in run_process("runs", "--target", target, FORCE_COLOR="1").stdout


def test_a_table_is_as_wide_as_the_terminal_and_whole_in_a_pipe(target: str) -> None:
    lines = at_terminal("history", 355104, "--target", target, NO_COLOR="1", COLUMNS="80").splitlines()
    assert max(map(len, lines)) <= 80
    assert any("…" in line for line in lines)
    piped = in_bytes("history", 355104, "--target", target).stdout.decode()
    assert "…" not in piped
    assert "HV trip of a few modules" in piped


def test_json_is_the_same_at_a_terminal_and_in_a_pipe(target: str) -> None:
    shown = at_terminal("runs", "--format", "json", "--target", target).replace("\r\n", "\n")
    assert shown == run("runs", "--format", "json", "--target", target).stdout


@pytest.mark.parametrize("style", ["table", "csv", "json", "jsonl"])
def test_a_reader_that_leaves_ends_it_quietly(style: str, target: str) -> None:
    with subprocess.Popen(
        [*COMMAND, "lumisections", "355100-355106", "--format", style, "--target", target],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_nothing_is_left_of_a_file_that_could_not_be_filled(tmp_path: Path) -> None:
    done = run("runs", "--output", tmp_path / "runs.jsonl", "--target", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_table_cuts_and_other_formats_have_all(target: str) -> None:
    table = run("runs", "--limit", 2, "--target", target)
    assert (len(table.stdout.splitlines()), table.stderr.startswith("The first 2 runs; there are more")) == (3, True)
    lines = run("runs", "--limit", 2, "--format", "jsonl", "--target", target)
    assert len(lines.stdout.splitlines()) == 2


def test_a_folder_that_does_not_exist_is_named(target: str, tmp_path: Path) -> None:
    done = run("runs", "--output", tmp_path / "no" / "runs.csv", "--target", target)
    assert done.returncode == 1
    assert str(tmp_path / "no") in one_error_line(done)
