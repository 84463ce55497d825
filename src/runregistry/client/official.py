"""What the official functions do on top of the flows: the shape of their rows and answers, their notices, and their exceptions.

The old import paths hold signatures and print; everything else of them is here.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

import httpx2

from runregistry.client.session import Session
from runregistry.client.settings import Settings
from runregistry.errors import APIError, AuthenticationError, RunRegistryError, TooManyRunsError, TransportError

__all__ = ["Answers", "Changed", "PatchedSession", "as_official", "compress_dataset", "compress_run", "count_notices", "twin"]

_SLOW = 10_000
_NEEDS_FILTER = 20_000


def compress_run(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run with its RR attributes and its component summaries at the top level.

    Examples
    --------
    >>> compress_run({"run_number": 1, "oms_attributes": {}, "rr_attributes": {"class": "Cosmics24"},
    ...               "DatasetTripletCache": {"triplet_summary": {"dt-dt": {"GOOD": 3}}}})
    {'oms_attributes': {}, 'class': 'Cosmics24', 'lumisections': {'dt-dt': {'GOOD': 3}}, 'run_number': 1}
    """
    summary = run["DatasetTripletCache"]["triplet_summary"]
    row = {"oms_attributes": run["oms_attributes"], **run["rr_attributes"], "lumisections": summary, **run}
    del row["rr_attributes"], row["DatasetTripletCache"]
    return row


def compress_dataset(dataset: dict[str, Any]) -> dict[str, Any]:
    """Return a dataset with its run's RR attributes and its component summaries at the top level.

    Examples
    --------
    >>> compress_dataset({"run_number": 1, "name": "online", "Run": {"rr_attributes": {"class": "Cosmics24"}},
    ...                   "DatasetTripletCache": {"triplet_summary": {}}})
    {'class': 'Cosmics24', 'run_number': 1, 'name': 'online', 'lumisections': {}}
    """
    summary = dataset["DatasetTripletCache"]["triplet_summary"]
    row = {**dataset["Run"]["rr_attributes"], **dataset, "lumisections": summary}
    del row["DatasetTripletCache"], row["Run"]
    return row


def count_notices(rows: str, count: int, limit: int, has_filter: bool) -> Iterator[str]:
    """Yield what the official client prints about a long list.

    Raises
    ------
    TooManyRunsError
        So many rows are only given to who passes a filter, if an empty one.

    Examples
    --------
    >>> list(count_notices("runs", 12, 10, True))
    ['ALERT: 12 runs match, more runs than the limit(10): pass a greater limit to get_runs(limit=number) to get them all.']
    """
    function = f"get_{rows}"
    if count > limit:
        yield (
            f"ALERT: {count} {rows} match, more {rows} than the limit({limit}): "
            f"pass a greater limit to {function}(limit=number) to get them all."
        )
    if count > _SLOW:
        yield f"WARNING: fetching more than {_SLOW:,} {rows} takes a while, you probably want to pass a filter into {function}."
    if count > _NEEDS_FILTER and not has_filter:
        raise TooManyRunsError(
            f"ERROR: for more than {_NEEDS_FILTER:,} {rows} you must pass a filter into {function}; "
            f"an empty one works: {function}(filter={{}})"
        )


class _Response:
    """What release 1.x gave instead of an answer: the response, always a success here, because a refusal is raised."""

    status_code = 200
    ok = True

    @property
    def text(self) -> str:
        """The answer as JSON."""
        return json.dumps(self.json())

    def json(self) -> Any:
        """Return the answer."""
        raise NotImplementedError

    def raise_for_status(self) -> None:
        """Do nothing."""


class Changed(_Response, dict[str, Any]):
    """What the registry answers to one change."""

    def json(self) -> dict[str, Any]:
        """Return the answer."""
        return dict(self)


class Answers(_Response, list[Any]):
    """What the registry answers to changes, one a run, as release 3.x returns it; scripts for 1.x find their response in it.

    Examples
    --------
    >>> answers = Answers([{"run_number": 355100, "state": "SIGNOFF"}])
    >>> answers[0]["state"], answers.status_code, answers.text
    ('SIGNOFF', 200, '{"run_number": 355100, "state": "SIGNOFF"}')
    """

    def __init__(self, answers: Iterable[Any] = ()) -> None:
        super().__init__(Changed(answer) if isinstance(answer, dict) else answer for answer in answers)

    def json(self) -> Any:
        """Return the answer for the only run, or the list of all."""
        return self[0] if len(self) == 1 else list(self)


