"""Measure this package on this machine, print a table, and write it into benchmarks/README.md with what the machine is.

Where there is a reference, the ratio to it is what travels: absolute times hold for one machine only.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
LUMISECTIONS = HERE.parent / "demo-data" / "oms_lumisections_2018.csv.gz"
BEGIN, END = "<!-- last result: written by run.py -->", "<!-- end of the last result -->"
WHOLE_BEGIN, WHOLE_END = "<!-- last result of the whole service: written by run.py -->", "<!-- end of that result -->"
CLIENT_BEGIN, CLIENT_END = "<!-- last result of the client: written by run.py -->", "<!-- end of the client's result -->"
ENGINE_BEGIN, ENGINE_END = "<!-- last result of the engine: written by run.py -->", "<!-- end of the engine's result -->"
MASKS_BEGIN, MASKS_END = "<!-- last result of the masks: written by run.py -->", "<!-- end of the masks' result -->"
SCALE_BEGIN, SCALE_END = "<!-- last result of the scale: written by run.py -->", "<!-- end of the scale's result -->"
MIRROR_BEGIN, MIRROR_END = "<!-- last result of the mirror: written by run.py -->", "<!-- end of the mirror's result -->"
SIZES, SCALE_SIZES = (1_000, 100_000), (1_000, 10_000, 100_000)
MIRROR_SIZE = 10_000
PICTURE = HERE / "growth.svg"
OFFICIAL = "runregistry==3.1.2"
LIBRARIES = ("numpy", "msgspec", "sqlalchemy", "fastapi", "httpx2")
STARTS = 11


class Row(NamedTuple):
    """A line of the table; what is not there is empty."""

    what: str
    measured: str
    reference: str = ""
    ratio: str = ""


def measure(name: str, database: Path, *arguments: str) -> dict[str, Any]:
    """Run a measurement in a process of its own, on a registry."""
    answer = database.with_name(f"{name}.json")
    environment = {**os.environ, "RUNREGISTRY_DATABASE": str(database)}
    command = [sys.executable, str(HERE / "measures.py"), name, str(answer), *arguments]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    result: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    return result


def registry_rows(folder: Path) -> list[Row]:
    """Load real lumisections, ask for the runs, certify them."""
    database = folder / "registry.sqlite"
    # First, while this process is small: on Linux a process inherits the most memory that its parent had when it was made.
    loaded = measure("load", database, str(LUMISECTIONS))
    asked, certified, evaluated = (measure(name, database) for name in ("ask", "certify", "evaluate"))
    what = f"load {loaded['lumisections']:,} lumisections of {loaded['runs']} runs"
    peak = f"{loaded['peak_mb']:.0f} MB" if loaded["peak_mb"] is not None else "not known here"
    golden = f"golden JSON of {certified['runs']} runs, {certified['lumisections']:,} lumisections"
    return [
        Row(what, seconds(loaded["seconds"]), "goal < 10 s"),
        Row("… most memory", peak, "goal < 500 MB"),
        Row(f"`get_runs(filter={{}})`, embedded, {asked['runs']} runs, first call", seconds(asked["first"])),
        Row("… again", seconds(asked["seconds"]), "goal < 0.5 s"),
        Row(f"`create_json`, embedded, {golden}, first call", seconds(certified["first"])),
        Row("… again", seconds(certified["seconds"]), "goal < 0.1 s"),
        Row(
            f"its rule over {evaluated['lumisections']:,} lumisections, in columns of ranges",
            seconds(evaluated["seconds"]),
            f"one by one {seconds(evaluated['slow'])}",
            faster(evaluated["slow"], evaluated["seconds"]),
        ),
    ]


def import_rows(folder: Path) -> list[Row]:
    """Compare what an import costs with the official client, beyond the start of Python itself."""
    bare = start_times(sys.executable, "")
    ours = start_times(sys.executable, "import runregistry")
    used = start_times(sys.executable, "from runregistry import get_runs")
    try:
        official = official_python(folder)
    except subprocess.CalledProcessError as error:
        reference, last = [], (error.stderr or b"").decode().strip().rpartition("\n")[2]
        print(f"the official client can't be installed, so there is nothing to compare with: {last}", file=sys.stderr)
    else:
        reference = [each - median(start_times(official, "")) for each in start_times(official, "import runregistry")]
    said = f"official client 3.1.2 {seconds(reference)}" if reference else "official client not installed"
    return [
        Row(what, seconds(net), said, faster(reference, net) if reference else "")
        for what, net in (
            ("`import runregistry`", [each - median(bare) for each in ours]),
            ("`from runregistry import get_runs`", [each - median(bare) for each in used]),
        )
    ]


def start_times(python: str, code: str) -> list[float]:
    """Seconds from start to end of a Python that runs some code."""
    times = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        subprocess.run([python, "-c", code], check=True, cwd=HERE, capture_output=True)
        times.append(time.perf_counter() - begun)
    return times[1:]  # the first one fills the caches of the disk


def official_python(folder: Path) -> str:
    """Install the official client into an environment of its own, and return the environment's Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "official")], check=True, capture_output=True)
    python = str(folder / "official" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", OFFICIAL]
    subprocess.run(install, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return python


def seconds(times: Sequence[float]) -> str:
    """A duration: the median, in the unit that is read best."""
    middle = median(times)
    return f"{middle:.2f} s" if middle >= 1 else f"{max(middle, 0) * 1e3:.{1 if middle < 0.1 else 0}f} ms"


def faster(reference: Sequence[float], times: Sequence[float]) -> str:
    """How many times as fast as the reference."""
    ratio = median(reference) / max(median(times), 1e-4)
    return f"{ratio:.0f} ×" if ratio >= 10 else f"{ratio:.1f} ×"


def machine() -> str:
    """What was measured on, without any name of it."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    hardware = f"{cores()} cores of {cpu()}, {memory()}"
    return f"{hardware}; {platform.system()}, Python {platform.python_version()}, {libraries}"


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu() -> str:
    """The model of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def memory() -> str:
    """The size of the memory."""
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (AttributeError, ValueError):
        return "memory not known"


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown, which reads well in a terminal too."""
    lines = [Row("what", "median", "goal or reference", "times as fast"), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(Row._fields))]
    written = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in lines]
    return "\n".join([written[0], f"| {' | '.join('-' * width for width in widths)} |", *written[1:]])


def write(text: str, begin: str = BEGIN, end: str = END) -> None:
    """Put the result between markers of README.md."""
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{README} has lost its markers {begin} and {end}")
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def whole_service(sizes: Sequence[int]) -> str:
    """Measure the service on both databases; takes some minutes, and some GB of disk at 100,000 runs."""
    from whole import whole

    return load_average() + whole(sizes, say)


def growth(sizes: Sequence[int], n_edits: float, *, no_write: bool) -> str:
    """Measure how the registry grows, on both databases; takes twenty minutes, and 20 GB of disk at 100,000 runs."""
    from scale import scale

    return load_average() + scale(sizes, n_edits, say, None if no_write else PICTURE)


def mirror(n_runs: int) -> str:
    """Measure a mirror of a generated registry; takes some minutes at 10,000 runs."""
    from mirror import mirrored

    return load_average() + mirrored(n_runs, say)


def client() -> str:
    """Measure our client against the official one; takes some minutes, which the official one needs."""
    from client import against_official

    return load_average() + against_official(say)


def load_average() -> str:
    """How busy the machine was when it began."""
    return f"Load average before it began: {os.getloadavg()[0]:.1f}.\n\n" if hasattr(os, "getloadavg") else ""


def say(what: str) -> None:
    """Tell what is measured now, apart from the result."""
    print(f"… {what}", file=sys.stderr, flush=True)


def engine() -> str:
    """Measure the engine on a generated year; takes some minutes."""
    from engine import engine_table

    with tempfile.TemporaryDirectory(prefix="runregistry-benchmarks-") as folder:
        return engine_table(Path(folder))


def masks() -> str:
    """Measure the look-up of many pairs against coffea's; takes some minutes, and 3 GB of memory."""
    from masks import masks

    return load_average() + masks(say)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-write", action="store_true", help="leave benchmarks/README.md as it is")
    parser.add_argument("--whole", action="store_true", help="measure the whole service instead, on SQLite and PostgreSQL")
    parser.add_argument("--client", action="store_true", help="measure our client against the official one instead")
    parser.add_argument("--engine", action="store_true", help="measure the rules engine instead, on a year of lumisections")
    parser.add_argument("--masks", action="store_true", help="measure the look-up of 100 million pairs instead, against coffea")
    parser.add_argument("--scale", action="store_true", help="measure how the registry grows instead, on SQLite and PostgreSQL")
    parser.add_argument("--mirror", action="store_true", help="measure a mirror instead, made over a road that is 20 ms long")
    parser.add_argument("--runs", type=int, nargs="+", help="sizes of the registries of --whole, --scale and --mirror")
    parser.add_argument("--edits", type=float, default=1.0, help="--scale: how often shifters edited a dataset, in the mean")
    arguments = parser.parse_args()
    if arguments.scale:
        result = growth(arguments.runs or SCALE_SIZES, arguments.edits, no_write=arguments.no_write)
        finish(result, arguments.no_write, SCALE_BEGIN, SCALE_END)
        return
    if arguments.whole:
        finish(whole_service(arguments.runs or SIZES), arguments.no_write, WHOLE_BEGIN, WHOLE_END)
        return
    if arguments.mirror:
        finish(mirror((arguments.runs or [MIRROR_SIZE])[0]), arguments.no_write, MIRROR_BEGIN, MIRROR_END)
        return
    if arguments.client:
        finish(client(), arguments.no_write, CLIENT_BEGIN, CLIENT_END)
        return
    if arguments.engine:
        finish(engine(), arguments.no_write, ENGINE_BEGIN, ENGINE_END)
        return
    if arguments.masks:
        finish(masks(), arguments.no_write, MASKS_BEGIN, MASKS_END)
        return
    with tempfile.TemporaryDirectory(prefix="runregistry-benchmarks-") as folder:
        rows = [*registry_rows(Path(folder)), *import_rows(Path(folder))]
    finish(table(rows), arguments.no_write, BEGIN, END)


def finish(result: str, no_write: bool, begin: str, end: str) -> None:
    """Print a result with what it was measured on, and write it down."""
    text = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, {machine()}.\n\n{result}"
    print(text)
    if not no_write:
        write(text, begin, end)


if __name__ == "__main__":
    main()
