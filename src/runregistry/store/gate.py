"""Commit or give up, whichever is first: so that a request which was answered as too slow is never carried out after all.

Whoever waits for a change in another thread opens a gate for it. A transaction passes the gate right before it commits; once the
gate is closed it can't, and is rolled back. Both ask under one lock, so that they never disagree about what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from runregistry.errors import StoreConflict

__all__ = ["Gate", "gated", "pass_gate"]


class Gate:
    """Decides once whether what is being done may still be committed.

    Examples
    --------
    >>> gate = Gate()
    >>> gate.pass_through()
    >>> gate.close()
    False
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._passed = False
        self._closed = False

    def close(self) -> bool:
        """Give up: True if nothing was committed, and nothing will be; False if it is too late for that."""
        with self._lock:
            self._closed = not self._passed
            return self._closed

    def pass_through(self) -> None:
        """Commit from here on.

        Raises
        ------
        StoreConflict
            Nobody waits for this change any more.
        """
        with self._lock:
            if self._closed:
                raise StoreConflict("this took longer than the registry allows; nothing was stored")
            self._passed = True


_gate: ContextVar[Gate | None] = ContextVar("runregistry_gate", default=None)


@contextmanager
def gated(gate: Gate) -> Iterator[None]:
    """Have every transaction of this context pass a gate before it commits."""
    token = _gate.set(gate)
    try:
        yield
    finally:
        _gate.reset(token)


def pass_gate() -> None:
    """Pass the gate of this context, if there is one; called right before a commit."""
    gate = _gate.get()
    if gate is not None:
        gate.pass_through()
