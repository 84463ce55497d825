"""The registry in operation: who is let in, what it says of itself, how it bears slowness, and how it stops."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.commands import COMMAND, one_error_line, run
from tests.integration.oidc_provider import AUDIENCE, Provider, new_key, running_provider
from tests.integration.oms_double import CLIENT_ID, SECRET, oms_double
from tests.integration.registry import EXPERT, SHIFTER, create_run, edit, registry_client, run_body

from runregistry.errors import StoreError
from runregistry.local import EmbeddedTransport
from runregistry.server import OIDCSettings, ServerSettings, build_app, ensure_settings
from runregistry.server.routes import HANDLERS
from runregistry.server.worker import Worker
from runregistry.store import Job, Store
from runregistry.store.jobs import ACTIVE, DONE, WAITING
from runregistry.wire import ROUTES

CLASS = "/manual_run_edit/355100/class"


@contextmanager
def client_of(settings: ServerSettings) -> Iterator[httpx2.Client]:
    """A client of a new registry in this process."""
    store = Store("sqlite://")
    ensure_settings(store, None)
    transport = EmbeddedTransport(store, build_app(settings, store))
    with httpx2.Client(transport=transport, base_url="http://embedded", timeout=60) as client:
        yield client


@contextmanager
def serving(*arguments: object, name: str = "serve", **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a command that goes on, and yield its process and the line that says that it is ready."""
    command = [*COMMAND, name, *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    ) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert "Ctrl-C stops it" in line, line + process.stderr.read()
            yield process, line
        finally:
            process.kill()


def url_in(line: str) -> str:
    return line.split(" at ")[1].split(",")[0]


def until(condition: Callable[[], bool], patience_s: float = 20) -> None:
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def store_of(client: httpx2.Client) -> Store:
    return client._transport.store  # type: ignore[attr-defined, no-any-return]


def events(client: httpx2.Client) -> int:
    store = store_of(client)
    with store.reading() as connection:
        return store.event_number(connection)


# --- who is let in


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def guarded(provider: Provider) -> Iterator[httpx2.Client]:
    oidc = OIDCSettings(provider.issuer, AUDIENCE, automatic_clients=("oms-poller",))
    with client_of(ServerSettings(auth="oidc", oidc=oidc)) as client:
        body = run_body()
        automatic = provider.token(azp="oms-poller", sub="oms-poller", email=None, groups=None)
        assert client.post("/runs", json=body, headers=bearer(automatic)).status_code == 200
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("route", [ROUTES[name] for name in HANDLERS], ids=lambda route: route.name)
def test_with_oidc_every_route_but_health_wants_a_token(guarded: httpx2.Client, route: Any) -> None:
    url = route.url(**dict.fromkeys(route.parameters, "1"))
    # Headers that would be believed elsewhere count for nothing.
    answer = guarded.request(route.method, url, headers=EXPERT | {"email": "auto@auto"})
    if route.name == "health":
        assert answer.status_code == 200
    else:
        assert answer.status_code == 401
        assert "Authorization: Bearer" in answer.json()["err"]
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_with_oidc_the_documentation_is_open(guarded: httpx2.Client) -> None:
    assert guarded.get("/v1/docs").status_code == 200
    assert guarded.get("/v1/openapi.json").status_code == 200


def test_a_token_gives_the_author_and_the_rights(guarded: httpx2.Client, provider: Provider) -> None:
    token = bearer(provider.token(email="expert@example.org"))
    answer = guarded.put(CLASS, json={"class": "Cosmics22"}, headers=token | SHIFTER)
    assert answer.status_code == 200, answer.text
    history = guarded.get("/run_with_history/355100", headers=token).json()
    assert [event["by"] for event in history] == ["auto@auto", "expert@example.org"]


def test_a_token_without_the_egroup_is_refused_as_ever(guarded: httpx2.Client, provider: Provider) -> None:
    before = events(guarded)
    answer = guarded.put(CLASS, json={"class": "X"}, headers=bearer(provider.token(groups=["zh"])))
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("User needs to be part of any of the following e-groups")
    assert events(guarded) == before


