"""When a request is sent again, written once for threads and async.

A read is repeated after a broken connection and after answers that mean "later". A change is repeated only if it certainly was
not applied: no connection came about, or the registry said that it is too busy to look. A read that timed out is not repeated:
the time that the caller allowed is over.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from runregistry.client.answers import Answer
from runregistry.client.calls import Call
from runregistry.client.settings import RetryPolicy
from runregistry.errors import SettingsError, TransportError

__all__ = ["deliver"]

_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_HOPELESS = (httpx2.ReadTimeout, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL, httpx2.DecodingError)
_LATER = frozenset({429, 502, 503, 504})


def deliver(call: Call, policy: RetryPolicy) -> Generator[float, Answer, Answer]:
    """Yield the pause before each attempt, receive its answer or have its `TransportError` thrown in; return the last answer."""
    answer = None
    pause: float | None = call.after_s
    for attempt in range(policy.attempts):
        try:
            answer = yield pause or 0.0
        except TransportError as fault:
            if attempt + 1 == policy.attempts or not _may_repeat(call, fault):
                raise
            pause = _backoff(policy, attempt)
        else:
            if not _is_later(call, answer):
                return answer
            pause = _asked_pause(answer, policy) or _backoff(policy, attempt)
    if answer is None:
        raise SettingsError(f"{call.route.method} {call.path} was not sent: the retry policy allows {policy.attempts} attempts")
    return answer


def _may_repeat(call: Call, fault: TransportError) -> bool:
    if call.route.is_write:
        return isinstance(fault.__cause__, _NOT_SENT)
    return not isinstance(fault.__cause__, _HOPELESS)


def _is_later(call: Call, answer: Answer) -> bool:
    return answer.status == 429 or (answer.status in _LATER and not call.route.is_write)


def _backoff(policy: RetryPolicy, attempt: int) -> float:
    pause = min(policy.first_pause_s * 2.0**attempt, policy.longest_pause_s)
    return pause * random.uniform(0.5, 1.0)


def _asked_pause(answer: Answer, policy: RetryPolicy) -> float:
    """Return the pause that ``Retry-After`` asks for, as seconds or as a date; 0 if it asks for none."""
    wish = answer.headers.get("retry-after", "")
    try:
        seconds = float(wish)
    except ValueError:
        try:
            moment = parsedate_to_datetime(wish)
        except ValueError:
            return 0.0
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), policy.longest_wait_s)
