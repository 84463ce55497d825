from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.unit.client.fakes import FakeRegistry, answer
from tests.unit.client.keyrings import install

from runregistry.client.doctor import Check, check_answers, diagnose
from runregistry.client.doctor.configuration import check_env_file, check_token_file
from runregistry.client.doctor.installation import check_installation
from runregistry.client.doctor.network import _bounded, check_certificates, check_clock, check_proxies, check_way
from runregistry.client.doctor.service import check_answer
from runregistry.client.settings import Settings, read_settings

AUDIENCE = "the-audience"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, a home and an environment with nothing in them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    install(monkeypatch, None)
    return tmp_path


def found(checks: Iterator[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def failed(checks: Iterator[Check]) -> dict[str, Check]:
    return {name: check for name, check in found(checks).items() if check.status == "fail"}


def the_failure(checks: Iterator[Check]) -> Check:
    """The one failure; it has a next step."""
    (check,) = failed(checks).values()
    assert check.next_step
    return check


def web_token(**claims: Any) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "RS256"}, claims)]
    return ".".join([*parts, "signature"])


def token_answer(**claims: Any) -> httpx2.Response:
    claims = {"aud": AUDIENCE, "exp": time.time() + 1200} | claims
    return answer(200, {"access_token": web_token(**claims), "expires_in": 1200})