class _Headers(httpx2.Auth):
    def __init__(self, headers: Callable[[], Mapping[str, str]]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        request.headers.update(self._headers())
        yield request


class PatchedSession(Session):
    """The session of a script that has put functions of its own in the place of ``_get_token`` or ``_get_headers``.

    They are called for each request, as the official client does; what they return is what the registry gets.
    """

    def __init__(
        self, settings: Settings, transport: httpx2.BaseTransport | None, headers: Callable[[], Mapping[str, str]]
    ) -> None:
        self._put_on = _Headers(headers)
        super().__init__(settings, transport)

    def _connected(self) -> httpx2.Client:
        http = super()._connected()
        http.auth = self._put_on
        return http


def as_official(fault: RunRegistryError, refused: tuple[type[BaseException], ...] = ()) -> RunRegistryError:
    """Return a failure that the clauses of old scripts catch as well.

    The official client is built on requests, so scripts catch ``requests.exceptions``. ``refused`` is what else it raises where
    the registry refuses: `ValueError` of a read, `KeyError` where it looked for a key in the refusal.
    """
    if isinstance(fault, TransportError):
        return twin(fault, _json_classes() if isinstance(fault.__cause__, ValueError) else _requests_classes(fault.__cause__))
    if isinstance(fault, AuthenticationError):
        return twin(fault, _json_classes())
    if isinstance(fault, APIError) and refused:
        return twin(fault, refused if _is_json(fault.body) else _json_classes())
    return fault


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def twin(fault: RunRegistryError, also: Iterable[type[BaseException]]) -> RunRegistryError:
    """Return a failure with the same content that is an instance of other classes too.

    Examples
    --------
    >>> isinstance(twin(TransportError("cut"), (ValueError,)), ValueError)
    True
    """
    return _rebuild(type(fault), tuple(also), fault.args, vars(fault))


def _rebuild(
    own: type[RunRegistryError], also: tuple[type[BaseException], ...], args: tuple[Any, ...], state: dict[str, Any]
) -> RunRegistryError:
    made = _class(own, also)
    new = made.__new__(made, *args)
    new.args = args
    vars(new).update({**_FOREIGN, **state})
    return new


# What the foreign classes would have set in their own constructors.
_FOREIGN = {"response": None, "request": None, "msg": "", "doc": "", "pos": 0, "lineno": 1, "colno": 1}


def _class(own: type[RunRegistryError], also: tuple[type[BaseException], ...]) -> type[RunRegistryError]:
    def reduce(self: RunRegistryError) -> tuple[Any, ...]:
        return _rebuild, (own, also, self.args, {key: value for key, value in vars(self).items() if key not in _FOREIGN})

    return type(own.__name__, (own, *also), {"__module__": own.__module__, "__reduce__": reduce, "__str__": _text})


def _text(self: BaseException) -> str:
    return str(self.args[0]) if self.args else ""


def _json_classes() -> tuple[type[BaseException], ...]:
    """The class of requests for a body that is no JSON, a ValueError as well."""
    exceptions = _requests_exceptions()
    return (ValueError,) if exceptions is None else (exceptions.JSONDecodeError,)


def _requests_exceptions() -> Any:
    """Return the exceptions of requests, None where it is not installed: who catches them has it."""
    try:
        return import_module("requests.exceptions")
    except ImportError:
        return None


def _requests_classes(cause: BaseException | None) -> tuple[type[BaseException], ...]:
    exceptions = _requests_exceptions()
    if exceptions is None:  # those of Python are OSErrors too, as all of requests are
        return (TimeoutError if isinstance(cause, httpx2.TimeoutException) else ConnectionError,)
    if isinstance(cause, httpx2.ConnectError) and _is_about_tls(cause):
        return (exceptions.SSLError,)
    # Two classes where requests has one for a failure before the answer and another for one in the midst of it.
    cut = (exceptions.ChunkedEncodingError, exceptions.ConnectionError)
    late = (exceptions.ReadTimeout, exceptions.ConnectionError)
    table: tuple[tuple[type[BaseException], tuple[type[BaseException], ...]], ...] = (
        (httpx2.ConnectTimeout, (exceptions.ConnectTimeout,)),
        (httpx2.ReadTimeout, late),
        (httpx2.TimeoutException, (exceptions.Timeout, exceptions.ConnectionError)),
        (httpx2.ProxyError, (exceptions.ProxyError,)),
        (httpx2.UnsupportedProtocol, (exceptions.InvalidSchema,)),
        (httpx2.InvalidURL, (exceptions.InvalidURL,)),
        (httpx2.DecodingError, (exceptions.ContentDecodingError,)),
        (httpx2.ReadError, cut),
        (httpx2.RemoteProtocolError, cut),
        (httpx2.TransportError, (exceptions.ConnectionError,)),
    )
    return next((theirs for ours, theirs in table if isinstance(cause, ours)), (exceptions.RequestException,))


def _is_about_tls(fault: BaseException | None) -> bool:
    while fault is not None:
        if isinstance(fault, ssl.SSLError):
            return True
        fault = fault.__cause__ or fault.__context__
    return False
