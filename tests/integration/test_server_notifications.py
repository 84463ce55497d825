"""Server-sent events: what happens to jobs is told once, to everyone who listens."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.commands import COMMAND
from tests.integration.registry import NOBODY, create_run, registry_client
from tests.integration.test_server_portal import generate, registry_of

from runregistry import testing
from runregistry.server.registry import Registry
from runregistry.server.services.notifications import Notification, Notifications
from runregistry.store.jobs import ACTIVE, DONE, FAILED, WAITING


@pytest.fixture
def idle() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        registry_of(client).worker.stop()
        create_run(client)
        yield client


def finish(registry: Registry) -> None:
    with registry.store.changing() as connection:
        job = registry.store.jobs.claim(connection, "w", 60.0)
    assert job is not None
    registry.portal.run_job(job, lambda progress: None)
    with registry.store.changing() as connection:
        assert registry.store.jobs.finish(connection, job.id, "w")


def told(notifications: Notifications, before: Any, after: Any) -> list[tuple[str, Any]]:
    return [(event, payload["id"]) for event, payload in notifications.between(before, after)]


def test_each_step_of_a_job_is_told_once(idle: httpx2.Client) -> None:
    notifications, number = registry_of(idle).notifications, generate(idle)
    waiting, active, further = {number: (WAITING, 0.0)}, {number: (ACTIVE, 0.0)}, {number: (ACTIVE, 0.5)}
    assert told(notifications, {}, waiting) == [("new_json_added_to_queue", str(number))]
    assert told(notifications, waiting, active) == []
    assert notifications.between(active, further) == [Notification("progress", {"id": str(number), "progress": 0.5})]
    finish(registry_of(idle))
    done = {number: (DONE, 1.0)}
    assert told(notifications, further, done) == [("completed", str(number))]
    assert told(notifications, done, done) == []


def test_a_job_that_came_and_went_between_two_looks_is_told_whole(idle: httpx2.Client) -> None:
    notifications, number = registry_of(idle).notifications, generate(idle)
    finish(registry_of(idle))
    [queued, completed] = notifications.between({}, {number: (DONE, 1.0)})
    assert queued.payload["job"]["data"]["created_by"] == NOBODY["email"]
    result = {"generated_json": {"355100": [[1, 4]]}, "generated_json_with_dataset_names": {"355100-online": [[1, 4]]}}
    assert completed == Notification("completed", {"id": str(number), "result": result})


def test_a_job_that_is_too_old_to_be_looked_at_has_ended(idle: httpx2.Client) -> None:
    notifications, number = registry_of(idle).notifications, generate(idle)
    finish(registry_of(idle))
    assert told(notifications, {number: (ACTIVE, 0.0)}, {}) == [("completed", str(number))]
    assert told(notifications, {number: (DONE, 1.0)}, {}) == []
    assert told(notifications, {number: (FAILED, 0.0)}, {}) == []


def test_listeners_look_together(idle: httpx2.Client) -> None:
    notifications = registry_of(idle).notifications
    assert notifications.look() is notifications.look()


def test_a_listener_hears_of_a_json_that_somebody_else_asked_for() -> None:
    with testing.server() as served, httpx2.Client(base_url=served.url, timeout=30) as client:
        create_run(client)
        with client.stream("GET", "/v1/notifications") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines) == "retry: 5000"
            assert next(lines) == ""
            number = json_of_somebody_else(served.url)
            heard: dict[str, Any] = {}
            while "completed" not in heard:
                event = next(line for line in lines if line.startswith("event: ")).removeprefix("event: ")
                heard[event] = json.loads(next(lines).removeprefix("data: "))
    assert {payload["id"] for payload in heard.values()} == {str(number)}
    assert heard["completed"]["result"]["generated_json"] == {"355100": [[1, 4]]}


def json_of_somebody_else(url: str) -> int:
    with httpx2.Client(base_url=url, timeout=30) as other:
        return generate(other)


def test_a_listener_does_not_keep_a_registry_from_stopping(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--port", "0", "--database", str(tmp_path / "registry.sqlite")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"http://[0-9.:]+", process.stderr.readline())
            assert found is not None
            with httpx2.stream("GET", f"{found[0]}/v1/notifications", timeout=30) as stream:
                lines = stream.iter_lines()
                assert next(lines) == "retry: 5000"
                process.terminate()
                assert [line for line in lines if line] == []
            # Far below the time that requests under way are given.
            process.wait(15)
        finally:
            process.kill()


def test_whoever_asks_for_the_head_is_answered_at_once(idle: httpx2.Client) -> None:
    answer = idle.head("/v1/notifications")
    assert (answer.status_code, answer.content) == (200, b"")
