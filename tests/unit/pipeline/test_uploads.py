"""A base's layers are uploaded once, whoever comes first."""

from __future__ import annotations

import threading

import pytest

from tfimages_action.errors import StageError
from tfimages_action.pipeline.uploads import FirstUploads

BASE = ("docker.io/library/debian:trixie-slim", "sha256:" + "a" * 64)
OTHER = ("docker.io/library/alpine:3", "sha256:" + "b" * 64)


def test_the_first_goes_alone_and_the_others_together() -> None:
    uploads, never = FirstUploads(), threading.Event()
    running, most, done = [0], [0], [0]
    lock, all_there = threading.Lock(), threading.Barrier(3)

    def push() -> None:
        with uploads.turn(BASE, never):
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            if done[0]:
                all_there.wait(20)  # these three must meet, or this breaks
            with lock:
                running[0] -= 1
                done[0] += 1
                if done[0] == 1:
                    assert most[0] == 1

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert done[0] == 4
    assert most[0] == 3


def test_a_failed_first_one_leaves_its_turn() -> None:
    uploads, never = FirstUploads(), threading.Event()

    def fail() -> None:
        with uploads.turn(BASE, never):
            raise StageError("no")

    with pytest.raises(StageError):
        fail()
    with uploads.turn(BASE, never):
        pass


def test_other_bases_and_none_wait_for_nobody() -> None:
    uploads, never = FirstUploads(), threading.Event()
    with uploads.turn(BASE, never), uploads.turn(OTHER, never), uploads.turn(None, never):
        pass


def test_a_stop_ends_the_waiting() -> None:
    uploads, stop = FirstUploads(), threading.Event()
    stop.set()

    def wait() -> None:
        with uploads.turn(BASE, stop):
            raise AssertionError

    with uploads.turn(BASE, threading.Event()), pytest.raises(StageError, match="stopped"):
        wait()
