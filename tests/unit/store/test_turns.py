"""Turns go to whoever asked first."""

from __future__ import annotations

import time
from threading import Event, Thread

import pytest

from runregistry.errors import StoreConflict, StoreError
from runregistry.store.turns import Turns


def test_turns_come_in_the_order_of_asking():
    turns, order, threads = Turns(10), [], []

    def take(number):
        with turns.turn():
            order.append(number)

    with turns.turn():
        for number in range(5):
            threads.append(Thread(target=take, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_thread_without_pause_does_not_keep_others_out():
    turns, stop = Turns(10), Event()

    def hog():
        while not stop.is_set():
            with turns.turn():
                time.sleep(0.001)

    thread = Thread(target=hog)
    thread.start()
    try:
        for _ in range(20):
            with turns.turn():
                pass
    finally:
        stop.set()
        thread.join()


def test_who_waits_too_long_gives_up_and_the_next_one_is_served():
    turns, done = Turns(0.05), Event()
    refused = []

    def wait():
        try:
            with turns.turn():
                pass
        except StoreConflict as error:
            refused.append(str(error))
        done.set()

    with turns.turn():
        Thread(target=wait).start()
        assert done.wait(10)
    with turns.turn():
        pass
    assert refused == ["the registry in memory was busy for too long; nothing was stored, try again"]


def test_a_thread_can_not_have_two_turns():
    turns = Turns(10)
    with turns.turn(), pytest.raises(StoreError, match="this thread is using it"), turns.turn():
        pass
    with turns.turn():
        pass


def test_a_turn_ends_with_an_exception_too():
    turns = Turns(10)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        pass