def test_nobody_calls_himself_automatic_in_a_token(guarded: httpx2.Client, provider: Provider) -> None:
    answer = guarded.put(CLASS, json={"class": "X"}, headers=bearer(provider.token(email="auto@auto")))
    assert "auto@auto" in answer.json()["err"]


def test_a_token_that_is_refused_never_shows_up_again(
    guarded: httpx2.Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    expired = provider.token(exp=1, secret="do-not-tell")
    with caplog.at_level(logging.DEBUG):
        answer = guarded.get("/runs/355100", headers=bearer(expired))
    assert answer.status_code == 401
    assert "has expired" in answer.json()["err"]
    for part in expired.split("."):
        assert part not in answer.text
        assert part not in caplog.text


def test_rotated_keys_are_followed_and_a_provider_that_is_down_is_said_to_be(provider: Provider) -> None:
    with client_of(ServerSettings(auth="oidc", oidc=OIDCSettings(provider.issuer, AUDIENCE))) as client:
        old = provider.token()
        provider.is_down = True
        answer = client.get("/runs/1", headers=bearer(old))
        assert answer.status_code == 503
        assert "can't be reached" in answer.json()["err"]
        assert client.get("/v1/health").status_code == 200
    provider.is_down = False
    provider.rotate(new_key("rotated", "EC"))
    with client_of(ServerSettings(auth="oidc", oidc=OIDCSettings(provider.issuer, AUDIENCE))) as client:
        assert client.get("/runs/1", headers=bearer(provider.token())).status_code == 200
        assert "does not publish" in client.get("/runs/1", headers=bearer(old)).json()["err"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "0.0.0.0"], "say how users are identified"),
        (["--host", "::"], "--auth oidc asks for signed tokens"),
        (["--auth", "odic"], "did you mean oidc"),
        (["--auth", "oidc"], "--oidc-issuer URL and --oidc-audience NAME"),
        (["--auth", "oidc", "--oidc-issuer", "https://sign-in.example.org"], "--oidc-audience NAME"),
        (["--auth", "oidc", "--oidc-issuer", "http://sign-in.example.org", "--oidc-audience", "x"], "must be an https URL"),
        (["--oidc-issuer", "https://sign-in.example.org"], "say --auth oidc as well"),
    ],
)
def test_serving_without_knowing_who_users_are_is_refused(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = run("serve", "--port", "0", "--database", tmp_path / "own.sqlite", *arguments)
    assert done.returncode == 2
    assert says in one_error_line(done)


def test_the_identity_of_a_served_registry_comes_from_the_environment_too(tmp_path: Path, provider: Provider) -> None:
    options = ["--port", 0, "--database", tmp_path / "own.sqlite", "--auth", "oidc", "--host", "0.0.0.0"]
    environment = {"RUNREGISTRY_OIDC_ISSUER": provider.issuer, "RUNREGISTRY_OIDC_AUDIENCE": AUDIENCE}
    with serving(*options, **environment) as (_, line):
        url = url_in(line).replace("0.0.0.0", "127.0.0.1")
        assert httpx2.get(f"{url}/runs/1", headers={"email": "a@b", "egroups": "x"}).status_code == 401
        assert httpx2.get(f"{url}/runs/1", headers=bearer(provider.token())).status_code == 200


# --- what it says of itself


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        create_run(client)
        yield client


def test_a_sane_request_id_comes_back_and_another_is_replaced(client: httpx2.Client) -> None:
    assert client.get("/runs/1", headers={"X-Request-ID": "shift-42:a_b.c"}).headers["x-request-id"] == "shift-42:a_b.c"
    for odd in ("", "a b", "x" * 129, 'a"b', "é"):
        answer = client.get("/runs/1", headers=[("X-Request-ID", odd.encode("latin-1"))])
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    first, second = (client.get("/no/such/path").headers["x-request-id"] for _ in range(2))
    assert first != second


def test_a_request_is_one_line_of_the_log_without_what_it_holds(client: httpx2.Client, caplog: pytest.LogCaptureFixture) -> None:
    headers = EXPERT | {"Authorization": "Bearer s3cret", "X-Request-ID": "r-1", "content-type": "application/json"}
    with caplog.at_level(logging.INFO, "runregistry"):
        client.post("/datasets/get_dataset?code=s3cret", content=b'{"password": "s3cret"}', headers=headers)
        client.get("/runs/%0a%20355100", headers=headers)
    lines = [record.getMessage() for record in caplog.records if record.name == "runregistry.access"]
    assert re.fullmatch(r"POST /datasets/get_dataset 400 [\d.]+ ms", lines[0])
    assert lines[1].startswith("GET /runs/%0a%20355100 ")
    assert "s3cret" not in caplog.text


def test_a_fault_is_found_in_the_log_by_the_id_of_its_answer(
    client: httpx2.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runregistry.store.records import Records

    monkeypatch.setattr(Records, "run", lambda *_: 1 / 0)
    answer = client.get("/runs/1", headers={"X-Request-ID": "fault-7"})
    assert answer.status_code == 500
    assert "Fault fault-7 in its log" in answer.json()["err"]
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_what_people_sent_is_not_in_the_log_of_a_database_error(
    client: httpx2.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runregistry.store.records import Records

    def broken(self: Records, connection: Any, run_number: int) -> None:
        connection.exec_driver_sql("SELECT * FROM no_such_table WHERE x = ?", ("s3cret",))

    monkeypatch.setattr(Records, "run", broken)
    assert client.get("/runs/1").status_code == 500
    assert "no_such_table" in caplog.text
    assert "s3cret" not in caplog.text


def test_health_says_what_works(client: httpx2.Client) -> None:
    answer = client.get("/v1/health")
    assert answer.status_code == 200
    health = answer.json()
    assert (health["status"], health["database"], health["worker"]) == ("ok", "ok", "alive")
    assert re.match(r"\d+\.\d+", health["version"])


def test_health_is_503_without_a_database(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise StoreError("no connection to secret@database.example.org")

    monkeypatch.setattr(Store, "event_number", gone)
    answer = client.get("/v1/health")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
    assert "secret" not in answer.text
    assert "runregistry_database_up 0.0" in client.get("/v1/metrics").text


def test_health_is_503_when_the_worker_has_died() -> None:
    with client_of(ServerSettings()) as client:
        client._transport.app.state.registry.worker.stop()  # type: ignore[attr-defined]
        answer = client.get("/v1/health")
        assert (answer.status_code, answer.json()["worker"]) == (503, "dead")
    with client_of(ServerSettings(run_worker=False)) as client:
        assert client.get("/v1/health").json()["worker"] == "elsewhere"


def figure(client: httpx2.Client, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/v1/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_metrics_count_requests_by_route_and_never_by_path(client: httpx2.Client) -> None:
    name = 'runregistry_requests_total{method="GET",route="get_run",status="200"}'
    before, unknown = figure(client, name), 'runregistry_requests_total{method="ANY",route="unknown",status="404"}'
    for number in (1, 2, 355100):
        client.get(f"/runs/{number}")
    lost = figure(client, unknown)
    client.get("/no/such/path")
    client.request("BREW", "/coffee")
    assert figure(client, name) == before + 3
    assert figure(client, unknown) == lost + 2
    text = client.get("/v1/metrics").text
    assert "coffee" not in text
    assert 'runregistry_request_seconds_count{route="get_run"}' in text


def test_metrics_tell_events_and_jobs(client: httpx2.Client) -> None:
    before = figure(client, "runregistry_events_total")
    assert before == events(client)
    assert edit(client, 1, 2).status_code == 200
    assert figure(client, "runregistry_events_total") == events(client) > before
    body = {"json_logic": '{"==": [1, 1]}', "dataset_name_filter": "online"}
    done = figure(client, 'runregistry_jobs{state="done"}')
    assert client.post("/json_portal/generate", json=body, headers=EXPERT).status_code == 200
    until(lambda: figure(client, 'runregistry_jobs{state="done"}') == done + 1)
    assert figure(client, "runregistry_worker_up") == 1


def test_what_is_not_served_is_said_in_json(client: httpx2.Client) -> None:
    for answer in (client.get("/no/such/path"), client.delete("/runs_filtered_ordered")):
        assert answer.status_code in (404, 405)
        assert answer.json()["err"].startswith("Cannot ")
    assert "POST" in client.delete("/runs_filtered_ordered").headers["allow"]


@pytest.mark.parametrize("style", ["json", "text"])
def test_a_served_registry_logs_each_request(tmp_path: Path, style: str) -> None:
    with serving("--port", 0, "--database", tmp_path / "own.sqlite", "--log-format", style) as (process, line):
        httpx2.get(f"{url_in(line)}/runs/1?token=s3cret", headers={"X-Request-ID": "line-1", "Authorization": "Bearer s3cret"})
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert "s3cret" not in err
    (logged,) = err.splitlines()
    if style == "json":
        facts = json.loads(logged)
        assert {key: facts[key] for key in ("method", "path", "route", "status", "request_id", "level")} == {
            "method": "GET",
            "path": "/runs/1",
            "route": "get_run",
            "status": 200,
            "request_id": "line-1",
            "level": "info",
        }
        assert facts["time"].endswith("Z")
    else:
        assert re.search(r"Z INFO runregistry\.access \[line-1\] GET /runs/1 200 [\d.]+ ms$", logged)


def test_a_traceback_is_part_of_one_json_line(tmp_path: Path) -> None:
    import io

    from runregistry.server.observe import _JsonFormatter, _TextFormatter

    for formatter in (_JsonFormatter(), _TextFormatter()):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        logger = logging.getLogger("a.test.of.formats")
        logger.addHandler(handler)
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            logger.exception("a name\nwith a line")
        logger.removeHandler(handler)
        first = stream.getvalue().splitlines()[0]
        if isinstance(formatter, _JsonFormatter):
            facts = json.loads(stream.getvalue())
            assert facts["message"] == "a name\nwith a line"
            assert "ZeroDivisionError" in facts["traceback"]
        else:
            assert first.endswith("a name\\nwith a line")


# --- how it bears slowness


@pytest.fixture
def hurried(tmp_path: Path) -> Iterator[httpx2.Client]:
    """A registry that gives a request half a second; in a file, so that readers and writers don't wait for each other."""
    store = Store(tmp_path / "hurried.sqlite")
    ensure_settings(store, None)
    transport = EmbeddedTransport(store, build_app(ServerSettings(request_timeout_s=0.5), store))
    with httpx2.Client(transport=transport, base_url="http://embedded", timeout=60) as client:
        create_run(client)
        yield client


def test_a_request_that_takes_too_long_is_refused_and_others_are_not_held_up(
    hurried: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runregistry.server.services import runs

    release = threading.Event()
    monkeypatch.setattr(runs, "last_updated_runs", lambda store: release.wait(30))
    answers: list[httpx2.Response] = []
    # More than the server has threads.
    threads = [threading.Thread(target=lambda: answers.append(hurried.get("/runs_lastupdated_50"))) for _ in range(45)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].json()["err"] == "this took longer than 0.5 s; nothing was stored"
    assert hurried.get("/runs/355100").json()["run_number"] == 355100
    release.set()


def test_a_change_that_was_refused_as_too_slow_is_never_stored_after_all(
    hurried: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runregistry.store.writer import Writer

    before, finished, original = events(hurried), threading.Event(), Writer.finish

    def slow(self: Writer) -> None:
        original(self)
        time.sleep(1.5)
        finished.set()

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "finish", slow)
        answer = edit(hurried, 1, 2)
        assert answer.status_code == 503
        assert "nothing was stored" in answer.json()["err"]
        assert finished.wait(10)
    assert edit(hurried, 3, 4).status_code == 200  # waits for the lock, so that the slow one has ended
    assert events(hurried) > before
    history = hurried.post("/lumisections/get_rr_lumisection_history", json={"run_number": 355100, "dataset_name": "online"})
    assert [(event["start"], event["end"]) for event in history.json() if event["by"] == EXPERT["email"]] == [(3, 4)]


def test_a_change_that_is_being_committed_is_answered_as_what_it_is(
    hurried: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runregistry.store.gate import Gate

    original = Gate.pass_through

    def slow(self: Gate) -> None:
        original(self)
        time.sleep(1)

    with monkeypatch.context() as patch:
        patch.setattr(Gate, "pass_through", slow)
        assert edit(hurried, 1, 2).status_code == 200


def sent_raw(url: str, head: str, *parts: bytes, pause_s: float = 0.0, hang_up: bool = False) -> bytes:
    """Send a request byte by byte if need be, and return what comes back."""
    address = httpx2.URL(url)
    with socket.create_connection((address.host, address.port), timeout=30) as opened:
        opened.sendall(head.replace("\n", "\r\n").encode())
        for part in parts:
            time.sleep(pause_s)
            opened.sendall(part)
        if hang_up:
            return b""
        return b"".join(iter(lambda: opened.recv(65536), b""))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A served registry with small limits."""
    database = tmp_path_factory.mktemp("served") / "own.sqlite"
    options = ["--port", 0, "--database", database, "--max-body", 1, "--request-timeout", 1]
    with serving(*options) as (_, line):
        url = url_in(line)
        with httpx2.Client(base_url=url) as client:
            create_run(client)
        yield url, database


HEAD = """\
POST /runs HTTP/1.1
Host: x
Connection: close
email: auto@auto
Content-Type: application/json
Content-Length: {length}

"""


def n_runs(database: Path) -> int:
    with Store(database) as store, store.reading() as connection:
        return store.records.counts(connection)["runs"]


def test_a_body_over_the_limit_is_refused_before_it_is_read(served: tuple[str, Path]) -> None:
    url, _ = served
    answer = sent_raw(url, HEAD.format(length=5 * 1024 * 1024))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than the limit of 1048576 bytes" in answer


def test_a_body_without_a_length_is_refused_where_it_passes_the_limit(served: tuple[str, Path]) -> None:
    url, _ = served

    def endless() -> Iterator[bytes]:
        for _ in range(3000):
            yield b" " * 1024

    answer = httpx2.post(f"{url}/runs_filtered_ordered", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_client_that_hangs_up_in_the_middle_stores_nothing(served: tuple[str, Path]) -> None:
    url, database = served
    before = n_runs(database)
    body = json.dumps(run_body(355200)).encode()
    sent_raw(url, HEAD.format(length=len(body)), body[:-10], hang_up=True)
    assert httpx2.get(f"{url}/v1/health").status_code == 200
    assert n_runs(database) == before


def test_a_client_that_dawdles_is_left(served: tuple[str, Path]) -> None:
    url, database = served
    before = n_runs(database)
    body = json.dumps(run_body(355300)).encode()
    started = time.monotonic()
    answer = sent_raw(url, HEAD.format(length=len(body)), body[:10])
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - started < 10
    assert n_runs(database) == before


def test_others_are_served_while_many_dawdle(served: tuple[str, Path]) -> None:
    url, _ = served
    address = httpx2.URL(url)
    opened = [socket.create_connection((address.host, address.port)) for _ in range(100)]
    try:
        for one in opened:
            one.sendall(HEAD.format(length=100).replace("\n", "\r\n").encode())
        assert httpx2.get(f"{url}/runs/355100", timeout=5).status_code == 200
    finally:
        for one in opened:
            one.close()


# --- how it stops


def test_sigterm_answers_what_is_under_way_and_ends_with_0(tmp_path: Path) -> None:
    options = ["--port", 0, "--database", tmp_path / "own.sqlite"]
    answers: list[httpx2.Response] = []
    with serving(*options) as (process, line):
        url = url_in(line)
        with httpx2.Client(base_url=url) as client:
            create_run(client)
            body = {"json_logic": '{"==": [1, 1]}', "dataset_name_filter": "online"}
            number = client.post("/json_portal/generate", json=body, headers=EXPERT).json()["id"]
            client.post("/json_portal/json", json={"id_json": number})
        slow = threading.Thread(target=lambda: answers.append(httpx2.post(f"{url}/runs", **slow_upload(), timeout=30)))
        slow.start()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        slow.join()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
    assert answers[0].status_code == 200, answers[0].text
    assert n_runs(tmp_path / "own.sqlite") == 2


def slow_upload() -> dict[str, Any]:
    """A run that takes a second and a half to be sent."""
    body = json.dumps(run_body(355400)).encode()

    def parts() -> Iterator[bytes]:
        for i in range(3):
            yield body[i * len(body) // 3 : (i + 1) * len(body) // 3]
            time.sleep(0.5)

    return {"content": parts(), "headers": {"email": "auto@auto", "content-type": "application/json"}}


def queue(store: Store) -> int:
    with store.changing() as connection:
        return store.jobs.add(connection, "json", {"n": 1}).id


def job(store: Store, number: int) -> Job:
    with store.reading() as connection:
        found = store.jobs.get(connection, number)
    assert found is not None
    return found


def test_a_worker_that_stops_ends_its_job_or_gives_it_back(tmp_path: Path) -> None:
    with Store(tmp_path / "jobs.sqlite") as store:
        begun, release = threading.Event(), threading.Event()

        def long(job: Job, report: Callable[[float], None]) -> None:
            begun.set()
            release.wait(30)

        number = queue(store)
        worker = Worker(store, long)
        worker.start()
        thread = worker._thread
        assert begun.wait(10)
        assert job(store, number).state == ACTIVE
        worker.stop(0.2)
        assert (job(store, number).state, job(store, number).attempts) == (WAITING, 0)
        release.set()
        assert thread is not None
        thread.join(10)
        assert job(store, number).state == WAITING  # what went on unheard could not end it
        another = Worker(store, lambda job, report: None)
        assert another.work_once()
        assert job(store, number).state == DONE


def test_a_worker_alone_does_the_jobs_that_a_server_leaves(tmp_path: Path) -> None:
    database = tmp_path / "own.sqlite"
    server = serving("--port", 0, "--database", database, "--no-worker")
    with server as (_, line), httpx2.Client(base_url=url_in(line)) as client:
        create_run(client)
        body = {"json_logic": '{"==": [1, 1]}', "dataset_name_filter": "online"}
        number = client.post("/json_portal/generate", json=body, headers=EXPERT).json()["id"]
        assert client.post("/json_portal/json", json={"id_json": number}).status_code == 203
        with serving("--database", database, name="worker") as (process, ready):
            assert "works on the jobs of" in ready
            until(lambda: client.post("/json_portal/json", json={"id_json": number}).status_code == 200)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
            assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_runs_are_fetched_from_the_oms_that_is_named(tmp_path: Path, name: str) -> None:
    database = tmp_path / "own.sqlite"
    with oms_double() as double:
        double.put(355100, 3)
        double.wants_token = True
        settings = double.settings()
        options = ["--database", database, "--oms-url", settings.url, "--oms-interval", 0.2]
        options += ["--oms-token-url", settings.token_url, "--dqm-gui-url", f"{double.url}/samples", "--log-level", "error"]
        secrets = {"RUNREGISTRY_OMS_CLIENT_ID": CLIENT_ID, "RUNREGISTRY_OMS_CLIENT_SECRET": SECRET}
        with serving(*options, *(["--port", 0] if name == "serve" else []), name=name, **secrets) as (process, line):
            until(lambda: n_runs(database) == 1)
            if name == "serve":
                health = httpx2.get(f"{url_in(line)}/v1/health").json()
                assert (health["status"], list(health["poller_ages_s"])) == ("ok", ["oms", "dqm_gui"])
                assert 'runregistry_poller_age_seconds{poller="oms"}' in httpx2.get(f"{url_in(line)}/v1/metrics").text
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert SECRET not in err


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["--oms-url", "oms"], {}, "must be an http or https URL"),
        (["--oms-url", "https://oms.example.org"], {"RUNREGISTRY_OMS_CLIENT_ID": "x"}, "one of them is missing"),
        (["--oms-url", "http://127.0.0.1:1", "--oms-interval", "1e9"], {}, "interval_s of OMS must be from 0 to 86400"),
        (["--dqm-gui-url", "gui"], {}, "the DQM GUI must be at an http or https URL"),
        (["--dqm-gui-url", "https://gui.example.org", "--dqm-gui-cert", "nowhere.pem"], {}, "certificates for the DQM GUI"),
    ],
)
def test_a_source_that_can_not_be_followed_is_refused_at_the_start(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    done = run("serve", "--port", "0", "--database", tmp_path / "own.sqlite", *arguments)
    assert done.returncode == 2
    assert says in one_error_line(done)
