from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runregistry.client.settings import find_env_file, identity_headers, read_settings, resolve_target, user_agent
from runregistry.errors import SettingsError


@pytest.mark.parametrize(
    ("target", "url", "audience"),
    [
        ("production", "https://cmsrunregistry.web.cern.ch/api", "cmsrunregistry-sso-proxy"),
        ("development", "https://dev-cmsrunregistry.web.cern.ch/api", "dev-cmsrunregistry-sso-proxy"),
        ("qa", "https://cmsrunregistry-qa.web.cern.ch/api", "cmsrunregistry-sso-proxy"),
        ("local", "http://localhost:9500", ""),
        ("embedded", "http://embedded", ""),
        ("http://127.0.0.1:1234/", "http://127.0.0.1:1234", ""),
        ("https://cmsrunregistry.web.cern.ch/api/", "https://cmsrunregistry.web.cern.ch/api", "cmsrunregistry-sso-proxy"),
    ],
)
def test_a_target_has_its_url_and_audience(target: str, url: str, audience: str) -> None:
    assert resolve_target(target)[1:] == (url, audience)


def test_an_unknown_target_names_itself_and_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r'^Invalid setup target "prodcution" \(did you mean production\?\)') as caught:
        resolve_target("prodcution")
    assert isinstance(caught.value, ValueError)


def test_a_target_that_is_no_text_is_refused() -> None:
    with pytest.raises(SettingsError, match="Invalid setup target"):
        resolve_target(7)  # type: ignore[arg-type]


def test_without_environment_the_target_is_production() -> None:
    assert read_settings(environ={}).target_name == "production"


def test_the_environment_names_the_target_and_who_we_are() -> None:
    environ = {"ENVIRONMENT": "local", "RUNREGISTRY_EMAIL": "a@b", "RUNREGISTRY_EGROUPS": "one,two"}
    settings = read_settings(environ=environ)
    headers = identity_headers(settings)
    assert (settings.base_url, headers["email"], headers["egroups"]) == ("http://localhost:9500", "a@b", "one,two")


def test_an_argument_outdoes_the_environment() -> None:
    assert read_settings("local", environ={"RUNREGISTRY_EMAIL": "a@b"}, email="c@d").email == "c@d"


def test_behind_the_sign_in_proxy_no_email_is_sent() -> None:
    headers = identity_headers(read_settings("production", environ={"RUNREGISTRY_EMAIL": "a@b", "RUNREGISTRY_EGROUPS": "x"}))
    assert "email" not in headers
    assert "egroups" not in headers


def test_the_secret_is_in_no_repr() -> None:
    assert "hush" not in repr(read_settings(environ={"SSO_CLIENT_ID": "me", "SSO_CLIENT_SECRET": "hush"}))


def test_the_nearest_env_file_above_a_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SSO_CLIENT_ID=me\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_env_file("", str(inner)) == tmp_path / ".env"


def test_the_env_file_completes_the_environment_and_does_not_replace_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SSO_CLIENT_ID=from-file\nENVIRONMENT=local\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSO_CLIENT_ID", "from-environment")
    settings = read_settings()
    assert (settings.client_id, settings.target_name) == ("from-environment", "local")


def test_the_user_agent_begins_as_servers_expect() -> None:
    python = ".".join(map(str, sys.version_info[:3]))
    assert user_agent("local").startswith("runregistry_api_client/")
    assert f" (local, python {python}, " in user_agent("local")
