"""Spark for tests: programs that use it, and a standalone cluster of a master and two workers on the loopback.

Programs run with this Python and its packages; only pyspark itself, which is large, comes from an environment of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.tool_environments import python_with

__all__ = ["program_environment", "run_program", "standalone_cluster"]

_PATIENCE_S = 90
# Short programs: what the compiler and many threads would gain, they would cost first.
_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def program_environment() -> dict[str, str]:
    """Return the environment of a program that uses Spark; skip the test where there can be none."""
    java = shutil.which("java", path=os.pathsep.join([*_java_home(), os.environ.get("PATH", "")]))
    if java is None:
        pytest.skip("Spark needs Java 17 or newer, and there is no java here")
    packages = next(python_with("spark").parents[1].glob("lib/python*/site-packages"))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT), str(packages)]),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(packages / "pyspark"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "JDK_JAVA_OPTIONS": _JAVA_OPTIONS,
    }


def _java_home() -> list[str]:
    return [os.path.join(os.environ["JAVA_HOME"], "bin")] if "JAVA_HOME" in os.environ else []


def run_program(program: Path, job: str, folder: Path, **environment: str) -> str:
    """Run a program that uses Spark; return what it wrote."""
    done = subprocess.run(
        [sys.executable, str(program)],
        input=job,
        capture_output=True,
        text=True,
        timeout=2 * _PATIENCE_S,
        cwd=folder,
        env={**program_environment(), **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def standalone_cluster(folder: Path, n_workers: int = 2) -> Iterator[str]:
    """Start a master and workers of one core each, and give the master's URL; their logs stay in the folder."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        address = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        started.append(_start(folder, "master", "org.apache.spark.deploy.master.Master", *address))
        url = _logged(folder / "master.log", r"Starting Spark master at (spark://\S+)", started[-1])
        for number in range(n_workers):
            resources = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"work-{number}"))
            worker = "org.apache.spark.deploy.worker.Worker"
            started.append(_start(folder, f"worker-{number}", worker, *address, *resources, url))
        for number in range(n_workers):
            _logged(folder / f"worker-{number}.log", r"(Successfully registered) with master", started[number + 1])
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            _end(process)


def _start(folder: Path, name: str, *command: str) -> subprocess.Popen[Any]:
    environment = program_environment() | {"SPARK_DAEMON_MEMORY": "256m"}
    with open(folder / f"{name}.log", "wb") as log:
        return subprocess.Popen(
            [f"{environment['SPARK_HOME']}/bin/spark-class", *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
        )


def _end(process: subprocess.Popen[Any]) -> None:
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _logged(log: Path, pattern: str, process: subprocess.Popen[Any]) -> str:
    """Wait until a process has logged something; return the group of the pattern."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8", errors="replace")
        found = re.search(pattern, text)
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"{log.name} never said {pattern!r}:\n{log.read_text(encoding='utf-8', errors='replace')}")
