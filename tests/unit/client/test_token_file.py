from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import TOKEN_URL, FakeRegistry, answer

from runregistry.client.settings import Settings, read_settings, token_file
from runregistry.client.token_file import Token, TokenFile

PATH = "/api/cycles/global"
SIGNED: dict[str, Any] = {"client_id": "me", "client_secret": "hush", "token_url": TOKEN_URL}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "tokens.json"


@pytest.fixture
def kept(path: Path) -> dict[str, Any]:
    return {**SIGNED, "token_file": str(path)}


def one(path: Path, owner: str = "me") -> TokenFile:
    return TokenFile(path, TOKEN_URL, owner, "audience")


def asked_with(fake: FakeRegistry) -> list[str]:
    return [request.headers["authorization"] for request in fake.asked if request.url.path == PATH]


def test_the_next_process_uses_the_token(ask: Ask, fake: FakeRegistry, kept: dict[str, Any]) -> None:
    fake.script[PATH] = [answer(200, [])]
    for _ in range(3):
        ask("cycles", target="production", settings=kept)
    assert fake.tokens == 1
    assert asked_with(fake) == ["Bearer token-1"] * 3


def test_a_token_that_was_refused_is_not_used_again(ask: Ask, fake: FakeRegistry, kept: dict[str, Any]) -> None:
    fake.script[PATH] = [answer(200, []), answer(401, {"message": "revoked"}), answer(200, [])]
    for _ in range(3):
        ask("cycles", target="production", settings=kept)
    assert asked_with(fake) == ["Bearer token-1", "Bearer token-1", "Bearer token-2", "Bearer token-2"]


def test_a_refused_token_is_forgotten_even_if_no_new_one_comes(ask: Ask, fake: FakeRegistry, kept: dict[str, Any]) -> None:
    fake.script[PATH] = [answer(200, []), answer(401, {"message": "revoked"})]
    ask("cycles", target="production", settings=kept)
    fake.script["/token"] = [answer(400, {"error": "invalid_client"})]
    with pytest.raises(Exception, match="invalid_client"):
        ask("cycles", target="production", settings=kept)
    assert "token-1" not in Path(kept["token_file"]).read_text()


def test_a_token_of_another_process_is_tried_before_a_new_one(
    fake: FakeRegistry, ask: Ask, kept: dict[str, Any], path: Path
) -> None:
    owner = TokenFile(path, TOKEN_URL, "me", "cmsrunregistry-sso-proxy")

    def refused(request: httpx2.Request) -> httpx2.Response:
        owner.keep(Token("from-elsewhere", 0.0, 4e9))
        return answer(401, {})

    fake.script[PATH] = [refused, answer(200, [])]
    ask("cycles", target="production", settings=kept)
    assert asked_with(fake) == ["Bearer token-1", "Bearer from-elsewhere"]
    assert fake.tokens == 1


def test_a_token_of_another_process_that_is_refused_too_is_followed_by_a_new_one(
    fake: FakeRegistry, ask: Ask, kept: dict[str, Any], path: Path
) -> None:
    owner = TokenFile(path, TOKEN_URL, "me", "cmsrunregistry-sso-proxy")

    def refused(request: httpx2.Request) -> httpx2.Response:
        owner.keep(Token("from-elsewhere", 0.0, 4e9))
        return answer(401, {})

    fake.script[PATH] = [refused, answer(401, {}), answer(200, [])]
    ask("cycles", target="production", settings=kept)
    assert asked_with(fake) == ["Bearer token-1", "Bearer from-elsewhere", "Bearer token-2"]


@pytest.mark.skipif(os.name != "posix", reason="modes of files mean nothing elsewhere")
def test_only_the_owner_can_read_the_file(path: Path) -> None:
    one(path).keep(Token("abc", 0.0, 100.0))
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    assert one(path).read(50.0) is None
    one(path).keep(Token("def", 0.0, 100.0))
    assert path.stat().st_mode & 0o777 == 0o600


def test_neither_who_nor_where_nor_the_secret_is_in_the_file(
    ask: Ask, fake: FakeRegistry, kept: dict[str, Any], path: Path
) -> None:
    fake.script[PATH] = [answer(200, [])]
    ask("cycles", target="production", settings=kept)
    text = path.read_text()
    assert "hush" not in text
    assert "example.org" not in text
    assert '"me"' not in text


