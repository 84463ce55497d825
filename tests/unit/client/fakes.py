"""A small registry that answers from memory: one function, used as a transport or behind a real socket."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

from runregistry.client.settings import RetryPolicy

QUICK = RetryPolicy(first_pause_s=0.0)
TOKEN_URL = "https://sso.example.org/token"


def run_row(run_number: int) -> dict[str, Any]:
    """A run as on the wire."""
    return {
        "run_number": run_number,
        "oms_attributes": {"run_number": run_number, "energy": 6800},
        "rr_attributes": {"class": "Collisions24", "state": "OPEN"},
        "version": run_number * 2,
        "deleted": False,
        "DatasetTripletCache": {"triplet_summary": {"dt-dt": {"GOOD": 3, "EMPTY": 0}}},
    }


def dataset_row(run_number: int, name: str) -> dict[str, Any]:
    """A dataset as on the wire."""
    return {
        "run_number": run_number,
        "name": name,
        "dataset_attributes": {"global_state": "OPEN"},
        "version": run_number,
        "deleted": False,
        "Run": {"rr_attributes": {"class": "Collisions24"}, "oms_attributes": {"energy": 6800}},
        "DatasetTripletCache": {"triplet_summary": {"dt-dt": {"BAD": 1}}, "dcs_summary": {}},
    }


def answer(status: int = 200, document: Any = None, **headers: str) -> httpx2.Response:
    """A JSON answer."""
    return httpx2.Response(status, json=document, headers=headers)


class FakeRegistry:
    """Serves lists page by page, and whatever else is scripted.

    ``script[path]`` holds answers to give, one a request; the last one stays. An exception among them is raised. ``before_page``
    is called with each page number before it is cut out of the list.
    """

    def __init__(self, runs: int = 0) -> None:
        self.runs = [run_row(number) for number in range(runs, 0, -1)]
        self.datasets: list[dict[str, Any]] = []
        self.asked: list[httpx2.Request] = []
        self.script: dict[str, list[Any]] = defaultdict(list)
        self.before_page: Callable[[int], None] = lambda page: None
        self.tokens = 0
        self.running = self.most_running = 0
        self._lock = threading.Lock()

    def bodies(self, path: str) -> list[Any]:
        """What was sent to a path, decoded."""
        return [json.loads(request.content) for request in self.asked if request.url.path == path]

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        with self._lock:  # a copy, because a renewed token is put on the same request
            self.asked.append(httpx2.Request(request.method, request.url, headers=request.headers, content=request.content))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        try:
            return self._answer(request)
        finally:
            with self._lock:
                self.running -= 1

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if str(request.url) == TOKEN_URL and not self.script["/token"]:
            self.tokens += 1
            return answer(200, {"access_token": f"token-{self.tokens}", "expires_in": 1200, "token_type": "Bearer"})
        scripted = self.script[request.url.path]
        if scripted:
            wanted = scripted.pop(0) if len(scripted) > 1 else scripted[0]
            wanted = wanted(request) if callable(wanted) else wanted
            if isinstance(wanted, Exception):
                raise wanted
            return httpx2.Response(wanted.status_code, headers=wanted.headers, content=wanted.content)
        if request.url.path.endswith("_filtered_ordered"):
            return self._page(request)
        return httpx2.Response(404, text=f"<html><pre>Cannot {request.method} {request.url.path}</pre></html>")

    def _page(self, request: httpx2.Request) -> httpx2.Response:
        name = "runs" if "runs" in request.url.path else "datasets"
        body = json.loads(request.content)
        page, size = body["page"], body["page_size"]
        self.before_page(page)
        rows = self.runs if name == "runs" else self.datasets
        return answer(200, {name: rows[page * size :][:size], "pages": -(-len(rows) // size), "count": len(rows)})

    @contextmanager
    def on_a_socket(self) -> Iterator[str]:
        """Serve on a loopback port; the context is the URL."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                url = f"http://{self.headers['host']}{self.path}"
                made = fake(httpx2.Request(self.command, url, headers=dict(self.headers), content=content))
                self.send_response(made.status_code)
                for key, value in made.headers.items():
                    if key.lower() != "content-length":
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(made.content)))
                self.end_headers()
                self.wfile.write(made.content)

            do_GET = do_POST = do_PUT = _serve

            def log_message(self, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
