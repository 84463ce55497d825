"""Pause the garbage collector while a long list is built: it would walk through the rows again and again, and free nothing."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["paused_collector"]

_MANY = 10_000  # objects

_lock = threading.Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the collector; with several threads inside, the last one out starts it again, if it ran before.

    Examples
    --------
    >>> with paused_collector():
    ...     gc.isenabled()
    False
    """
    global _pauses, _was_enabled
    with _lock:
        if _pauses == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                _age()
                gc.enable()


def _age() -> None:
    """Put many new objects among the old ones, or the next thing that is made has the collector walk through all of them.

    For a list of 1,000 runs that takes as long as half of its decoding. What somebody froze stays frozen.
    """
    if gc.get_count()[0] > _MANY and gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
