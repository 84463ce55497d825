"""The algebra of golden JSONs on the command line."""

from __future__ import annotations

import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from tests.integration.commands import COMMAND, Done, one_error_line, run
from tests.published import DATA, mask_of

from runregistry.cli import mask_sources
from runregistry.lumis import LumiMask

PREVIOUS = "2018_previous_golden.json"
EARLY = "Cert_314472-325175_13TeV_17SeptEarlyReReco2018ABC_PromptEraD_Collisions18_JSON.txt"
LEGACY = "Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt"
A, B, C = LumiMask({1: [(1, 9)], 2: [(1, 5)]}), LumiMask({1: [(5, 12)], 3: [(1, 4)]}), LumiMask({1: [(7, 7)], 3: [(2, 2)]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three small JSONs and some bad ones."""
    for name, mask in (("a", A), ("b", B), ("c", C)):
        mask.write(tmp_path / f"{name}.json")
    (tmp_path / "overlapping.json").write_text('{"1": [[1, 5], [4, 9]], "2": [[1, 2], [2, 5]]}')
    (tmp_path / "untidy.json").write_text('{"1": [[6, 9], [1, 5]], "2": [[0, 5]]}')
    (tmp_path / "reversed.json").write_text('{"1": [[1, 5], [9, 7]]}')
    return tmp_path


def mask_from(done: Done) -> LumiMask:
    assert done.returncode == 0, done.stderr
    return LumiMask.from_text(done.stdout)


def piped(text: str, *arguments: object) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return run(*arguments)


@pytest.mark.parametrize(
    ("operator", "expected"), [("and", A & B & C), ("or", A | B | C), ("sub", A - B - C), ("xor", A ^ B ^ C)]
)
def test_operators_take_two_jsons_and_more(operator: str, expected: LumiMask, folder: Path) -> None:
    assert mask_from(run("json", operator, "a.json", "b.json", "c.json", cwd=folder)) == expected


def test_what_is_written_is_the_text_that_cms_publishes(folder: Path) -> None:
    done = run("json", "or", "a.json", "b.json", cwd=folder)
    assert done.stdout == (A | B).to_json() + "\n"
    assert done.stderr == "3 runs 1-3, 3 ranges, 21 lumisections\n"


def test_an_output_file_is_replaced_as_a_whole_and_stdout_stays_empty(folder: Path) -> None:
    done = run("json", "and", "a.json", "b.json", "--output", "a.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert LumiMask.read(folder / "a.json") == A & B
    assert not list(folder.glob(".runregistry*"))


def test_commands_are_joined_by_pipes() -> None:
    command = " ".join(COMMAND)
    line = f"{command} json and {PREVIOUS} {LEGACY} | {command} json filter --min 325000 - | {command} json convert --to cmssw -"
    done = subprocess.run(["sh", "-c", line], cwd=DATA, capture_output=True, text=True, timeout=120, check=True)
    assert LumiMask.from_cmssw(done.stdout) == (mask_of(PREVIOUS) & mask_of(LEGACY)).restrict(first_run=325000)


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
def test_a_reader_that_leaves_early_is_no_trouble() -> None:
    line = f"{' '.join(COMMAND)} json convert --to pairs {LEGACY} | head -n 2"
    done = subprocess.run(["sh", "-c", line], cwd=DATA, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[\n[315257, 1],\n"
    assert "Traceback" not in done.stderr


def test_stdin_can_be_one_of_the_inputs_but_only_once(folder: Path) -> None:
    assert mask_from(piped(B.to_text("csv"), "json", "sub", str(folder / "a.json"), "-")) == A - B
    assert "- can be given once" in one_error_line(piped("{}", "json", "and", "-", "-"))
    assert "- can be given once" in one_error_line(piped("{}", "json", "filter", "--runs", "-"))


@pytest.mark.parametrize("form", ["json", "compact", "pairs", "cmssw", "csv", "list"])
def test_every_form_is_written_and_recognised(form: str, folder: Path) -> None:
    text = run("json", "convert", "a.json", "--to", form, cwd=folder).stdout
    assert text == A.to_text(form) + "\n"
    assert mask_from(piped(text, "json", "convert")) == A


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--min", 2], (A | B).restrict(first_run=2)),
        (["--max", 2], (A | B).restrict(last_run=2)),
        (["--min", 2, "--max", 2], (A | B).restrict(2, 2)),
        (["--runs", "1,3"], (A | B).restrict(runs=[1, 3])),
        (["--runs", "2-3"], (A | B).restrict(runs=[2, 3])),
        (["--runs", "runs.txt"], (A | B).restrict(runs=[2])),
        (["--runs", "c.json"], (A | B).restrict(runs=[1, 3])),
        (["--lumisections", "1-3,5"], LumiMask({1: [(1, 3), (5, 5)], 2: [(1, 3), (5, 5)], 3: [(1, 3)]})),
        (["--lumisections", "4-", "--runs", "1"], LumiMask({1: [(4, 12)]})),
        (["--min", 9], LumiMask()),
    ],
)
def test_filters_keep_runs_and_lumisections(options: list[object], expected: LumiMask, folder: Path) -> None:
    (folder / "runs.txt").write_text("2\n")
    (A | B).write(folder / "all.json")
    assert mask_from(run("json", "filter", "all.json", *options, cwd=folder)) == expected


def test_runs_that_are_not_there_are_named(folder: Path) -> None:
    assert "Not in the JSON: run 7 and 1 more\n" in run("json", "filter", "a.json", "--runs", "1,7,8", cwd=folder).stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--min", 5, "--max", 3], "first_run 5 is beyond last_run 3"),
        (["--lumisections", "5-3"], "--lumisections 5-3: range 1: [5, 3] is reversed"),
        (["--lumisections", "0-3"], "goes below 1"),
        (["--lumisections", "all"], "'all' are no lumisections: write 7, 1-100, or 50-"),
        (["--runs", "none.txt"], "is no run number"),
    ],
)
def test_filters_that_cant_work_are_refused(options: list[object], says: str, folder: Path) -> None:
    done = run("json", "filter", "a.json", *options, cwd=folder)
    assert done.returncode == 2
    assert says in one_error_line(done)


def test_a_difference_is_told_run_by_run() -> None:
    done = run("json", "diff", PREVIOUS, EARLY, cwd=DATA)
    assert done.returncode == 1
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["316470", "154", "0", "323-476"],
        ["316472", "70", "0", "1-70"],
        ["318733", "33", "0", "1-33"],
    ]
    assert done.stderr == "added: 257 lumisections of 3 runs\nremoved: nothing\n"


def test_a_difference_as_json_has_the_ranges(folder: Path) -> None:
    done = run("json", "diff", "a.json", "b.json", "--format", "json", cwd=folder)
    assert json.loads(done.stdout) == [
        {"run_number": 1, "added": 3, "removed": 4, "added_ranges": [[10, 12]], "removed_ranges": [[1, 4]]},
        {"run_number": 2, "added": 0, "removed": 5, "added_ranges": [], "removed_ranges": [[1, 5]]},
        {"run_number": 3, "added": 4, "removed": 0, "added_ranges": [[1, 4]], "removed_ranges": []},
    ]


def test_no_difference_ends_with_0_and_an_error_with_2(folder: Path) -> None:
    same = run("json", "diff", "a.json", "a.json", cwd=folder)
    assert (same.returncode, same.stdout, same.stderr) == (0, "", "added: nothing\nremoved: nothing\n")
    assert run("json", "diff", "a.json", "none.json", cwd=folder).returncode == 2
    assert run("json", "diff", "a.json", "reversed.json", cwd=folder).returncode == 2


def test_a_difference_is_worth_luminosity(folder: Path) -> None:
    lines = ["#Data tag : 19v3 , Norm tag: none", "#run:fill,ls,time,beamstatus,E(GeV),delivered(/pb),recorded(/pb),avgpu,source"]
    rows = [
        f"{run}:7,{ls}:{ls},05/01/18 00:00:00,STABLE BEAMS,6500,2.0,1.5,30.0,HFOC" for run in (1, 2, 3) for ls in range(1, 13)
    ]
    summary = ["#Summary:", "#nfill,nrun,nls,ncms,totdelivered(/pb),totrecorded(/pb)", "#1,3,36,36,72.0,54.0"]
    (folder / "brilcalc.csv").write_text("\n".join([*lines, *rows, *summary]) + "\n")
    done = run("json", "diff", "a.json", "b.json", "--luminosity", "brilcalc.csv", "--format", "json", cwd=folder)
    assert done.returncode == 1, done.stderr
    first = json.loads(done.stdout)[0]
    assert (first["added_recorded_invpb"], first["removed_recorded_invpb"]) == (4.5, 6.0)
    assert "added: 7 lumisections of 2 runs; recorded 10.5 /pb" in done.stderr.replace(".500000000", ".5")


def test_a_json_is_shown_run_by_run_with_its_totals(folder: Path) -> None:
    done = run("json", "print", "b.json", cwd=folder)
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["run_number", "lumisections", "n_ranges", "ranges"],
        ["1", "8", "1", "5-12"],
        ["3", "4", "1", "1-4"],
    ]
    assert done.stderr == "b.json: 2 runs 1-3, 2 ranges, 12 lumisections\n"


def test_whole_runs_pass_through(folder: Path) -> None:
    (folder / "whole.json").write_text('{"1": [[-1]], "9": [[-1]]}')
    assert mask_from(run("json", "and", "whole.json", "a.json", cwd=folder)) == A.restrict(runs=[1])
    assert run("json", "convert", "whole.json", "--to", "compact", cwd=folder).stdout == '{"1": [[-1]], "9": [[-1]]}\n'
    assert "all" in run("json", "print", "whole.json", cwd=folder).stdout
    assert "to the end" in run("json", "diff", "a.json", "whole.json", cwd=folder).stderr
    listed = run("json", "convert", "whole.json", "--to", "pairs", cwd=folder)
    assert "can't be listed" in one_error_line(listed)


def test_what_is_odd_is_listed_with_its_place(folder: Path) -> None:
    done = run("json", "print", "--check", "untidy.json", cwd=folder)
    assert done.returncode == 1
    assert [line.split()[:3] for line in done.stdout.splitlines()[1:]] == [
        ["1", "2", "order"],
        ["1", "2", "touch"],
        ["2", "1", "zero"],
    ]
    assert done.stderr == "untidy.json: 3 problems\n"
    tidy = run("json", "print", "--check", "a.json", cwd=folder)
    assert (tidy.returncode, tidy.stdout, tidy.stderr) == (0, "", "a.json: nothing odd\n")


def test_ranges_that_overlap_are_refused_with_their_place_unless_they_are_to_be_joined(folder: Path) -> None:
    done = run("json", "and", "a.json", "overlapping.json", cwd=folder)
    assert done.returncode == 2
    assert "overlapping.json: run 1, range 2: [4, 9] shares lumisections 4-5 with range 1 (and 1 more" in one_error_line(done)
    joined = run("json", "and", "a.json", "overlapping.json", "--join", cwd=folder)
    assert mask_from(joined) == A
    assert "Joined: overlapping.json: run 1, range 2: [4, 9] shares lumisections 4-5 with range 1\n" in joined.stderr


def test_reversed_ranges_are_refused_with_their_place_in_any_case(folder: Path) -> None:
    for options in ([], ["--join"], ["--strict"]):
        done = run("json", "convert", "reversed.json", *options, cwd=folder)
        assert done.returncode == 2
        assert "reversed.json: run 1, range 2: [9, 7] is reversed" in one_error_line(done)


def test_strict_refuses_what_is_untidy(folder: Path) -> None:
    assert mask_from(run("json", "convert", "untidy.json", cwd=folder)) == LumiMask({1: [(1, 9)], 2: [(1, 5)]})
    done = run("json", "convert", "untidy.json", "--strict", cwd=folder)
    assert done.returncode == 2
    assert "untidy.json: run 1, range 2: [1, 5] comes after a later range (and 2 more" in one_error_line(done)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["and", "a.json"], "json and needs two JSONs at least"),
        (["convert", "none.json"], "can't read none.json: No such file"),
        (["convert", "."], "can't read .: Is a directory"),
    ],
)
def test_what_cant_work_is_one_line(arguments: list[str], says: str, folder: Path) -> None:
    done = run("json", *arguments, cwd=folder)
    assert done.returncode == 2
    assert says in one_error_line(done)


def test_an_empty_pipe_is_no_json() -> None:
    assert "stdin: there is nothing in it" in one_error_line(piped("", "json", "convert"))


class _Site(http.server.BaseHTTPRequestHandler):
    """A web server with a JSON and with what servers do instead of giving one."""

    asked: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append({name.lower(): value for name, value in self.headers.items()})
        status, content, more = {
            "/a.json": (200, A.to_json().encode(), {}),
            "/moved.json": (302, b"", {"Location": "/a.json"}),
            "/login": (200, b"\n<!DOCTYPE html><title>Sign in</title>", {}),
            "/large.json": (200, b" " * 300_000, {}),
        }.get(self.path, (404, b"", {}))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """The URL of a web server on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_url_is_read_and_nothing_of_the_user_is_sent(site: str, folder: Path) -> None:
    (folder / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    (folder / "netrc").chmod(0o600)
    _Site.asked.clear()
    for path in ("a.json", "moved.json"):
        done = run("json", "and", f"{site}/{path}", "b.json", cwd=folder, NETRC=str(folder / "netrc"))
        assert mask_from(done) == A & B
    assert len(_Site.asked) == 3
    assert not [name for headers in _Site.asked for name in headers if name in ("authorization", "cookie")]


def test_urls_that_give_no_json_are_refused(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_sources, "_LARGEST", 100_000)
    for path, says in (
        ("/none.json", "the server says 404"),
        ("/login", "is a web page and no JSON; perhaps one has to sign in there"),
        ("/large.json", "is larger than 0 MB"),
    ):
        done = run("json", "convert", f"{site}{path}")
        assert done.returncode == 2
        assert says in one_error_line(done)


def test_urls_that_cant_be_reached_or_hold_a_password_are_refused() -> None:
    assert "can't read http://127.0.0.1:1/a.json: " in one_error_line(run("json", "convert", "http://127.0.0.1:1/a.json"))
    done = run("json", "convert", "https://me:secret@example.org/a.json")
    assert "user name or password" in one_error_line(done)
    assert "secret" not in done.stderr


def test_published_jsons_are_combined_as_in_python(tmp_path: Path) -> None:
    shutil.copy(DATA / LEGACY, tmp_path / "golden.json")
    done = run("json", "sub", "golden.json", DATA / PREVIOUS, cwd=tmp_path)
    assert done.stdout == (mask_of(LEGACY) - mask_of(PREVIOUS)).to_json() + "\n"
