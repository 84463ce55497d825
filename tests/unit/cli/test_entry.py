from __future__ import annotations

import os
import shlex
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import TypeAlias

import pytest
import typer

from runregistry.cli import main
from runregistry.cli.app import app
from runregistry.errors import FilterError, RunRegistryError, SettingsError, StoreCorrupt
from runregistry.version import __version__

ADMIN = ("init", "import-settings", "migrate", "check", "rebuild", "export", "import", "permissions")

_Raising: TypeAlias = Callable[[BaseException], None]


@pytest.fixture(name="raising")
def _raising(monkeypatch: pytest.MonkeyPatch) -> _Raising:
    """Return what lets the command `admin init` raise an exception."""

    def prepare(problem: BaseException) -> None:
        def fail(*_: object) -> None:
            raise problem

        monkeypatch.setattr("runregistry.cli.upkeep.init_registry", fail)

    return prepare


def test_version_is_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr() == (f"runregistry {__version__}\n", "")


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (RunRegistryError("it broke"), 1),
        (StoreCorrupt("it broke"), 1),
        (FilterError("it broke"), 2),
        (SettingsError("it broke"), 2),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
    ],
)
def test_exceptions_become_an_exit_status(
    problem: BaseException, status: int, raising: _Raising, capsys: pytest.CaptureFixture[str]
) -> None:
    raising(problem)
    assert main(["admin", "init"]) == status
    assert capsys.readouterr().err == ("Error: it broke\n" if status < 130 else "")


def test_an_error_of_many_lines_is_printed_as_one(raising: _Raising, capsys: pytest.CaptureFixture[str]) -> None:
    raising(RunRegistryError("first\n  second"))
    main(["admin", "init"])
    assert capsys.readouterr().err == "Error: first second\n"


def test_an_error_of_the_system_names_the_file(raising: _Raising, capsys: pytest.CaptureFixture[str]) -> None:
    raising(PermissionError(13, "Permission denied", "/etc/golden.json"))
    assert main(["admin", "init"]) == 1
    assert capsys.readouterr().err == "Error: /etc/golden.json: Permission denied\n"


def test_a_mistake_of_ours_is_not_hidden(raising: _Raising) -> None:
    raising(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["admin", "init"])


@pytest.mark.parametrize(
    "arguments", [["runs", "--fliter", "{}"], ["nonsense"], ["serve", "--port", "70000"], ["ranges", "0"], ["json", "create"]]
)
def test_misuse_is_explained_and_answers_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    answer = capsys.readouterr()
    assert "Error: " in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("format_name", ["xlsx", "TABLEE"])
def test_an_unknown_format_is_named(format_name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--format", format_name]) == 2
    assert format_name in capsys.readouterr().err


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [
        command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands if command.callback
    ]
    assert set(commands) >= {"version", "demo", "serve", "runs", "ranges", "move", "move-datasets", "edit", "change-class"}
    for arguments in (*([name] for name in commands), ["json", "create"], *(["admin", name] for name in ADMIN)):
        assert main([*arguments, "--help"]) == 0
        assert "Usage: runregistry" in capsys.readouterr().out


def test_a_warning_is_one_line_on_stderr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("runregistry.cli.upkeep.init_registry", lambda *_: warnings.warn("look\n  out", stacklevel=1))
    assert main(["admin", "init"]) == 0
    assert capsys.readouterr().err == "Warning: look out\n"


def test_the_output_of_a_closed_pipe_is_dropped_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-m", "runregistry", "version"], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_every_example_in_a_help_text_is_a_command_line() -> None:
    commands = {command.name: command for command in typer.main.get_command(app).commands.values()}  # type: ignore[attr-defined]
    shown = [(name, line) for name, command in commands.items() for line in (command.epilog or "").split("\n\n")[1:]]
    assert {name for name, _ in shown} >= {"runs", "datasets", "ranges", "lumisections", "move", "move-datasets", "edit"}
    for name, line in shown:
        words = shlex.split(line.removeprefix("$ "))
        words = words[: words.index(">")] if ">" in words else words
        places = [place for place, word in enumerate(words) if word == "runregistry"]
        for start, stop in zip(places, [*(place - 1 for place in places[1:]), len(words)], strict=True):
            command = words[start + 1]
            if len(places) == 1:
                assert command == name
            commands[command].make_context(command, words[start + 2 : stop])  # an exception, if the command would not take them
