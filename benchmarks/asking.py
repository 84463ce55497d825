"""A script of a user, run by `client.py` with the Python of either client: ours and the official one are both `runregistry`.

Reads what to do as JSON from standard input, and writes how long it took, how much memory the process had, and a fingerprint of
the answers as JSON into a file, because the functions print. The work begins after the imports and ends with the answer.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from typing import Any

import runregistry
import runregistry.runregistry as module


def point_at(url: str, tokens: dict[str, str] | None) -> None:
    """Let the functions of either client ask a registry at some URL, with tokens of a sign-in service if there is one."""
    if tokens is None:
        module.setup("local")
        module.api_url = url
        return
    module.setup("production")
    module.api_url = url
    module.target_application = tokens["audience"]
    module.client_id, module.client_secret = tokens["client_id"], tokens["client_secret"]
    if hasattr(module, "get_api_token"):
        # The official client's only constant for it is the default of an argument.
        module.get_api_token.__defaults__ = (tokens["token_url"],)
    else:
        from dataclasses import replace

        usual = module._settings
        module._settings = lambda: replace(usual(), token_url=tokens["token_url"])


def runs(asked: dict[str, Any]) -> Any:
    """Ask for all runs, with the function that both clients have."""
    return runregistry.get_runs(filter={})


def lumisections(asked: dict[str, Any]) -> Any:
    """Ask for the lumisections of some runs, one after the other, with the function that both clients have."""
    return [runregistry.get_lumisections(number) for number in asked["run_numbers"]]


def client_runs(asked: dict[str, Any]) -> Any:
    """Ask for all runs with `Client`."""
    with runregistry.Client(asked["url"], **(asked["tokens"] or {})) as client:
        return client.runs()


def client_lumisections(asked: dict[str, Any]) -> Any:
    """Ask for the lumisections of some runs with `Client`, in one call."""
    with runregistry.Client(asked["url"], **(asked["tokens"] or {})) as client:
        return client.lumisections_of(asked["run_numbers"], progress=False)


def as_before(script: str, answer: Any) -> Any:
    """Return an answer of `Client` as the function that both clients have gives it."""
    if script == "client_runs":
        from runregistry.client.official import compress_run

        return [compress_run(row) for row in answer]
    return list(answer.values()) if script == "client_lumisections" else answer


def most_memory_mb() -> float | None:
    """Return the most memory that this process had, in MB (10⁶ bytes); None where the system does not say."""
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            # Not ru_maxrss, which begins with what the process had that started this one.
            return next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None


SCRIPTS = {
    "runs": runs,
    "lumisections": lumisections,
    "client_runs": client_runs,
    "client_lumisections": client_lumisections,
}


def main(into: str) -> None:
    """Do what standard input says."""
    asked = json.load(sys.stdin)
    work = SCRIPTS[asked["script"]]
    if hasattr(runregistry, "Client"):
        runregistry.Client("local").close()  # all that it needs is loaded then, as the official client's is when it is imported
    point_at(asked["url"], asked["tokens"])
    begun = time.perf_counter()
    answer = work(asked)
    seconds = time.perf_counter() - begun
    memory, whole = most_memory_mb(), time.time() - asked["begun"]
    text = json.dumps(as_before(asked["script"], answer), sort_keys=True).encode()
    found = {"seconds": seconds, "whole": whole, "memory_mb": memory, "fingerprint": hashlib.sha256(text).hexdigest()}
    with open(into, "w", encoding="utf-8") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main(sys.argv[1])