def test_each_application_and_audience_has_its_own_token(path: Path) -> None:
    one(path).keep(Token("mine", 0.0, 100.0))
    one(path, "you").keep(Token("yours", 0.0, 100.0))
    found = [one(path, owner).read(50.0) for owner in ("me", "you", "nobody")]
    assert [token and token.text for token in found] == ["mine", "yours", None]
    assert TokenFile(path, TOKEN_URL, "me", "other").read(50.0) is None


@pytest.mark.parametrize(("now", "is_there"), [(99.0, True), (100.0, False), (-59.0, True), (-61.0, False)])
def test_a_token_counts_from_when_it_was_given_to_its_end(path: Path, now: float, is_there: bool) -> None:
    one(path).keep(Token("abc", 0.0, 100.0))
    assert (one(path).read(now) is not None) is is_there


def test_tokens_that_have_ended_leave_the_file(path: Path) -> None:
    one(path).keep(Token("old", 0.0, 100.0))
    one(path, "you").keep(Token("new", 200.0, 300.0))
    assert len(json.loads(path.read_text())) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"KEY": 7}',
        b'{"KEY": {"token": 7, "obtained_at": 0, "good_until": 100}}',
        b'{"KEY": {"token": "a\\nb", "obtained_at": 0, "good_until": 100}}',
        b'{"KEY": {"token": "abc", "obtained_at": "0", "good_until": 100}}',
        b'{"KEY": {"token": "abc", "obtained_at": 0, "good_until": NaN}}',
        b'{"KEY": {"token": "abc", "obtained_at": 0, "good_until": true}}',
        b'{"KEY": {"token": "abc"}}',
    ],
)
def test_a_file_that_is_not_ours_is_ignored_and_written_anew(path: Path, content: bytes) -> None:
    one(path).keep(Token("abc", 0.0, 100.0))
    (key,) = json.loads(path.read_text())
    path.write_bytes(content.replace(b"KEY", key.encode()))
    assert one(path).read(50.0) is None
    assert one(path).forget() is False
    one(path).keep(Token("def", 0.0, 100.0))
    found = one(path).read(50.0)
    assert found is not None
    assert (found.text, found.is_new) == ("def", False)


def test_a_place_where_nothing_can_be_written_is_told_and_no_error(
    ask: Ask, fake: FakeRegistry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("x")
    fake.script[PATH] = [answer(200, ["in"])]
    with caplog.at_level(logging.WARNING):
        found = ask("cycles", target="production", settings={**SIGNED, "token_file": str(tmp_path / "file" / "tokens.json")})
    assert found == ["in"]
    assert "tokens can't be kept in" in caplog.text
    assert "token-1" not in caplog.text


def test_a_token_is_in_no_repr() -> None:
    assert "abc" not in repr(Token("abc", 0.0, 100.0))


def test_where_tokens_are_kept_is_said_by_setting_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def where(**changes: Any) -> Path | None:
        return token_file(read_settings("production", **changes))

    assert where() is None
    monkeypatch.setenv("RUNREGISTRY_TOKEN_FILE", str(tmp_path / "t.json"))
    assert where() == tmp_path / "t.json"
    assert where(token_file=str(tmp_path / "u.json")) == tmp_path / "u.json"
    assert token_file(Settings("x", "y", token_file="")) is None
    monkeypatch.setenv("RUNREGISTRY_TOKEN_FILE", "auto")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = where()
    assert found is not None
    assert found.parts[-2:] == ("runregistry", "tokens.json")


def test_threads_that_write_and_read_at_once_never_see_a_half(path: Path) -> None:
    seen: list[Any] = []

    def work(number: int) -> None:
        for turn in range(20):
            one(path).keep(Token(f"{number}-{turn}-" + "x" * 5000, 0.0, 100.0))
            seen.append(one(path).read(50.0))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 80
    assert all(token is not None and len(token.text) > 5000 for token in seen)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_processes_share_the_file(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from runregistry.client.token_file import Token, TokenFile\n"
        "file = TokenFile(Path(sys.argv[1]), sys.argv[2])\n"
        "for turn in range(50):\n"
        "    file.keep(Token('t' * 2000, 0.0, 100.0)); found = file.read(50.0)\n"
        "    assert found is None or len(found.text) == 2000, found\n"
        "print('done')"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), owner], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for owner in ("one", "two", "one")
    ]
    outputs = [process.communicate(timeout=60) for process in running]
    assert [out.strip() for out, _ in outputs] == ["done"] * 3, outputs
    assert isinstance(json.loads(path.read_text()), dict)
