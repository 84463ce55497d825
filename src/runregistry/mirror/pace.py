"""How fast a remote registry may be asked, and when: others work with it too."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as clock_time

from runregistry.errors import UsageError

__all__ = ["Pace", "parse_night", "parse_rate"]

_RATE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*(s|min|h))?\s*")
_NIGHT = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")
_SECONDS = {"s": 1, "min": 60, "h": 3600}

Night = tuple[clock_time, clock_time]


def parse_rate(text: str) -> float:
    """Read how many requests a second are allowed.

    Examples
    --------
    >>> parse_rate("5/s"), parse_rate("30/min"), parse_rate("2.5")
    (5.0, 0.5, 2.5)
    """
    found = _RATE.fullmatch(text)
    if found is None or float(found[1]) <= 0:
        raise UsageError(f"a rate is written 5/s, 30/min or 500/h, not {text!r}")
    return float(found[1]) / _SECONDS[found[2] or "s"]


def parse_night(text: str) -> Night:
    """Read the hours in which is asked, local time.

    Examples
    --------
    >>> [str(each) for each in parse_night("22:00-06:30")]
    ['22:00:00', '06:30:00']
    """
    found = _NIGHT.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        begin, end = clock_time(int(found[1]), int(found[2])), clock_time(int(found[3]), int(found[4]))
    except ValueError:
        raise UsageError(f"a night is written 22:00-06:00, in local time, not {text!r}") from None
    if begin == end:
        raise UsageError(f"the night {text!r} has no end: it is as long as a day; leave it out")
    return begin, end


class Pace:
    """Lets requests pass, as fast as is allowed.

    Parameters
    ----------
    rate : float or None
        Requests a second, on average; None for no limit.
    night : tuple of time or None
        Begin and end of the hours in which is asked; None for all.
    sleep, now : callable
        How to wait, and what time it is.
    on_wait : callable
        Told how many seconds are waited for the night.

    Examples
    --------
    >>> slept = []
    >>> pace = Pace(rate=2, sleep=slept.append, clock=lambda: 0.0)
    >>> pace.take(4); pace.take(1)
    >>> slept
    [2.0]
    """

    def __init__(
        self,
        rate: float | None = None,
        night: Night | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
        on_wait: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._rate, self._night = rate, night
        self._sleep, self._clock, self._now, self._on_wait = sleep, clock, now, on_wait
        self._free_at = float("-inf")
        self.requests = 0

    @property
    def is_limited(self) -> bool:
        """Whether anything is ever waited for."""
        return self._rate is not None or self._night is not None

    def take(self, n_requests: int) -> None:
        """Wait until so many requests may be sent."""
        self.requests += n_requests
        if self._night is not None:
            self._wait_for_night(*self._night)
        if self._rate is None:
            return
        moment = self._clock()
        if self._free_at > moment:
            self._sleep(self._free_at - moment)
        self._free_at = max(self._free_at, moment) + n_requests / self._rate

    def _wait_for_night(self, begin: clock_time, end: clock_time) -> None:
        now = self._now()
        is_night = begin <= now.time() < end if begin < end else now.time() >= begin or now.time() < end
        if is_night:
            return
        start = datetime.combine(now.date(), begin)
        start = start if start > now else start + timedelta(days=1)
        self._on_wait((start - now).total_seconds())
        self._sleep((start - now).total_seconds())
