"""Environments beside our own, for what ours is compared with: each installed once from the package index.

They lie beside the source in folders that git ignores. Tests make what is missing themselves; ``python -m tests.environments``
makes all of them at the same time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

__all__ = ["install", "python_of"]


def python_of(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@cache
def install(folder: Path, needed: tuple[str, ...], alone: tuple[str, ...], check: str) -> str:
    """Make an environment if there is none; tried once by each test process.

    Parameters
    ----------
    folder : Path
        Where it is.
    needed, alone : tuple of str
        Packages that are installed with all that they need, and then those that are installed without: a framework's is some
        hundred MB more than the part that is compared.
    check : str
        A program that must run in it.

    Returns
    -------
    str
        Why it can't be made; else nothing.
    """
    if python_of(folder).exists():
        return ""
    folder.parent.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        reason = _fill(made, needed, alone, check)
        if not reason:
            made.rename(folder)  # at once, so that an interrupted installation is never taken for a whole one
        return reason
    except OSError as fault:
        # Perhaps a test process beside this one was faster.
        return "" if python_of(folder).exists() else str(fault)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _fill(folder: Path, needed: Sequence[str], alone: Sequence[str], check: str) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = str(python_of(folder))
    # Compiling everything that is installed takes longer than compiling the few modules that are imported.
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", "--retries", "1", "--no-compile"]
    commands = [[*pip, *needed], *([[*pip, "--no-deps", *alone]] if alone else []), [python, "-W", "ignore", "-c", check]]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder)
        if done.returncode != 0:
            return (done.stderr.strip() or "nothing was said").splitlines()[-1]
    return ""


def _all() -> Iterator[tuple[str, str]]:
    from tests import official_clients, tool_environments

    with ThreadPoolExecutor(3) as pool:
        reasons = [
            *(
                (f"official client {release}", pool.submit(official_clients.reason, release))
                for release in official_clients.RELEASES
            ),
            *((name, pool.submit(tool_environments.reason, name)) for name in tool_environments.TOOLS),
        ]
        yield from ((what, reason.result()) for what, reason in reasons)


def main() -> None:
    """Make all environments, and tell which can't be made."""
    begin = time.monotonic()
    for what, reason in _all():
        if reason:
            print(f"tests will be skipped: {what} can't be installed from the package index: {reason}", flush=True)
    print(f"what ours is compared with is there, after {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
