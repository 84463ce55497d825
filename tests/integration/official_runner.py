"""Play calls with whatever `runregistry` the interpreter has, ours or the official client; a program, not a test.

Reads ``{"url": …, "calls": [[function, arguments], …], "egroups"?: …}`` from standard input, and writes one object a call to
standard output: ``{"answer"}`` or ``{"error", "text"}``, with ``printed`` and ``seconds``.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from typing import Any

import runregistry


def play(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    printed = io.StringIO()
    begun = time.monotonic()
    try:
        with contextlib.redirect_stdout(printed):
            outcome: dict[str, Any] = {"answer": getattr(runregistry, function)(**arguments)}
    except Exception as error:
        classes = [cls.__name__ for cls in type(error).__mro__]
        outcome = {"error": classes, "text": " ".join(map(str, error.args))}
    return outcome | {"printed": printed.getvalue(), "seconds": time.monotonic() - begun}


def sign_in(egroups: str) -> None:
    """Add the e-groups to each request, as the sign-in proxy in front of the service does."""
    headers = runregistry.runregistry._get_headers
    runregistry.runregistry._get_headers = lambda *args, **kwargs: {**headers(*args, **kwargs), "egroups": egroups}


def main() -> None:
    asked = json.load(sys.stdin)
    runregistry.setup("local")
    runregistry.runregistry.api_url = asked["url"]
    if "egroups" in asked:
        sign_in(asked["egroups"])
    json.dump([play(function, arguments) for function, arguments in asked["calls"]], sys.stdout)


if __name__ == "__main__":
    main()
