"""`runregistry login` and `logout` as people and scripts call them."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.integration.commands import Done, one_error_line, run
from tests.unit.client.fakes import FakeRegistry, answer
from tests.unit.client.keyrings import BrokenKeyring, FakeKeyring, install

from runregistry.client.settings import read_settings
from runregistry.client.token_file import Token, TokenFile

SECRET = "hush-hush"


class Terminal(io.StringIO):
    """Stdin that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def fake() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    made = FakeKeyring()
    install(monkeypatch, made)
    return made


@pytest.fixture
def url(fake: FakeRegistry, tmp_path: Path, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A registry with its sign-in service, which knows the ID me."""
    fake.script["/token"] = [answer(200, {"access_token": "abc", "expires_in": 100})]
    monkeypatch.chdir(tmp_path)
    with fake.on_a_socket() as url:
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        monkeypatch.setenv("RUNREGISTRY_AUDIENCE", "a-registry")
        monkeypatch.setenv("RUNREGISTRY_TOKEN_URL", f"{url}/token")
        monkeypatch.setenv("ENVIRONMENT", url)
        yield url


def piped(monkeypatch: pytest.MonkeyPatch, *arguments: object, secret: str = f"{SECRET}\n") -> Done:
    monkeypatch.setattr(sys, "stdin", io.StringIO(secret))
    return run("login", "--client-id", "me", "--secret-stdin", *arguments)


def usual_file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "runregistry" / "credentials.json"


def test_a_script_logs_in_and_the_keyring_holds_the_secret(
    url: str, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = piped(monkeypatch)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        f"the sign-in service accepts me for {url}",
        "kept in the keyring of this system",
    ]
    assert json.loads(keyring.entries["runregistry", f"{url}/token"]) == {"client_id": "me", "client_secret": SECRET}
    assert not usual_file(tmp_path).exists()


def test_what_was_kept_is_used_by_the_next_command(url: str, fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch)
    done = run("doctor")
    assert done.returncode == 0, done.stdout
    assert f"credentials: ID me, secret set, {len(SECRET)} characters, from the keyring" in done.stdout


@pytest.mark.parametrize("option", ["--file", None])
def test_a_file_is_used_if_asked_for_or_where_no_keyring_works(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str | None, keyring: FakeKeyring
) -> None:
    if option is None:
        install(monkeypatch, BrokenKeyring())
    done = piped(monkeypatch, *([option] if option else []))
    path = usual_file(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == f"kept in {path}, which only you can read"
    assert ("no keyring works here" in done.stderr) is (option is None)
    assert json.loads(path.read_text())["client_secret"] == SECRET
    assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o600
    assert keyring.entries == {}


def test_a_person_is_asked_and_the_secret_is_not_echoed(url: str, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def prompt(text: str, **options: Any) -> str:
        asked.append((text, options))
        return " me " if len(asked) == 1 else SECRET

    monkeypatch.setattr(typer, "prompt", prompt)
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert run("login").returncode == 0
    assert [options.get("hide_input", False) for _, options in asked] == [False, True]
    assert all(options["err"] for _, options in asked)
    assert json.loads(keyring.entries["runregistry", f"{url}/token"])["client_id"] == "me"


def test_without_a_terminal_it_says_how_a_script_does_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert "--client-id ID --secret-stdin" in one_error_line(run("login"))
    assert "goes with --client-id" in one_error_line(run("login", "--secret-stdin"))
    assert "can't be empty" in one_error_line(piped(monkeypatch, secret=""))


def test_what_the_sign_in_service_refuses_is_not_kept(
    url: str, fake: FakeRegistry, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake.script["/token"] = [answer(401, {"error": "invalid_client", "error_description": "Invalid client credentials"})]
    done = piped(monkeypatch)
    assert done.returncode == 1
    line = one_error_line(done)
    assert "Invalid client credentials" in line
    assert "your input" in line
    assert SECRET not in line
    assert keyring.entries == {}
    assert not usual_file(tmp_path).exists()


def test_they_can_be_kept_without_a_check(
    url: str, fake: FakeRegistry, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert piped(monkeypatch, "--no-check").returncode == 0
    assert fake.asked == []
    assert len(keyring.entries) == 1


def test_what_goes_before_is_pointed_out(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSO_CLIENT_ID", "other")
    monkeypatch.setenv("SSO_CLIENT_SECRET", "x")
    assert "but the ID other and its secret in the environment go before it" in piped(monkeypatch).stderr


@pytest.mark.parametrize("command", ["login", "logout"])
def test_a_target_that_wants_no_token_needs_no_login(command: str) -> None:
    done = run(command, "--target", "local")
    assert done.returncode == 2
    assert "the target 'local' wants no token" in one_error_line(done)


def test_logout_removes_what_login_kept(url: str, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    monkeypatch.setenv("RUNREGISTRY_TOKEN_FILE", str(tokens))
    piped(monkeypatch)
    piped(monkeypatch, "--file")
    settings = read_settings()
    kept = TokenFile(tokens, settings.token_url, "me", settings.audience)
    kept.keep(Token("abc", time.time(), time.time() + 100))
    done = run("logout")
    assert done.returncode == 0
    assert done.stderr == f"removed: a token in {tokens}, the entry of the keyring, {usual_file(tmp_path)}\n"
    assert keyring.entries == {}
    assert not usual_file(tmp_path).exists()
    assert kept.read(time.time()) is None
    assert run("logout").stderr == "nothing was kept\n"
