from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from tests.unit.client.fakes import QUICK, TOKEN_URL, FakeRegistry, answer
from tests.unit.client.keyrings import BrokenKeyring, FakeKeyring, install

from runregistry.client import Client
from runregistry.client.credentials import (
    Credentials,
    find_credentials,
    forget_in_file,
    forget_in_keyring,
    keep_in_file,
    keep_in_keyring,
    kept_credentials,
    look_for_credentials,
    read_file,
)
from runregistry.client.settings import Settings, read_settings
from runregistry.errors import SettingsError

on_posix = pytest.mark.skipif(os.name != "posix", reason="modes of files mean nothing elsewhere")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    """Every place is empty: no environment, no .env, no file, an empty keyring."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    keyring = FakeKeyring()
    install(monkeypatch, keyring)
    return keyring


def signing(**changes: str) -> Settings:
    return read_settings("production", token_url=TOKEN_URL, **changes)  # type: ignore[arg-type]


def written(path: Path, document: object, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(mode)
    return path


def usual_file(tmp_path: Path, client_id: str = "of-file", **more: str) -> Path:
    return written(
        tmp_path / "config" / "runregistry" / "credentials.json",
        {"client_id": client_id, "client_secret": "file-secret", "token_url": TOKEN_URL, **more},
    )


def test_the_places_are_looked_into_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: FakeKeyring) -> None:
    with pytest.raises(SettingsError):
        find_credentials(signing())
    keep_in_keyring(signing(), "of-keyring", "x")
    assert find_credentials(signing()) == ("of-keyring", "x", "the keyring")
    path = usual_file(tmp_path)
    assert find_credentials(signing()) == ("of-file", "file-secret", f"the file {path}")
    env_file = written(tmp_path / ".env", "SSO_CLIENT_ID=of-env-file\nSSO_CLIENT_SECRET=y\n")
    assert find_credentials(signing()) == ("of-env-file", "y", str(env_file))
    monkeypatch.setenv("SSO_CLIENT_ID", "of-environment")
    monkeypatch.setenv("SSO_CLIENT_SECRET", "z")
    assert find_credentials(signing()) == ("of-environment", "z", "the environment")
    found = find_credentials(signing(client_id="of-arguments", client_secret="a"))
    assert found == ("of-arguments", "a", "arguments")


def test_what_is_nowhere_is_explained_with_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    with pytest.raises(SettingsError) as caught:
        find_credentials(signing())
    said = str(caught.value)
    assert "SSO_CLIENT_ID and SSO_CLIENT_SECRET" in said
    assert "runregistry login" in said
    assert "runregistry doctor" in said
    assert str(tmp_path / "config" / "runregistry" / "credentials.json") in said
    assert "pip install 'runregistry[keyring]'" in said


def test_an_id_without_a_secret_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="the ID me without a secret"):
        find_credentials(signing(client_id="me"))
    with pytest.raises(SettingsError, match="a secret without an ID") as caught:
        find_credentials(signing(client_secret="hush"))
    assert "hush" not in str(caught.value)


def test_an_id_that_is_named_takes_no_secret_of_another(tmp_path: Path) -> None:
    usual_file(tmp_path)
    assert find_credentials(signing(client_id="of-file")).client_secret == "file-secret"
    with pytest.raises(SettingsError, match="holds the secret of of-file, and not of me"):
        find_credentials(signing(client_id="me"))


def test_a_secret_is_never_sent_to_another_sign_in_service(tmp_path: Path) -> None:
    usual_file(tmp_path)
    keep_in_keyring(signing(), "of-keyring", "x")
    with pytest.raises(SettingsError, match="the keyring: nothing there") as caught:
        find_credentials(read_settings("production", token_url="https://other.example.org/token"))
    assert f"is for {TOKEN_URL}" in str(caught.value)


def test_blanks_around_id_and_secret_are_not_meant() -> None:
    assert find_credentials(signing(client_id=" me ", client_secret="hush\n"))[:2] == ("me", "hush")


def test_a_file_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNREGISTRY_CREDENTIALS", str(tmp_path / "mine.json"))
    with pytest.raises(SettingsError, match=r"names .*mine\.json, and there is no such file"):
        find_credentials(signing())
    written(tmp_path / "mine.json", {"client_id": "me", "client_secret": "hush", "token_url": TOKEN_URL})
    assert find_credentials(signing()).client_id == "me"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"client_id": "me",\n "client_secret": "hush"\n', r"line 3: not JSON"),
        ('{"client_id": "me",\n "client_secret": hush}', r"line 2: not JSON"),
        ("", r"line 1: not JSON"),
        ('["me", "hush"]', r"line 1: not an object"),
        ('{\n"client_id": "me",\n"client_secert": "hush"}', r"line 3: .*'client_secert' \(did you mean client_secret or"),
        ('{\n"client_id": "",\n"client_secret": "hush"}', r"line 2: client_id must be a text"),
        ('{"client_id": "me",\n"client_secret": 7}', r"line 2: client_secret must be a text"),
        ('{"client_id": "me"\n}\n', r"line 2: client_secret is missing"),
        ("[" * 100_000, r"line 1: not an object"),
    ],
)
def test_a_malformed_file_is_named_with_the_line_and_without_the_secret(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path / "credentials.json", text)
    with pytest.raises(SettingsError, match=rf"{path.name}, {message}") as caught:
        read_file(path)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_bytes(b"\xff\xfe\x00")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="not text in UTF-8"):
        read_file(path)
    with pytest.raises(SettingsError, match="can't read the credentials file"):
        read_file(tmp_path)


@on_posix
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_can_read_is_refused_with_the_way_out(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "credentials.json", {"client_id": "me", "client_secret": "hush"}, mode)
    with pytest.raises(SettingsError, match=rf"chmod 600 {path}"):
        read_file(path)


@on_posix
def test_what_login_writes_only_the_owner_can_read(tmp_path: Path) -> None:
    path = keep_in_file(signing(), "me", "hush")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert find_credentials(signing())[:2] == ("me", "hush")


def test_login_replaces_what_was_there_and_logout_removes_it(tmp_path: Path) -> None:
    keep_in_file(signing(), "me", "old")
    path = keep_in_file(signing(), "me", "new")
    assert [kept.client_secret for kept in kept_credentials(signing())] == ["new"]
    assert forget_in_file(signing()) == path
    assert forget_in_file(signing()) is None


def test_login_mends_a_file_that_others_could_read(tmp_path: Path) -> None:
    usual_file(tmp_path).chmod(0o644)
    keep_in_file(signing(), "me", "hush")
    assert find_credentials(signing()).client_id == "me"


def test_login_writes_over_nothing_that_is_not_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "precious.txt", "my thesis\n")
    monkeypatch.setenv("RUNREGISTRY_CREDENTIALS", str(path))
    for do in (lambda: keep_in_file(signing(), "me", "hush"), lambda: forget_in_file(signing())):
        with pytest.raises(SettingsError, match="line 1: not JSON"):
            do()
    assert path.read_text() == "my thesis\n"


def test_one_file_is_for_one_sign_in_service(tmp_path: Path) -> None:
    keep_in_file(signing(), "me", "hush")
    other = read_settings("production", token_url="https://other.example.org/token")
    with pytest.raises(SettingsError, match="holds the secret for"):
        keep_in_file(other, "me", "hush")
    assert forget_in_file(other) is None


def test_a_folder_that_can_not_be_made_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "file", "x")
    monkeypatch.setenv("RUNREGISTRY_CREDENTIALS", str(tmp_path / "file" / "credentials.json"))
    with pytest.raises(SettingsError, match="can't write"):
        keep_in_file(signing(), "me", "hush")


def test_a_broken_keyring_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, BrokenKeyring())
    *_, last = look_for_credentials(signing())
    assert (last.found, last.lack) == (None, "does not work here (RuntimeError)")
    assert keep_in_keyring(signing(), "me", "hush") is False
    assert forget_in_keyring(signing()) is False


def test_a_keyring_that_forgets_is_noticed(monkeypatch: pytest.MonkeyPatch, places: FakeKeyring) -> None:
    monkeypatch.setattr(places, "set_password", lambda *args: None)
    assert keep_in_keyring(signing(), "me", "hush") is False


def test_an_entry_of_the_keyring_that_is_not_ours_is_said_to_be_so(places: FakeKeyring) -> None:
    places.set_password("runregistry", TOKEN_URL, "a password")
    *_, last = look_for_credentials(signing())
    assert last.lack == "its entry is not ours; run runregistry login"


def test_the_keyring_can_be_emptied() -> None:
    keep_in_keyring(signing(), "me", "hush")
    assert forget_in_keyring(signing()) is True
    assert forget_in_keyring(signing()) is False


def test_no_repr_shows_the_secret(tmp_path: Path) -> None:
    assert "hush" not in repr(Credentials("me", "hush", "arguments"))
    assert "hush" not in repr([*look_for_credentials(signing(client_id="me", client_secret="hush"))])
    assert "hush" not in str(Credentials("me", "hush", "arguments"))


def test_a_client_signs_in_with_the_file_and_looks_once(tmp_path: Path, fake: FakeRegistry, places: FakeKeyring) -> None:
    usual_file(tmp_path)
    fake.script["/api/cycles/global"] = [answer(200, [])]
    with Client("production", transport=httpx2.MockTransport(fake), retries=QUICK, token_url=TOKEN_URL) as client:
        client.cycles()
        (tmp_path / "config" / "runregistry" / "credentials.json").unlink()
        fake.script["/api/cycles/global"] = [answer(401, {}), answer(200, [])]
        client.cycles()
    assert fake.tokens == 2
    assert places.asked == 0


def test_a_registry_that_wants_no_token_touches_neither_file_nor_keyring(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNREGISTRY_CREDENTIALS", "/nowhere/at/all.json")
    keyring = FakeKeyring()
    install(monkeypatch, keyring)
    fake.script["/cycles/global"] = [answer(200, [])]
    with Client("local", transport=httpx2.MockTransport(fake)) as client:
        client.cycles()
    assert keyring.asked == 0


def test_a_client_that_asks_nothing_loads_no_keyring() -> None:
    code = "import sys; from runregistry import Client; Client('production').close(); print('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
