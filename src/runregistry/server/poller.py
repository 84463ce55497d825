"""Threads that look at something outside again and again. Of several processes on one database one looks; another takes over."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from abc import ABC, abstractmethod

from runregistry.errors import RunRegistryError
from runregistry.store import Store

__all__ = ["Poller", "holder_name"]

logger = logging.getLogger(__name__)


def holder_name() -> str:
    """Return a name for who holds a lease: machine and process, and different at each call."""
    return f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Poller(ABC):
    """Looks at something again and again, in a thread, while it is this process's turn.

    Parameters
    ----------
    store : Store
        Where what was seen is written, and whose turn it is.
    lease : str
        Names the turn in the database.
    what : str
        What is looked at, in what is logged.
    interval_s : float
        Seconds from one look to the next.
    grace_s : float
        How much longer than to its next look a process keeps its turn.
    first_look_s : float
        Seconds to wait before the first look.
    """

    def __init__(self, store: Store, lease: str, what: str, interval_s: float, grace_s: float, first_look_s: float = 0.0) -> None:
        self._store = store
        self._lease = lease
        self._what = what
        self._interval_s = interval_s
        self._grace_s = grace_s
        self._first_look_s = first_look_s
        self._name = holder_name()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._succeeded_at = time.monotonic()
        self._renewed_at = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def age_s(self) -> float:
        """Seconds since a look succeeded, here or in the process whose turn it is; at first, since the start."""
        return time.monotonic() - self._succeeded_at

    def start(self) -> None:
        """Start the thread; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name=f"runregistry-{self._lease.replace(' ', '-')}", daemon=True)
            self._thread.start()

    def stop(self, patience_s: float | None = None) -> None:
        """End the thread.

        Parameters
        ----------
        patience_s : float or None
            How long a look that is under way may take; then it is left to itself. None waits for its end.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience_s)
            self._thread = None

    @abstractmethod
    def look(self) -> bool:
        """Look once, if it is this process's turn; return whether that is enough for now."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what was needed to look; called once, when the thread ends."""

    def take_turn(self) -> bool:
        """Take or keep the turn until some time after the next look; False if another process has it."""
        with self._store.changing() as connection:
            taken = self._store.leases.take(connection, self._lease, self._name, self._interval_s + self._grace_s)
        if taken:
            self._renewed_at = time.monotonic()
        return taken

    def may_go_on(self) -> bool:
        """Tell whether a long look is to go on: nobody asked for the end, and it still is this process's turn."""
        if self._stopping.is_set():
            return False
        # Renewing with every step would make a transaction more for each.
        return time.monotonic() - self._renewed_at < self._grace_s / 4 or self.take_turn()

    def succeeded(self) -> None:
        """Take note that a look succeeded, here or in the process whose turn it is."""
        self._succeeded_at = time.monotonic()

    def _loop(self) -> None:
        self._stopping.wait(self._first_look_s)
        while not self._stopping.is_set():
            self._stopping.wait(self._interval_s if self._look() else 0.0)
        self.close()
        self._give_turn_back()

    def _look(self) -> bool:
        try:
            return self.look()
        except RunRegistryError as error:
            logger.error("%s could not be looked at: %s", self._what, error)
        except Exception:  # whatever goes wrong, the registry goes on looking
            logger.exception("a look at %s failed", self._what)
        return True

    def _give_turn_back(self) -> None:
        try:
            with self._store.changing() as connection:
                self._store.leases.give_back(connection, self._lease, self._name)
        except RunRegistryError as error:
            logger.warning("the turn to look at %s could not be given back, it ends by itself: %s", self._what, error)
