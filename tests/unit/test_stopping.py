"""Waits that end when told to, whatever the call does that they wait for."""

import threading

import pytest

from tfimages_action.stopping import Heeding, until_stopped


class GaveUpError(Exception):
    """What the caller wants to see."""


def test_it_gives_what_the_call_gives() -> None:
    assert until_stopped(lambda: 7, threading.Event(), GaveUpError) == 7


def test_it_raises_what_the_call_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        until_stopped(lambda: 1 // 0, threading.Event(), GaveUpError)


def test_a_stop_ends_the_wait_and_not_the_call() -> None:
    stop, entered, leave, ended = (threading.Event() for _ in range(4))

    def call() -> None:
        entered.set()
        leave.wait(60)
        ended.set()

    def interrupt() -> None:
        entered.wait(60)
        stop.set()

    threading.Thread(target=interrupt).start()
    with pytest.raises(GaveUpError):
        until_stopped(call, stop, GaveUpError)
    assert not ended.is_set()
    leave.set()
    assert ended.wait(60)


def test_each_thread_heeds_a_stop_of_its_own() -> None:
    heeding, outer, inner = Heeding(), threading.Event(), threading.Event()
    found: list[object] = []

    def look() -> None:
        found.append(heeding.stop)

    with heeding(outer):
        other = threading.Thread(target=look)
        other.start()
        other.join()
        look()
        with heeding(inner):
            look()
        look()
    look()
    assert found == [None, outer, inner, outer, None]
