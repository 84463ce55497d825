"""Questions to the remote registry: at the pace that is allowed, a few at the same time, each failure for itself."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from runregistry.client.answers import Answer, read_json
from runregistry.client.calls import Batch, Call
from runregistry.client.session import Session
from runregistry.errors import RunRegistryError, TransportError
from runregistry.mirror.pace import Pace
from runregistry.wire import ROUTES

__all__ = ["Asker", "query_call"]


class Asker:
    """Asks a registry.

    Parameters
    ----------
    session : Session
        Of the remote registry.
    pace : Pace
        How fast it may be asked.
    """

    def __init__(self, session: Session, pace: Pace) -> None:
        self._session = session
        self.pace = pace
        self.in_flight = max(session.settings.in_flight, 1)

    @property
    def name(self) -> str:
        """Where the remote registry is, without what might be a secret."""
        parts = urlsplit(self._session.settings.base_url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def ask(self, one: Call) -> Any:
        """Ask one question, and return what was read from the answer."""
        self.pace.take(1)
        return self._session.run(_single(one))

    def ask_all(self, calls: Sequence[Call]) -> list[Any]:
        """Ask several questions, and return what was read from the answers, in their order.

        Raises
        ------
        RunRegistryError
            The first failure.
        """
        answers = self.ask_each(calls)
        for answer in answers:
            if isinstance(answer, RunRegistryError):
                raise answer
        return answers

    def ask_each(self, calls: Sequence[Call]) -> list[Any]:
        """Ask several questions, and return what was read from each answer, or the failure."""
        answers: list[Any] = [TransportError("it was not asked")] * len(calls)
        # Without a limit the session itself sees to it that only a few are under way.
        size = self.in_flight if self.pace.is_limited else max(len(calls), 1)
        for start in range(0, len(calls), size):
            window = calls[start : start + size]
            self.pace.take(len(window))

            def keep(number: int, outcome: Any, start: int = start) -> None:
                answers[start + number] = outcome

            self._session.run(_several(window, keep))
        return answers


def query_call(route_name: str, query: str, *, read: Callable[[Answer], Any] = read_json) -> Call:
    """Return the call of an endpoint with something behind the question mark."""
    route = ROUTES[route_name]
    return Call(route, f"{route.url()}?{query}", None, read)


def _single(one: Call) -> Generator[Sequence[Call], list[Any], Any]:
    (answer,) = yield [one]
    return answer


def _several(calls: Sequence[Call], keep: Callable[[int, Any], None]) -> Generator[Batch, list[Any], None]:
    yield Batch(calls, keep)
