"""A server that does nothing: every request is answered with the same bytes, those of the file that is named."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn

from runregistry.server.serve import listen

ANSWER = Path(sys.argv[1]).read_bytes()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


with listen("127.0.0.1", 0) as opened:
    print(f"http://127.0.0.1:{opened.getsockname()[1]}", file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off")).run(sockets=[opened])
