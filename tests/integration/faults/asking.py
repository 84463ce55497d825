"""One way to ask for the old functions, `Client` and `AsyncClient`, so that every fault meets all three."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Protocol

import pytest

import runregistry
from runregistry import AsyncClient, Client
from runregistry.client.settings import RetryPolicy, Settings
from runregistry.terms import EXPERTS_EGROUP

__all__ = ["EXPERT", "PAGE_SIZE", "QUICK", "WAYS", "Asker", "Opener"]

QUICK = RetryPolicy(attempts=5, first_pause_s=0.005, longest_pause_s=0.02)
PAGE_SIZE = 2
EXPERT = {"email": "expert@example.org", "egroups": EXPERTS_EGROUP}


class Asker(Protocol):
    """Verbs that all three have."""

    def runs(self) -> list[dict[str, Any]]: ...

    def lumisections(self, run_number: int) -> list[dict[str, Any]]: ...

    def edit(self, run_number: int, comment: str) -> Any: ...

    def move(self, from_state: str, to_state: str, run_numbers: list[int]) -> Any: ...


Opener = Callable[..., AbstractContextManager[Asker]]


class _Official:
    def runs(self) -> list[dict[str, Any]]:
        return runregistry.get_runs(filter={})

    def lumisections(self, run_number: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = runregistry.get_lumisections(run_number)
        return rows

    def edit(self, run_number: int, comment: str) -> Any:
        return runregistry.edit_rr_lumisections(run_number, 1, 2, "dt-dt", "BAD", comment=comment)

    def move(self, from_state: str, to_state: str, run_numbers: list[int]) -> Any:
        return runregistry.move_runs(from_state, to_state, runs=run_numbers)


class _Threads:
    def __init__(self, client: Client) -> None:
        self._client = client

    def runs(self) -> list[dict[str, Any]]:
        return self._client.runs()

    def lumisections(self, run_number: int) -> list[dict[str, Any]]:
        return self._client.lumisections(run_number)

    def edit(self, run_number: int, comment: str) -> Any:
        return self._client.edit_lumisections(run_number, 1, 2, "dt-dt", "BAD", comment=comment)

    def move(self, from_state: str, to_state: str, run_numbers: list[int]) -> Any:
        return self._client.move_runs(from_state, to_state, run_numbers)


class _Tasks:
    def __init__(self, client: AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def runs(self) -> list[dict[str, Any]]:
        return self._runner.run(self._client.runs())

    def lumisections(self, run_number: int) -> list[dict[str, Any]]:
        return self._runner.run(self._client.lumisections(run_number))

    def edit(self, run_number: int, comment: str) -> Any:
        return self._runner.run(self._client.edit_lumisections(run_number, 1, 2, "dt-dt", "BAD", comment=comment))

    def move(self, from_state: str, to_state: str, run_numbers: list[int]) -> Any:
        return self._runner.run(self._client.move_runs(from_state, to_state, run_numbers))


def _changed(changes: dict[str, Any]) -> dict[str, Any]:
    who = {} if "audience" in changes else EXPERT
    return {"retries": QUICK, "page_size": PAGE_SIZE, "timeout_s": 10.0, **who, **changes}


@contextmanager
def _official(url: str, **changes: Any) -> Iterator[Asker]:
    module = runregistry.runregistry
    made = module._settings

    def settings() -> Settings:
        return replace(made(), **_changed(changes))

    with pytest.MonkeyPatch.context() as patch:
        runregistry.setup(url)
        patch.setattr(module, "_settings", settings)
        patch.setattr(module, "PAGE_SIZE", _changed(changes)["page_size"])
        try:
            yield _Official()
        finally:
            runregistry.setup("production")


@contextmanager
def _threads(url: str, **changes: Any) -> Iterator[Asker]:
    with Client(url, **_changed(changes)) as client:
        yield _Threads(client)


@contextmanager
def _tasks(url: str, **changes: Any) -> Iterator[Asker]:
    with asyncio.Runner() as runner:
        client = AsyncClient(url, **_changed(changes))
        try:
            yield _Tasks(client, runner)
        finally:
            runner.run(client.close())


WAYS: dict[str, Opener] = {"old functions": _official, "threads": _threads, "tasks": _tasks}