@contextmanager
def signed(fake: FakeRegistry, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """A registry that wants a token, the sign-in service beside it, and credentials."""
    with fake.on_a_socket() as url:
        patch.setenv("RUNREGISTRY_AUDIENCE", AUDIENCE)
        patch.setenv("RUNREGISTRY_TOKEN_URL", f"{url}/token")
        patch.setenv("SSO_CLIENT_ID", "me")
        patch.setenv("SSO_CLIENT_SECRET", "hush-hush")
        fake.script["/token"] = fake.script["/token"] or [token_answer()]
        yield url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# All together


def test_all_is_well_with_a_registry_that_believes_headers(fake: FakeRegistry) -> None:
    fake.runs = FakeRegistry(3).runs
    fake.script["/v1/health"] = [answer(200, {"status": "ok", "version": "4.0.0"})]
    with fake.on_a_socket() as url:
        checks = found(diagnose(url))
    assert {check.status for check in checks.values()} == {"ok"}
    assert checks["target"].what == f"{url}, as asked"
    assert checks["registry: service"].what == "release 4.0.0, ok"
    assert checks["registry: question"].what.startswith("3 runs, answered after 0.")
    assert checks["who we are"].what.startswith("api@api, e-groups: none")
    assert checks["clock"].what == "as the service's"
    assert "127.0.0.1" in checks["registry: name"].what
    assert "token" not in checks


def test_all_is_well_with_a_registry_that_wants_a_token(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    with signed(fake, monkeypatch) as url:
        checks = found(diagnose(url))
    assert {check.status for check in checks.values()} == {"ok"}
    assert checks["credentials"].what == "ID me, secret set, 9 characters, from the environment"
    assert f"for {AUDIENCE}, until 2" in checks["token"].what
    assert "sign-in: connection" in checks


def test_no_check_shows_a_secret_or_a_token(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:proxy-word@proxy.example.org:3128")
    token = token_answer()
    for wanted in (token, answer(401, {"error": "invalid_client"}), answer(503)):
        fake.script["/token"] = [wanted]
        with signed(fake, monkeypatch) as url:
            shown = repr([*diagnose(url)])
        for secret in ("hush-hush", "proxy-word", token.json()["access_token"], base64.b64encode(b"me:hush-hush").decode()):
            assert secret not in shown


def test_doctor_keeps_no_token_and_takes_none_from_a_file(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUNREGISTRY_TOKEN_FILE", str(tmp_path / "tokens.json"))
    with signed(fake, monkeypatch) as url:
        checks = found(diagnose(url))
    assert checks["token file"].what == f"tokens are kept in {tmp_path / 'tokens.json'}"
    assert not (tmp_path / "tokens.json").exists()


# Target, .env, credentials


def test_a_target_that_is_none_ends_it_with_the_nearest_name() -> None:
    assert "did you mean production?" in the_failure(diagnose("prodcution")).what


@pytest.mark.parametrize("is_file", [False, True])
def test_who_chose_the_target_is_said(is_file: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if is_file:
        (tmp_path / ".env").write_text("ENVIRONMENT=local\n")
    else:
        monkeypatch.setenv("ENVIRONMENT", "local")
    says = f"ENVIRONMENT in {tmp_path / '.env'} says" if is_file else "ENVIRONMENT says"
    assert found(diagnose())["target"].what == f"local at http://localhost:9500, as {says}"


def test_without_credentials_every_place_is_named_and_nothing_is_asked(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with signed(fake, monkeypatch) as url:
        monkeypatch.delenv("SSO_CLIENT_SECRET")
        check = the_failure(diagnose(url))
    assert check.name == "credentials"
    assert "the ID me without a secret" in check.what
    assert "credentials.json: there is none" in check.what
    assert "the keyring: not installed" in check.what
    assert "runregistry login" in check.next_step
    assert "/token" not in {request.url.path for request in fake.asked}


def test_a_credentials_file_that_can_not_be_used_is_named_with_the_line(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"client_id": "me",\n"client_secret": hush}')
    path.chmod(0o600)
    with signed(fake, monkeypatch) as url:
        for name in ("SSO_CLIENT_ID", "SSO_CLIENT_SECRET"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("RUNREGISTRY_CREDENTIALS", str(path))
        check = the_failure(diagnose(url))
    assert (check.name, f"{path}, line 2" in check.what) == ("credentials", True)


@pytest.mark.parametrize("secret", ['"hush"', "<secret>", "hu sh"])
def test_a_secret_that_was_copied_with_something_around_it_is_noticed(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    with signed(fake, monkeypatch) as url:
        monkeypatch.setenv("SSO_CLIENT_SECRET", secret)
        check = found(diagnose(url))["credentials"]
    assert (check.status, check.next_step) == ("warn", "copy the secret again, alone")
    assert secret not in check.what


def test_a_slip_of_the_pen_in_the_env_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SSO_CLIENT_ID=me\nSSO_CLIENT_SECERT=hush\nPGUSER=me\n")
    check = check_env_file()
    assert (check.status, "SSO_CLIENT_SECERT (did you mean SSO_CLIENT_SECRET?)" in check.what) == ("warn", True)


def test_an_env_file_is_named_with_what_it_sets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SSO_CLIENT_ID=me\nPGUSER=me\n")
    (tmp_path / "inner").mkdir()
    os.chdir(tmp_path / "inner")
    assert check_env_file().what == f"{tmp_path / '.env'} sets SSO_CLIENT_ID"


@pytest.mark.skipif(os.name != "posix", reason="modes of files mean nothing elsewhere")
def test_a_secret_that_others_can_read_is_noticed(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SSO_CLIENT_SECRET=hush\n")
    (tmp_path / ".env").chmod(0o644)
    assert check_env_file().next_step == f"chmod 600 {tmp_path / '.env'}"
    tokens = tmp_path / "tokens.json"
    tokens.write_text("{}")
    tokens.chmod(0o644)
    (check,) = check_token_file(Settings("x", "https://x", "audience", token_file=str(tokens)))
    assert check.status == "warn"


def test_an_env_file_that_can_not_be_read_ends_it(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\xff")
    check = the_failure(diagnose("local"))
    assert (check.name, str(tmp_path / ".env") in check.what) == (".env", True)


# The way


def test_a_name_that_is_not_found_ends_the_way() -> None:
    check = the_failure(diagnose("http://registry.invalid/api"))
    assert check.name == "registry: name"
    assert check.what.startswith("registry.invalid is not found: ")


def test_a_port_where_nobody_listens_ends_the_way() -> None:
    port = free_port()
    check = the_failure(diagnose(f"http://127.0.0.1:{port}"))
    assert (check.name, check.next_step) == (
        "registry: connection",
        f"start a registry there: runregistry serve --port {port}",
    )
    assert "refused" in check.what


def test_a_sign_in_service_that_is_out_of_reach_is_told_apart(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    with signed(fake, monkeypatch) as url:
        monkeypatch.setenv("RUNREGISTRY_TOKEN_URL", f"http://127.0.0.1:{free_port()}/token")
        check = the_failure(diagnose(url))
    assert check.name == "sign-in: connection"


def test_a_port_that_does_not_speak_tls_is_told() -> None:
    with FakeRegistry().on_a_socket() as url:
        checks = failed(check_way("registry", url.replace("http://", "https://"), 5.0))
    assert list(checks) == ["registry: encryption"]


def test_a_port_that_accepts_and_says_nothing_is_given_up_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        assert list(failed(check_way("registry", f"https://{url}", 0.1))) == ["registry: encryption"]
        settings = read_settings(f"http://{url}", environ={})
        assert list(failed(check_answer(settings, 0.1))) == ["registry: answer"]
        assert time.monotonic() - started < 5


def test_a_look_up_without_an_end_is_given_up_in_time() -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError, match="no answer in"):
        _bounded(release.wait, 0.01)
    release.set()
    assert _bounded(lambda: 7, 5.0) == 7
    with pytest.raises(OSError, match="no such host"):
        _bounded(lambda: (_ for _ in ()).throw(OSError("no such host")), 5.0)


def test_a_proxy_is_shown_without_its_password_and_is_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("http_proxy", f"http://someone:word@127.0.0.1:{port}")
    check = check_proxies("http://registry.example.org")
    assert check.what == f"http: http://…@127.0.0.1:{port}; used for registry.example.org"
    (failure,) = failed(check_way("registry", "http://registry.example.org", 5.0)).values()
    assert failure.what.startswith(f"the proxy 127.0.0.1, port {port}: ")
    monkeypatch.setenv("no_proxy", "example.org")
    assert check_proxies("http://registry.example.org").what.endswith("not used for registry.example.org")


def test_a_proxy_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.org:port")
    check = check_proxies("http://registry.example.org")
    assert (check.status, "http://host:port" in check.next_step) == ("fail", True)


def test_certificates_that_are_not_there_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = "https://registry.example.org"
    assert [check.status for check in check_certificates(url)] == ["ok"]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ca.pem")
    (check,) = check_certificates(url)
    assert (check.status, check.next_step) == ("warn", "if TLS fails below: export SSL_CERT_FILE=/etc/ca.pem")
    for name, content in (("missing.pem", None), ("empty.pem", ""), ("odd.pem", "-----BEGIN CERTIFICATE-----\nx\n")):
        path = tmp_path / name
        if content is not None:
            path.write_text(content)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        (check,) = check_certificates(url)
        assert (check.status, str(path) in check.what) == ("fail", True)
    assert [*check_certificates("http://registry.example.org")] == []


@pytest.mark.parametrize(
    ("skew", "status"), [(0, "ok"), (-20, "ok"), (45, "warn"), (-45, "warn"), (3600, "fail"), (-86400, "fail")]
)
def test_a_clock_that_is_wrong_is_noticed(skew: float, status: str) -> None:
    now = 1.8e9
    (check,) = check_clock(formatdate(now - skew, usegmt=True), now)
    assert check.status == status
    if skew > 60:
        assert check.what == f"this machine is {skew:.0f} s ahead of the service"


def test_an_answer_without_a_date_says_nothing_about_the_clock() -> None:
    assert [*check_clock("", 0.0)] == [*check_clock("yesterday", 0.0)] == []


def test_the_clock_is_compared_with_the_answer_of_the_registry() -> None:
    late = httpx2.MockTransport(lambda request: httpx2.Response(404, headers={"date": formatdate(time.time() - 7200)}))
    check = the_failure(check_answer(read_settings("local"), 5.0, late))
    assert (check.name, "tokens are refused" in check.next_step) == ("clock", True)


def test_a_service_that_is_failing_says_so() -> None:
    ill = httpx2.MockTransport(lambda request: answer(503, {"status": "failing", "version": "4.1", "database": "unreachable"}))
    (check,) = check_answer(read_settings("local"), 5.0, ill)
    assert (check.status, check.what) == ("warn", "release 4.1, failing")


# Tokens and answers


@pytest.mark.parametrize(
    ("wanted", "said", "step"),
    [
        (
            answer(401, {"error": "invalid_client", "error_description": "no such client"}),
            "no such client",
            "compare ID and secret",
        ),
        (answer(401, {"error": "unauthorized_client"}), "unauthorized_client", "compare ID and secret"),
        (
            answer(400, {"error": "invalid_request", "error_description": "Audience not found"}),
            "Audience",
            "tokens for the-audience",
        ),
        (answer(500), "answers 500", "try in a few minutes"),
        (httpx2.Response(200, text="<html>Sign in</html>"), "gave no token", "compare ID and secret"),
    ],
)
def test_a_sign_in_that_fails_is_explained(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, wanted: httpx2.Response, said: str, step: str
) -> None:
    fake.script["/token"] = [wanted]
    with signed(fake, monkeypatch) as url:
        check = the_failure(diagnose(url))
    assert check.name == "token"
    assert said in check.what
    assert step in check.next_step


def test_a_token_for_somebody_else_is_noticed(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.script["/token"] = [token_answer(aud=["account", "other"])]
    with signed(fake, monkeypatch) as url:
        check = the_failure(diagnose(url))
    assert "for account, other, until" in check.what
    assert f"wants tokens for {AUDIENCE}" in check.next_step


def test_a_token_that_has_ended_when_it_comes_points_to_the_clock(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.script["/token"] = [token_answer(exp=time.time() - 5000)]
    with signed(fake, monkeypatch) as url:
        check = the_failure(diagnose(url))
    assert "it has ended already" in check.what
    assert "clock" in check.next_step


@pytest.mark.parametrize("text", ["opaque", "a.b.c", "a.!!!.c", "a.W10.c"])
def test_a_token_that_can_not_be_looked_into_is_fine(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    fake.script["/token"] = [answer(200, {"access_token": text})]
    with signed(fake, monkeypatch) as url:
        checks = found(diagnose(url))
    assert checks["token"].status == checks["registry: question"].status == "ok"
    assert text not in checks["token"].what or text == "opaque"


@pytest.mark.parametrize("ends", [None, "soon", 1e300])
def test_an_end_that_can_not_be_read_is_no_failure(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, ends: Any) -> None:
    fake.script["/token"] = [token_answer(exp=ends)]
    with signed(fake, monkeypatch) as url:
        assert "without an end" in found(diagnose(url))["token"].what


PAGE = httpx2.Response(200, text="<html>Sign in</html>", headers={"content-type": "text/html"})


@pytest.mark.parametrize(
    ("wanted", "said", "step"),
    [
        (PAGE, "sign-in page", "RUNREGISTRY_AUDIENCE"),
        (httpx2.Response(302, headers={"location": "https://auth.example.org/x"}), "auth.example.org", "RUNREGISTRY_AUDIENCE"),
        (answer(401, {"message": "no token"}), "401 no token", "RUNREGISTRY_AUDIENCE"),
        (answer(403, {"message": "never"}), "never", "may not read"),
        (httpx2.Response(404, text="<html>Cannot POST</html>"), "404", "ends with /api"),
        (httpx2.Response(500, text="broken"), "500", "has a fault"),
        (httpx2.Response(200, text="hello"), "not JSON", "not as a run registry"),
        (answer(200, {"hello": 1}), "not that of a run registry", "not as a run registry"),
    ],
)
def test_a_registry_that_answers_oddly_is_explained(fake: FakeRegistry, wanted: httpx2.Response, said: str, step: str) -> None:
    fake.script["/runs_filtered_ordered"] = [wanted]
    with fake.on_a_socket() as url:
        check = the_failure(diagnose(url))
    assert check.name == "registry: question"
    assert said in check.what
    assert step in check.next_step


def test_a_token_that_the_registry_refuses_points_to_the_audience(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.script["/runs_filtered_ordered"] = [answer(401, {"message": "wrong audience"})]
    with signed(fake, monkeypatch) as url:
        check = the_failure(diagnose(url))
    assert f"is {AUDIENCE} the audience of this registry" in check.next_step


def test_an_embedded_registry_is_looked_at_by_who_knows_it() -> None:
    checks = [*diagnose("embedded", embedded=lambda settings: [Check("database", "ok", settings.base_url)])]
    assert checks[-1] == Check("database", "ok", "http://embedded")
    assert not any(check.name.startswith(("registry", "proxies")) for check in checks)
    registry = httpx2.MockTransport(FakeRegistry(2))
    (check,) = check_answers(read_settings("embedded"), registry)
    assert check.what.startswith("2 runs")


# What is installed


def installed(folder: Path, version: str, *, files: dict[str, str] | None = None, requires: tuple[str, ...] = ()) -> Path:
    """A folder in which pip has installed a release with some files; returns the folder of the package."""
    metadata = folder / f"runregistry-{version}.dist-info"
    metadata.mkdir(parents=True)
    needed = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: runregistry\nVersion: {version}\n{needed}")
    rows = []
    for name, text in (files or {}).items():
        path = folder / "runregistry" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"runregistry/{name},sha256={digest},{len(text)}\n")
    (metadata / "RECORD").write_text("".join(rows))
    return folder / "runregistry"


OURS = {"__init__.py": "ours", "runregistry.py": "ours too", "client/__init__.py": ""}


def test_one_release_with_all_its_files_is_well(tmp_path: Path) -> None:
    package = installed(tmp_path / "a", "4.0.0", files=OURS)
    checks = found(check_installation([str(tmp_path / "a")], package))
    assert {check.status for check in checks.values()} == {"ok"}
    assert checks["files"].what == "3 modules as released"


def test_this_installation_is_well() -> None:
    assert failed(check_installation()) == {}


def test_the_official_client_beside_this_one_is_noticed(tmp_path: Path) -> None:
    package = installed(tmp_path / "a", "4.0.0", files=OURS)
    installed(tmp_path / "b", "3.1.2")
    check = the_failure(check_installation([str(tmp_path / "a"), str(tmp_path / "b")], package))
    assert check.name == "package"
    assert f"3.1.2 in {tmp_path / 'b'}" in check.what
    assert "pip uninstall runregistry" in check.next_step


def test_the_official_client_over_this_one_is_noticed(tmp_path: Path) -> None:
    package = installed(tmp_path, "4.0.0", files=OURS)
    installed(tmp_path, "3.1.2", files={"__init__.py": "theirs", "runregistry.py": "theirs", "attributes.py": "theirs"})
    checks = failed(check_installation([str(tmp_path)], package))
    assert "3.1.2 in" in checks["package"].what
    assert checks["files"].what == (
        "files are mixed up: runregistry/__init__.py, runregistry/runregistry.py of another release, or edited; "
        "runregistry/attributes.py not ours"
    )


def test_files_that_are_gone_are_noticed(tmp_path: Path) -> None:
    package = installed(tmp_path, "4.0.0", files=OURS)
    (package / "runregistry.py").unlink()
    assert "runregistry/runregistry.py missing" in the_failure(check_installation([str(tmp_path)], package)).what


def test_two_installations_of_this_release_are_a_warning(tmp_path: Path) -> None:
    package = installed(tmp_path / "a", "4.0.0", files=OURS)
    installed(tmp_path / "b", "4.0.1")
    check = found(check_installation([str(tmp_path / "a"), str(tmp_path / "b")], package))["package"]
    assert (check.status, "more than once" in check.what) == ("warn", True)


def test_a_package_that_is_not_installed_is_a_warning(tmp_path: Path) -> None:
    check = found(check_installation([str(tmp_path)], tmp_path / "runregistry"))["package"]
    assert check.status == "warn"


def test_extras_are_listed_with_what_they_lack(tmp_path: Path) -> None:
    requires = (
        'pytest; extra == "plots"',
        'no-such-thing>=2 ; extra == "server"',
        'runregistry[server]; extra == "all"',
        "httpx2",
    )
    package = installed(tmp_path, "4.0.0", files=OURS, requires=requires)
    check = found(check_installation([str(tmp_path)], package))["extras"]
    assert check.what == "with plots; without server (no-such-thing)"
    assert check.next_step == "if you need one: pip install 'runregistry[server]'"
