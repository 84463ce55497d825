"""The DQM GUI, played by a server on this machine: it lists samples, and has trouble when it is told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runregistry.server.dqm_gui_poller import DQMGUISettings


class DQMGUIDouble:
    """What the GUI has, and how it answers.

    Attributes
    ----------
    items : list of dict
        Its samples of data: ``run`` (a text) and ``dataset``.
    status : int
        Of its answers.
    body : bytes or None
        Instead of the right answer.
    cut : bool
        Whether the connection ends in the middle of the answer.
    drip_s : float
        Pause between single bytes of the answer.
    asked : list of str
        Paths of the requests.
    """

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.status = 200
        self.body: bytes | None = None
        self.cut = False
        self.drip_s = 0.0
        self.asked: list[str] = []
        self.url = ""

    def put(self, run_number: int, *names: str) -> None:
        """Let datasets appear."""
        self.items += [{"type": "offline_data", "run": str(run_number), "dataset": name} for name in names]

    def settings(self, **more: Any) -> DQMGUISettings:
        """How to reach it; patient for a moment only."""
        return DQMGUISettings(f"{self.url}/dqm/offline/data/json/samples?match=*.", timeout_s=1.0)._replace(**more)

    def answer(self) -> bytes:
        """Return what is sent."""
        simulated = {"type": "relval_mc", "items": [{"run": "1", "dataset": "/RelVal/Run2022C-PromptReco-v1/DQMIO"}]}
        right = {"samples": [{"type": "offline_data", "items": self.items}, simulated]}
        return json.dumps(right).encode() if self.body is None else self.body


@contextmanager
def dqm_gui_double() -> Iterator[DQMGUIDouble]:
    """Serve a double while the block runs."""
    double = DQMGUIDouble()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            double.asked.append(self.path)
            body = double.answer()
            self.send_response(double.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # who asked may have lost patience
                self._send(body)

        def _send(self, body: bytes) -> None:
            if double.drip_s:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(double.drip_s)
            else:
                self.wfile.write(body[: len(body) // 2] if double.cut else body)
            self.close_connection = double.cut

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
