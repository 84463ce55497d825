"""Registries that are served by a process of their own, on either database, and clients that ask them."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from pages import Question

HERE = Path(__file__).resolve().parent
AUTOMATIC = {"email": "auto@auto"}
EXPERT = {"email": "expert@example.org", "egroups": "cms-dqm-runregistry-experts"}
TIMEOUT_S = 120


class Served:
    """A registry that ``runregistry serve`` serves."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self._process = process

    def client(self, **headers: str) -> httpx2.Client:
        """Return a client with one connection that is kept."""
        return httpx2.Client(base_url=self.url, headers=headers, timeout=TIMEOUT_S)

    def memory_mb(self) -> tuple[float, float] | None:
        """Return the memory that the process has, and the most that it had, in MB (10⁶ bytes); None where nobody says."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return None
        now, most = (int(re.search(rf"{key}:\s+(\d+) kB", status)[1]) * 1024 / 1e6 for key in ("VmRSS", "VmHWM"))  # type: ignore[index]
        return now, most


@contextmanager
def served(database: str, *more: str) -> Iterator[Served]:
    """Serve a database on a free port of this machine; the process ends with the block."""
    command = [sys.executable, "-m", "runregistry", "serve", "--port", "0", "--database", database, *more]
    with process(command) as (server, url):
        yield Served(url, server)


@contextmanager
def bare_server(answer: bytes) -> Iterator[str]:
    """Serve always the same bytes: what is left is the cost of HTTP and of the client."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(answer)
        file.flush()
        with process([sys.executable, str(HERE / "bare.py"), file.name]) as (_, url):
            yield url


@contextmanager
def process(command: Sequence[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server in a process that ends with the block; yield it, and the URL that it names when it listens."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as started:
        try:
            said = ""
            assert started.stderr is not None
            for line in started.stderr:
                said += line
                if found := re.search(r"http://\S+:\d+", line):
                    threading.Thread(target=started.stderr.read, daemon=True).start()
                    yield started, found[0]
                    return
            raise SystemExit(f"{' '.join(command)} did not start: {said}")
        finally:
            started.send_signal(signal.SIGINT)
            started.wait(60)


@contextmanager
def sqlite_database(folder: Path, name: str) -> Iterator[str]:
    """Name a new SQLite database."""
    path = folder / f"{name}.sqlite"
    try:
        yield f"sqlite:///{path}"
    finally:
        for file in folder.glob(f"{path.name}*"):
            file.unlink()


@contextmanager
def postgresql() -> Iterator[Callable[[str], Any]]:
    """Start a PostgreSQL server of its own, as it is set up by default; yields what names a new database in it."""
    sys.path.insert(0, str(HERE.parent))
    from tests.postgres import PostgresServer, find_binaries

    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("the programs of PostgreSQL are not installed; on Debian and Ubuntu: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="rr-bench-"))
    server = PostgresServer(folder, binaries, ("listen_addresses=",))
    try:
        server.start()
        yield lambda name: server.database()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def latencies(client: httpx2.Client, question: Question, times: int) -> list[float]:
    """Ask one kind of question so many times, one after the other; return the seconds of each answer."""
    dice = random.Random(question.kind)
    return [_ask(client, question, dice) for _ in range(times)]


def _ask(client: httpx2.Client, question: Question, dice: random.Random) -> float:
    body = question.body(dice)
    begun = time.perf_counter()
    answer = client.post(question.path, json=body)
    spent = time.perf_counter() - begun
    if answer.status_code != 200:
        raise SystemExit(f"{question.path} {body} was answered with {answer.status_code}: {answer.text[:300]}")
    return spent


def together(url: str, questions: Sequence[Question], n_clients: int, duration_s: float) -> tuple[list[float], float]:
    """Let clients ask questions at the same time, each its own order of them; return all durations, and answers a second."""
    spent: list[float] = []
    begun = time.perf_counter()

    def ask(seed: int) -> None:
        dice = random.Random(seed)
        with httpx2.Client(base_url=url, timeout=TIMEOUT_S) as client:
            while time.perf_counter() - begun < duration_s:
                spent.append(_ask(client, dice.choice(questions), dice))

    in_threads(ask, n_clients)
    return spent, len(spent) / (time.perf_counter() - begun)


def in_threads(work: Callable[[int], None], n_threads: int) -> None:
    """Do some work in threads at the same time; the first failure is raised."""
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
