"""When a request is sent again, written once for threads and async.

A read is repeated after a broken connection, after answers that mean "later", and after a success that is no whole document. A
read that timed out is not repeated: the time that the caller allowed is over.

A change is repeated only if it certainly was not applied: no connection came about, or the registry said that it is too busy to
look (429). A connection that ends without an answer says nothing, even one that was kept from an earlier request: the registry
may have applied the change and gone. Then its author is told to look. Gateways that answer 502, 503 or 504 know no better.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from runregistry.client.answers import Answer
from runregistry.client.calls import Call
from runregistry.client.settings import RetryPolicy
from runregistry.errors import RunRegistryError, ServerFault, SettingsError, TransportError

__all__ = ["deliver", "is_unknown"]

_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_CAN_NOT_BE_SENT = (httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, httpx2.InvalidURL)
_HOPELESS = (*_CAN_NOT_BE_SENT, httpx2.ReadTimeout, httpx2.DecodingError)
_LATER = frozenset({429, 502, 503, 504})
_LOOK = "The change may have been applied: look at the history before you repeat it."


def _as_it_is(answer: Answer) -> Any:
    return answer


def deliver(call: Call, policy: RetryPolicy, read: Callable[[Answer], Any] = _as_it_is) -> Generator[float, Answer, Any]:
    """Yield the pause before each attempt, and receive its answer or have its `TransportError` thrown in.

    Parameters
    ----------
    read : callable
        Makes of an answer what is returned; an answer that it can't read, because only a part of a document came, is a failure
        like a broken connection.

    Raises
    ------
    RunRegistryError
        The last failure, or what ``read`` makes of the last answer. Of a change that may have been applied all the same, the
        message says so.
    """
    pause = call.after_s
    for attempt in range(1, policy.attempts + 1):
        is_last = attempt == policy.attempts
        try:
            answer = yield pause
            if is_last or not _is_later(call, answer):
                return read(answer)
            pause = _asked_pause(answer, policy) or _backoff(policy, attempt)
        except RunRegistryError as fault:
            if is_last or not _may_repeat(call, fault):
                if call.route.is_write and is_unknown(fault):
                    fault.args = (f"{fault}{'' if str(fault).endswith('.') else '.'} {_LOOK}", *fault.args[1:])
                raise
            pause = _backoff(policy, attempt)
    raise SettingsError(f"{call.route.method} {call.path} was not sent: the retry policy allows {policy.attempts} attempts")


def is_unknown(fault: RunRegistryError) -> bool:
    """Tell whether a change that failed so may have been applied all the same: it was sent, and no refusal came back."""
    if isinstance(fault, TransportError):
        return fault.__cause__ is not None and not isinstance(fault.__cause__, _NOT_SENT + _CAN_NOT_BE_SENT)
    return isinstance(fault, ServerFault)


def _may_repeat(call: Call, fault: RunRegistryError) -> bool:
    if not isinstance(fault, TransportError) or fault.__cause__ is None:
        return False
    if call.route.is_write:
        return isinstance(fault.__cause__, _NOT_SENT)
    return not isinstance(fault.__cause__, _HOPELESS)


def _is_later(call: Call, answer: Answer) -> bool:
    return answer.status == 429 or (answer.status in _LATER and not call.route.is_write)


def _backoff(policy: RetryPolicy, attempt: int) -> float:
    pause = min(policy.first_pause_s * 2.0 ** (attempt - 1), policy.longest_pause_s)
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
    return min(max(0.0, seconds), policy.longest_wait_s)
