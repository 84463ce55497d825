"""OMS and its sign-in service, played by a server on this machine: with pages, tokens, and every kind of trouble.

Trouble is set up for the next requests that match, e.g. ``double.trouble.append(Trouble("lumisections", status=500))``.
"""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from runregistry.server.oms import OMSSettings

WORLD = Path(__file__).parent.parent / "data" / "conformance" / "world-1"
CLIENT_ID, SECRET = "registry", "not-to-be-seen"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


class Trouble:
    """What goes wrong with requests whose target contains a text.

    Parameters
    ----------
    where : str
        A part of the target, decoded: ``runs``, ``lumisections``, ``run_number]=355100``, ``token``.
    times : int
        How many requests it befalls.
    status, body, kind : int, bytes, str
        The answer instead of the right one.
    pause_s : float
        How long the answer is kept back; it is the right one if there is no other trouble.
    cut : bool
        Whether the connection ends in the middle of the right answer.
    drip_s : float
        Pause between single bytes of the right answer.
    without : str
        A key that the right answer lacks.
    """

    def __init__(self, where: str, *, times: int = 1000, status: int = 0, body: bytes = b"", **more: Any) -> None:
        self.where, self.times, self.status, self.body = where, times, status, body
        self.kind: str = more.pop("kind", "application/json")
        self.pause_s: float = more.pop("pause_s", 0.0)
        self.cut: bool = more.pop("cut", False)
        self.drip_s: float = more.pop("drip_s", 0.0)
        self.without: str = more.pop("without", "")
        assert not more, f"no such trouble: {more}"


class OMSDouble:
    """What the double knows, and what it was asked.

    Attributes
    ----------
    runs : dict of int to dict
        Attributes of runs.
    lumisections : dict of int to list of dict
        Attributes of their lumisections.
    page_limit : int or None
        The most rows of a page, whatever is asked for.
    tells : str
        How the last page is told: ``total``, ``next``, or ``nothing``.
    knows_offset : bool
        Whether ``page[offset]`` is understood.
    wants_token : bool
        Whether requests without a good token are refused.
    token_life_s : float
        What the sign-in service says of its tokens.
    asked : list of str
        Targets of the requests, decoded, in order.
    """

    def __init__(self, runs: Mapping[int, dict[str, Any]], lumisections: Mapping[int, Sequence[dict[str, Any]]]) -> None:
        self.runs = dict(runs)
        self.lumisections = {number: list(rows) for number, rows in lumisections.items()}
        self.page_limit: int | None = None
        self.tells = "total"
        self.knows_offset = True
        self.wants_token = False
        self.token_life_s: float = 300
        self.trouble: list[Trouble] = []
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.good_tokens: set[str] = set()
        self.url = ""
        self._lock = threading.Lock()

    def settings(self, **more: Any) -> OMSSettings:
        """How to reach it; patient for a moment only, and never polled by itself."""
        token_url = f"{self.url}/token" if self.wants_token else None
        ours = OMSSettings(f"{self.url}/agg/api/v1", token_url, CLIENT_ID, SECRET, interval_s=0.0, timeout_s=2.0, attempts=2)
        return ours._replace(**more)

    def put(self, run_number: int, n_lumisections: int, **attributes: Any) -> None:
        """Make or change a run: collisions with everything on, unless the attributes say otherwise."""
        lumisection = dict.fromkeys(("beam1_present", "beam2_present", "beam1_stable", "beam2_stable", "dt0_ready"), True)
        old = self.runs.get(run_number, {"run_number": run_number, "components": ["DT"], "hlt_key": "/cdaq/physics/Run2018/x"})
        self.runs[run_number] = old | attributes
        self.lumisections[run_number] = [
            {"run_number": run_number, "lumisection_number": number} | lumisection for number in range(1, n_lumisections + 1)
        ]

    def next_trouble(self, target: str) -> Trouble | None:
        """Take the trouble that befalls a request."""
        with self._lock:
            self.asked.append(target)
            for trouble in self.trouble:
                if trouble.where in target and trouble.times > 0:
                    trouble.times -= 1
                    return trouble
        return None

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The right answer to a question."""
        kind = path.rpartition("/")[2]
        wanted = query.get("filter[run_number]")
        if kind == "runs" and wanted is not None:
            rows: list[dict[str, Any]] = [self.runs[int(wanted)]] if int(wanted) in self.runs else []
        elif kind == "runs" and query.get("sort") == "-last_update":
            rows = sorted(self.runs.values(), key=lambda run: (run.get("last_update") or "", run["run_number"]), reverse=True)
        elif kind == "lumisections" and wanted is not None:
            rows = list(self.lumisections.get(int(wanted), []))
        else:
            return 404, {"errors": [{"detail": f"no {path}"}]}
        return 200, self._page(kind, rows, query)

    def _page(self, kind: str, rows: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
        limit = min(int(query.get("page[limit]", 10)), self.page_limit or 100_000)
        offset = int(query.get("page[offset]", 0)) if self.knows_offset else 0
        page = rows[offset : offset + limit]
        document: dict[str, Any] = {"data": [{"type": kind, "attributes": row} for row in page]}
        if self.tells == "total":
            document["meta"] = {"totalResourceCount": len(rows)}
        if self.tells == "next":
            document["links"] = {"next": f"{self.url}/next" if offset + limit < len(rows) else None}
        return document

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Answer the sign-in service's form: first a token that is good for nothing but its exchange."""
        self.forms.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, SECRET):
            return 401, {"error": "unauthorized_client", "error_description": "Invalid client secret"}
        if form.get("grant_type") == _EXCHANGE and not form.get("subject_token", "").startswith("first-"):
            return 400, {"error": "invalid_request"}
        token = f"{'oms' if form.get('grant_type') == _EXCHANGE else 'first'}-{len(self.forms)}"
        self.good_tokens.add(token)
        return 200, {"access_token": token, "expires_in": self.token_life_s, "token_type": "Bearer"}


