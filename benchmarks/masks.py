"""Look-up of (run, lumisection) pairs in a golden JSON, against coffea's `LumiMask`; called by ``run.py --masks``.

Both get the same arrays, of unsigned 32-bit integers as CMS data has them, in processes of their own, which are alive together
and asked in turn. Memory is what the process grew by while it answered, beyond the answer itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from times import markdown, milliseconds

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "data" / "lumis" / "Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt"
N_PAIRS = 100_000_000
ROUNDS = 5
EVENTS_IN_A_ROW = 1_000
GOAL = 1.0

Say = Callable[[str], None]
# Everything before the loop is the same for both: what differs is where the mask comes from.
WORKER = """
import json, pathlib, sys, time, zlib
import numpy as np
def peak_kb():
    # Not getrusage: a process inherits the most memory that its parent had when it was made.
    status = pathlib.Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), None)
golden, runs, lumisections = sys.argv[1], np.load(sys.argv[2]), np.load(sys.argv[3])
begun = time.perf_counter()
if sys.argv[4] == "coffea":
    from coffea.lumi_tools import LumiMask
    mask = LumiMask(golden)
else:
    from runregistry import LumiMask
    mask = LumiMask.read(golden)
mask(runs[:10], lumisections[:10])
ready = time.perf_counter() - begun
before = peak_kb()
print(json.dumps({"ready": ready}), flush=True)
for line in sys.stdin:
    begun = time.perf_counter()
    answer = mask(runs, lumisections)
    took = time.perf_counter() - begun
    grown = None if before is None else (peak_kb() - before) / 1024 - answer.nbytes / 2**20
    said = {"took": took, "inside": int(answer.sum()), "checksum": zlib.crc32(np.ascontiguousarray(answer)), "grown_mb": grown}
    print(json.dumps(said), flush=True)
"""


class Order(NamedTuple):
    """How the pairs lie in the arrays."""

    what: str
    in_a_row: int


ORDERS = (Order("as in files: a run for a while", EVENTS_IN_A_ROW), Order("a run at random for each pair", 1))


class _Asked:
    """A process with a mask and the pairs."""

    def __init__(self, python: str, kind: str, golden: Path, arrays: tuple[Path, Path]) -> None:
        command = [python, "-W", "ignore", "-c", WORKER, str(golden), *map(str, arrays), kind]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = self._line()["ready"]
        self.said: list[dict[str, Any]] = []

    def ask(self) -> None:
        """Have all pairs looked up once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.said.append(self._line())

    def end(self) -> None:
        """Let the process end by itself."""
        self._process.communicate()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line: dict[str, Any] = json.loads(self._process.stdout.readline())
        return line

    @property
    def took(self) -> float:
        """Seconds, the median of all rounds."""
        return float(median(one["took"] for one in self.said))


def masks(say: Say) -> str:
    """Measure, and return a table."""
    sys.path.insert(0, str(ROOT))
    from tests.environments import python_of
    from tests.tool_environments import HOME, reason

    say("coffea is installed")
    if trouble := reason("coffea"):
        sys.exit(f"coffea can't be installed, so there is nothing to compare with: {trouble}")
    rows = []
    with tempfile.TemporaryDirectory(prefix="runregistry-benchmarks-") as folder:
        for order in ORDERS:
            say(f"{N_PAIRS:,} pairs, {order.what}")
            rows += _measured(order, str(python_of(HOME / "coffea")), Path(folder))
    header = ("what", "ours", "coffea", "times as fast", "goal")
    return markdown(header, rows)


def _measured(order: Order, coffea_python: str, folder: Path) -> list[tuple[str, ...]]:
    arrays = _make_pairs(order, folder)
    ours, theirs = _Asked(sys.executable, "ours", GOLDEN, arrays), _Asked(coffea_python, "coffea", GOLDEN, arrays)
    for each in (theirs, ours) * ROUNDS:
        each.ask()
    for each in (ours, theirs):
        each.end()
    answers = {(said["inside"], said["checksum"]) for each in (ours, theirs) for said in each.said}
    if len(answers) != 1:
        sys.exit(f"the two masks do not agree: {answers}")
    inside = next(iter(answers))[0] / N_PAIRS
    n_pairs = f"{N_PAIRS // 1_000_000} million pairs"
    return [
        (
            f"{n_pairs}, {order.what} ({inside:.0%} are in)",
            _seconds(ours.took),
            _seconds(theirs.took),
            f"{theirs.took / ours.took:.1f} ×",
            f"≥ {GOAL:.0f} ×",
        ),
        ("… memory beside the answer", *(_grown(each.said[0]["grown_mb"]) for each in (ours, theirs)), "", ""),
        ("… import, reading the JSON, first call", _seconds(ours.ready), _seconds(theirs.ready), "", ""),
    ]


def _make_pairs(order: Order, folder: Path) -> tuple[Path, Path]:
    """Write runs and lumisections, most of which are near those of the golden JSON."""
    random = np.random.default_rng(2018)
    golden = np.array(sorted(map(int, json.loads(GOLDEN.read_text(encoding="utf-8")))), np.uint32)
    others = np.arange(golden[0], golden[0] + len(golden) // 4, dtype=np.uint32)
    runs = np.repeat(random.choice(np.concatenate([golden, others]), N_PAIRS // order.in_a_row), order.in_a_row)
    lumisections = random.integers(1, 800, N_PAIRS, dtype=np.uint32)
    paths = folder / "runs.npy", folder / "lumisections.npy"
    for path, array in zip(paths, (runs, lumisections), strict=True):
        np.save(path, array)
    return paths


def _grown(megabytes: float | None) -> str:
    return "not known here" if megabytes is None else f"{max(0.0, megabytes):.1f} MB"


def _seconds(took: float) -> str:
    return f"{took:.2f} s" if took >= 1 else milliseconds(took)


if __name__ == "__main__":
    begun = time.perf_counter()
    print(masks(lambda what: print(f"… {what}", file=sys.stderr)))
    print(f"… {time.perf_counter() - begun:.0f} s", file=sys.stderr)
