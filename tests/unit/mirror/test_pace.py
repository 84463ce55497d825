"""How fast and when a remote registry is asked."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from runregistry.errors import UsageError
from runregistry.mirror import Pace, parse_night, parse_rate

NIGHT = (time(22), time(6))


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def test_requests_take_as_long_as_the_rate_says() -> None:
    clock = Clock()
    pace = Pace(rate=5.0, sleep=clock.sleep, clock=lambda: clock.now_s)
    for _ in range(101):
        pace.take(1)
    assert clock.now_s == pytest.approx(20.0)
    assert pace.requests == 101


def test_time_that_was_spent_otherwise_is_not_waited_for_again() -> None:
    clock = Clock()
    pace = Pace(rate=1.0, sleep=clock.sleep, clock=lambda: clock.now_s)
    pace.take(4)
    clock.now_s += 3.0
    pace.take(1)
    assert clock.now_s == 4.0


def test_without_a_rate_nothing_is_waited_for() -> None:
    pace = Pace(sleep=lambda seconds: pytest.fail("it slept"))
    pace.take(1000)
    assert not pace.is_limited


@pytest.mark.parametrize(
    ("hour", "minute", "waited_h"), [(23, 0, 0.0), (3, 30, 0.0), (5, 59, 0.0), (6, 0, 16.0), (12, 0, 10.0), (21, 30, 0.5)]
)
def test_by_day_the_night_is_waited_for(hour: int, minute: int, waited_h: float) -> None:
    slept: list[float] = []
    told: list[float] = []
    now = datetime(2024, 5, 1, hour, minute)
    Pace(night=NIGHT, sleep=slept.append, now=lambda: now, on_wait=told.append).take(1)
    assert sum(slept) == waited_h * 3600
    assert told == slept


def test_a_night_may_be_a_part_of_a_day() -> None:
    slept: list[float] = []
    Pace(night=(time(1), time(5)), sleep=slept.append, now=lambda: datetime(2024, 5, 1, 6)).take(1)
    assert slept == [19 * 3600]


@pytest.mark.parametrize("text", ["", "fast", "0/s", "5/day", "-1/s"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a rate is written 5/s"):
        parse_rate(text)


@pytest.mark.parametrize("text", ["night", "22-06", "25:00-06:00", "22:61-06:00", "22:00"])
def test_a_night_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a night is written 22:00-06:00"):
        parse_night(text)


def test_a_night_without_end_is_refused() -> None:
    with pytest.raises(UsageError, match="has no end"):
        parse_night("22:00-22:00")
