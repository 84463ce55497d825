from __future__ import annotations

import importlib
import sys
import types
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.unit.client.fakes import FakeRegistry, answer

import runregistry
from runregistry import runregistry as old
from runregistry.errors import MissingExtraError, SettingsError


@pytest.mark.parametrize(
    ("target", "url", "application", "cookies"),
    [
        ("production", "https://cmsrunregistry.web.cern.ch/api", "cmsrunregistry-sso-proxy", True),
        ("development", "https://dev-cmsrunregistry.web.cern.ch/api", "dev-cmsrunregistry-sso-proxy", True),
        ("qa", "https://cmsrunregistry-qa.web.cern.ch/api", "cmsrunregistry-sso-proxy", True),
        ("local", "http://localhost:9500", "", False),
        ("http://127.0.0.1:1", "http://127.0.0.1:1", "", False),
    ],
)
def test_setup_sets_the_globals(target: str, url: str, application: str, cookies: bool) -> None:
    runregistry.setup(target)
    assert (old.api_url, old.target_application, old.use_cookies, old.target_name) == (url, application, cookies, target)
    assert old._get_target() == target


def test_a_wrong_target_changes_nothing() -> None:
    with pytest.raises(Exception, match=r'^Invalid setup target "HAHAHAHA >:\)"'):
        runregistry.setup("HAHAHAHA >:)")
    assert old.target_name == "production"


def test_the_target_is_production_until_told_otherwise() -> None:
    assert old.target_name == "production"


def test_the_environment_names_the_target_when_the_module_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "local")
    importlib.reload(old)
    assert old.api_url == "http://localhost:9500"
    monkeypatch.setenv("ENVIRONMENT", "nowhere")
    with pytest.raises(SettingsError, match='Invalid setup target "nowhere"'):
        importlib.reload(old)


@pytest.mark.parametrize("inner", ["", "a/b"])
def test_the_nearest_env_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inner: str) -> None:
    (tmp_path / ".env").write_text("SSO_CLIENT_ID=me\nSSO_CLIENT_SECRET=hush\nENVIRONMENT=development\n")
    (tmp_path / inner).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / inner)
    for name in ("SSO_CLIENT_ID", "SSO_CLIENT_SECRET", "ENVIRONMENT"):
        monkeypatch.setenv(name, "x")  # so that what the file sets is undone
        monkeypatch.delenv(name)
    importlib.reload(old)
    assert (old.client_id, old.client_secret, old.target_name) == ("me", "hush", "development")


def test_the_env_file_where_the_package_was_imported_counts_after_a_change_of_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "script").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "script" / ".env").write_text("SSO_CLIENT_ID=me\n")
    monkeypatch.setattr(runregistry, "_IMPORTED_IN", str(tmp_path / "script"))
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("SSO_CLIENT_ID", "x")
    monkeypatch.delenv("SSO_CLIENT_ID")
    importlib.reload(old)
    assert old.client_id == "me"


def test_headers_behind_the_proxy_have_the_token_and_no_email() -> None:
    headers = old._get_headers(token="abc")
    assert headers["Authorization"] == "Bearer abc"
    assert headers["Content-type"] == "application/json"
    assert headers["User-Agent"].startswith(f"runregistry_api_client/{old.__version__} (production, python ")
    assert "email" not in headers


def test_headers_of_a_local_registry_have_the_email_and_no_token() -> None:
    runregistry.setup("local")
    headers = old._get_headers(token=old._get_token())
    assert headers["email"] == "api@api"
    assert "Authorization" not in headers
    assert old._get_token() == ""


def test_who_we_are_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNREGISTRY_EMAIL", "expert@example.org")
    monkeypatch.setenv("RUNREGISTRY_EGROUPS", "a,b")
    runregistry.setup("local")
    headers = old._get_headers()
    assert (headers["email"], headers["egroups"]) == ("expert@example.org", "a,b")


def test_what_a_script_assigns_outlasts_a_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    old.email = "mine@example.org"
    monkeypatch.setenv("RUNREGISTRY_EMAIL", "expert@example.org")
    runregistry.setup("local")
    assert old._get_headers()["email"] == "mine@example.org"


def test_the_user_agent_names_requests_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from runregistry.client import settings

    versions = {"requests": "2.99.1", "runregistry": old.__version__}
    monkeypatch.setattr("importlib.metadata.version", versions.__getitem__)
    settings._http_library.cache_clear()
    try:
        assert old._get_user_agent().endswith(", requests 2.99.1)")
    finally:
        settings._http_library.cache_clear()


