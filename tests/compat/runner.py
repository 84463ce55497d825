"""Run scripts with whatever `runregistry` the interpreter has, ours or the official client; a program, not a test.

Reads ``{"url": …, "egroups": …, "scripts": [path, …]}`` from standard input, and writes one object a script to standard output:
``{"result", "printed"}`` or ``{"error"}``. The scripts run as they are, one after the other in this process; only the URL of the
local registry is another. Without a URL it is the mirror that ``RUNREGISTRY_MIRROR`` names, and there is no network.
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import socket
import sys
import traceback
from typing import Any

import requests

import runregistry
import runregistry.runregistry as module


def put_registry_at(url: str) -> None:
    """Let the target ``local`` be a registry at some URL, which 1.1.0 asks without a token too."""
    official = module.setup

    def setup(target: str) -> None:
        official(target)
        if target == "local":
            module.api_url = url

    module.setup = runregistry.setup = setup
    if hasattr(module, "get_with_token"):
        module.get_api_token = lambda **kwargs: ("", None)
        module.get_with_token = lambda url, **kwargs: requests.get(url, headers=module._get_headers())


def put_mirror_there() -> None:
    """Let the target ``local`` be the mirror, and let nothing get out of this process."""

    def refuse(*args: Any) -> None:
        raise OSError("there is no network")

    socket.socket.connect = socket.getaddrinfo = refuse
    official = module.setup

    def setup(target: str) -> None:
        official("mirror" if target == "local" else target)

    module.setup = runregistry.setup = setup


def sign_in(egroups: str) -> None:
    """Add the e-groups to each request, as the sign-in proxy in front of the service does."""
    official = module._get_headers
    module._get_headers = lambda *args, **kwargs: {**official(*args, **kwargs), "egroups": egroups}


def play(path: str) -> dict[str, Any]:
    printed = io.StringIO()
    module.setup("local")
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(path, run_name="__main__")
    except BaseException:
        return {"error": traceback.format_exc(), "printed": printed.getvalue()}
    *lines, last = printed.getvalue().splitlines()
    return {"result": json.loads(last), "printed": lines}


def main() -> None:
    asked = json.load(sys.stdin)
    if asked["url"]:
        put_registry_at(asked["url"])
    else:
        put_mirror_there()
    if asked["egroups"]:
        sign_in(asked["egroups"])
    json.dump([play(path) for path in asked["scripts"]], sys.stdout)


if __name__ == "__main__":
    main()