class _Handler(BaseHTTPRequestHandler):
    double: OMSDouble
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: two small ones would wait for each other

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        target = f"{parts.path}?{'&'.join(f'{key}={value}' for key, value in query.items())}"
        trouble = self.double.next_trouble(target)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.double.wants_token and not (token.startswith("oms-") and token in self.double.good_tokens):
            self._send(401, json.dumps({"message": "Unauthorized"}).encode())
            return
        self._answer(*self.double.answer(parts.path, query), trouble)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trouble = self.double.next_trouble(self.path)
        form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        self._answer(*self.double.token(form), trouble)

    def _answer(self, status: int, document: dict[str, Any], trouble: Trouble | None) -> None:
        if trouble is None:
            self._send(status, json.dumps(document).encode())
            return
        time.sleep(trouble.pause_s)
        if trouble.without:
            document = {key: value for key, value in document.items() if key != trouble.without}
        raw = trouble.body if trouble.status else json.dumps(document).encode()
        self._send(trouble.status or status, raw, kind=trouble.kind, cut=trouble.cut, drip_s=trouble.drip_s)

    def _send(self, status: int, raw: bytes, *, kind: str = "application/json", cut: bool = False, drip_s: float = 0.0) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if cut:
                self.wfile.write(raw[: len(raw) // 2])
                self.close_connection = True
            elif drip_s:
                for position in range(len(raw)):
                    self.wfile.write(raw[position : position + 1])
                    self.wfile.flush()
                    time.sleep(drip_s)
            else:
                self.wfile.write(raw)
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # the client had no patience

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(double: OMSDouble) -> Iterator[OMSDouble]:
    """Serve a double on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    server.daemon_threads = True
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def oms_double_for_world(world: Path = WORLD) -> Iterator[OMSDouble]:
    """Serve the answers that OMS gave while a world was recorded; ``double.settings()`` leads a registry to them."""
    with gzip.open(world / "oms_answers.json.gz", "rt", encoding="utf-8") as stream:
        answers = json.load(stream)
    runs = {int(number): attributes for number, attributes in answers["runs"].items()}
    with serving(OMSDouble(runs, {int(number): rows for number, rows in answers["lumisections"].items()})) as double:
        yield double


@contextmanager
def oms_double() -> Iterator[OMSDouble]:
    """Serve a double that knows no run yet."""
    with serving(OMSDouble({}, {})) as double:
        yield double
