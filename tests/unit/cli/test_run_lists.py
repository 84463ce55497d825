from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from runregistry.cli.run_lists import RunList, read_runs
from runregistry.errors import UsageError


def test_numbers_and_ranges_are_told_apart() -> None:
    assert read_runs(["315512,315510", "315257-315270", "315512"]) == RunList((315512, 315510), ((315257, 315270),))


@pytest.mark.parametrize(
    "text",
    [
        "315512\n315510\n",
        "315512, 315510",
        json.dumps({"315512": [[1, 1127]], "315510": [[1, 2]]}),
        json.dumps([315512, 315510]),
        json.dumps([{"run_number": 315512, "class": "x"}, {"run_number": 315510}]),
        '{"run_number": 315512}\n{"run_number": 315510}\n',
        "run_number,class\n315512,Cosmics18\n315510,\n",
        "class,run_number\nCosmics18,315512\n,315510\n",
        "run_number  class\n    315512  Cosmics18\n    315510  Cosmics18\n",
        "\ufeff315512\r\n315510\r\n",
    ],
)
def test_a_file_holds_run_numbers_a_golden_json_or_what_another_command_wrote(text: str, tmp_path: Path) -> None:
    path = tmp_path / "runs"
    path.write_text(text, encoding="utf-8")
    assert read_runs([f"@{path}"]) == RunList((315512, 315510))


def test_a_minus_reads_what_comes_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("315512 315510-315511\n"))
    assert read_runs(["-"]) == RunList((315512,), ((315510, 315511),))


def test_a_minus_at_a_terminal_would_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stream)
    with pytest.raises(UsageError, match="pipe"):
        read_runs(["-"])


def test_an_empty_file_names_no_run_and_no_word_names_all(tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    empty = read_runs([f"@{tmp_path / 'none'}"])
    assert empty == RunList()
    assert not empty
    assert read_runs([]) is None


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("31551x", "'31551x' is no run number"),
        ("315270-315257", "ends before it begins"),
        ("@/no/such/file", "can't read /no/such/file: No such file"),
        ("-5", "'-5' is no run number"),
        ("３", "is no run number"),
    ],
)
def test_what_is_no_run_is_named(word: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        read_runs([word])


def test_a_mistake_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    path.write_text('{"runs": [315512}')
    with pytest.raises(UsageError, match=r"runs\.json: is not JSON"):
        read_runs([f"@{path}"])


def test_a_file_without_its_sign_is_hinted_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs.txt").touch()
    with pytest.raises(UsageError, match="a file is named @FILE"):
        read_runs(["runs.txt"])
