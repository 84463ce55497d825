"""Taking turns: a lock that is given to whoever asked first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident

from runregistry.errors import StoreConflict, StoreError

__all__ = ["Turns"]


class Turns:
    """A lock for the one connection of a registry in memory.

    A plain lock goes to whoever is quickest, so that a thread that reads without pause would keep a writer out for ever.

    Parameters
    ----------
    timeout_s : float
        How long to wait for a turn.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()
        self._holder: int | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and give it on at the end of the block.

        Raises
        ------
        StoreConflict
            Someone else had it for too long.
        StoreError
            This thread has it already: it would wait for itself.
        """
        self._take()
        try:
            yield
        finally:
            self._give_on()

    def _take(self) -> None:
        me = get_ident()
        with self._lock:
            if self._holder == me:
                raise StoreError("a registry in memory has one connection, and this thread is using it; read from that one")
            if self._holder is None:
                self._holder = me
                return
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
        if not gate.acquire(timeout=self._timeout_s):
            with self._lock:
                if gate in self._waiting:
                    self._waiting.remove(gate)
                    raise StoreConflict("the registry in memory was busy for too long; nothing was stored, try again")
        self._holder = me  # the turn was handed over

    def _give_on(self) -> None:
        with self._lock:
            self._holder = -1 if self._waiting else None  # -1: on its way to the next
            if self._waiting:
                self._waiting.popleft().release()