def test_the_token_is_that_of_the_sign_in_service(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    url, made = f"{old.api_url}/sso", old._settings
    fake.script["/sso"] = [answer(200, {"access_token": "abc", "expires_in": 100})]
    old.target_application = "the-audience"
    old.client_id, old.client_secret = "me", "hush"
    monkeypatch.setattr(old, "_settings", lambda: replace(made(), token_url=url))
    assert old._get_token() == "abc"
    fake.script["/datasets_accepted"] = [answer(200, [])]
    runregistry.get_datasets_accepted()
    assert fake.asked[-1].headers["authorization"] == "Bearer abc"
    assert len(fake.asked) == 2


def test_a_setup_replaces_the_session(fake: FakeRegistry) -> None:
    fake.script["/datasets_accepted"] = [answer(200, ["first"])]
    assert runregistry.get_datasets_accepted() == ["first"]
    other = FakeRegistry()
    other.script["/datasets_accepted"] = [answer(200, ["second"])]
    with other.on_a_socket() as url:
        runregistry.setup(url)
        assert runregistry.get_datasets_accepted() == ["second"]
        old._close()


def test_an_assigned_url_is_used_at_once(fake: FakeRegistry) -> None:
    fake.script["/api/datasets_accepted"] = [answer(200, ["there"])]
    old.api_url += "/api"
    assert runregistry.get_datasets_accepted() == ["there"]


def test_calls_share_one_session(fake: FakeRegistry) -> None:
    fake.script["/datasets_accepted"] = [answer(200, [])]
    runregistry.get_datasets_accepted()
    session = old._session()
    runregistry.get_datasets_accepted()
    assert old._session() is session


class _Embedded(httpx2.MockTransport):
    opened = count(1)

    def __init__(self, *args: Any) -> None:
        super().__init__(lambda request: answer(200, [f"registry {self.number}", str(request.url)]))
        self.number = next(self.opened)
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_the_embedded_registry_is_opened_at_setup_and_closed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    local = types.ModuleType("runregistry.local")
    made: list[_Embedded] = []
    local.transport = lambda database: made.append(_Embedded()) or made[-1]  # type: ignore[attr-defined,func-returns-value]
    monkeypatch.setitem(sys.modules, "runregistry.local", local)
    runregistry.setup("embedded")
    assert len(made) == 1
    assert runregistry.get_datasets_accepted()[1] == "http://embedded/datasets_accepted"
    old.REQUESTS_TIMEOUT = 5
    assert runregistry.get_datasets_accepted()[0] == f"registry {made[1].number}"
    runregistry.setup("local")
    assert [transport.is_closed for transport in made] == [True, True]


def test_an_embedded_registry_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    local = types.ModuleType("runregistry.local")

    def transport(database: object) -> None:
        raise ModuleNotFoundError("No module named 'fastapi'", name="fastapi")

    local.transport = transport  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "runregistry.local", local)
    with pytest.raises(MissingExtraError, match=r"pip install 'runregistry\[server\]'"):
        runregistry.setup("embedded")
    assert old.target_name == "production"


def test_a_function_for_tokens_of_ones_own_is_called_for_each_request(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.script["/datasets_accepted"] = [answer(200, [])]
    tokens = (f"token {number}" for number in count())
    monkeypatch.setattr(old, "_get_token", lambda: next(tokens))
    old.target_application = "the-audience"
    for _ in range(2):
        runregistry.get_datasets_accepted()
    assert [request.headers["authorization"] for request in fake.asked] == ["Bearer token 0", "Bearer token 1"]


def test_a_function_for_headers_of_ones_own_gets_the_token_and_says_what_is_sent(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, made = f"{old.api_url}/sso", old._settings
    fake.script["/sso"] = [answer(200, {"access_token": "abc", "expires_in": 100})]
    fake.script["/datasets_accepted"] = [answer(200, [])]
    monkeypatch.setattr(old, "_settings", lambda: replace(made(), token_url=url, client_id="me", client_secret="hush"))
    monkeypatch.setattr(old, "_get_headers", lambda token="": {"X-Mine": token, "User-Agent": "mine"})
    old.target_application = "the-audience"
    runregistry.get_datasets_accepted()
    runregistry.get_datasets_accepted()
    sent = [request for request in fake.asked if request.url.path == "/datasets_accepted"]
    assert [(request.headers["x-mine"], request.headers["user-agent"]) for request in sent] == [("abc", "mine")] * 2
    assert len(fake.asked) == 3


def test_the_own_functions_count_again_when_they_are_put_back(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.script["/datasets_accepted"] = [answer(200, [])]
    with monkeypatch.context() as patch:
        patch.setattr(old, "_get_token", lambda: "mine")
        runregistry.get_datasets_accepted()
    runregistry.get_datasets_accepted()
    assert "authorization" in fake.asked[0].headers
    assert "authorization" not in fake.asked[1].headers
