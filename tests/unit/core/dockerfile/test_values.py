from __future__ import annotations

from collections.abc import Callable

import pytest

from tfimages_action.core.dockerfile.model import LineError
from tfimages_action.core.dockerfile.values import (
    check_copy_source,
    check_mode,
    check_port,
    check_signal,
    names_owner,
)


def _add(path: str) -> None:
    check_copy_source(path, adds=True, checksum="")


def _copy(path: str) -> None:
    check_copy_source(path, adds=False, checksum="")


@pytest.mark.parametrize(
    ("check", "fine", "refused"),
    [
        (
            check_port,
            "80 80/tcp 80/UDP 80-90 8:80 1-3:1-3 1-3:1 1.2.3.4:5:6 [::1]:5:6 ::1:5:6 0",
            "x 80/ip 70000 9-8 1-2:1-3 1.2.3:4:5 /tcp a:1 -1",
        ),
        (check_signal, "9 SIGTERM term RTMIN+15 SIGRTMAX-14 -1", "0 FOO SIGRTMIN+16 SIG"),
        (check_mode, "0755 7 00644 u+x a=rwX,o-w +x go= u=g", "8 12345 rwx u+x, ,u+x u"),
        (
            _add,
            "a ./x https://x/y https://x/y.git git@x.y:a/b ssh://git@x/y?keep-git-dir=1",
            "https://x/y.git?foo=1 git@x.y:a?submodules=2",
        ),
        (
            _add,
            "https://x/y.git?ref=v1 https://x/y.git?tag=a&ref=refs/tags/a",
            "https://x/y.git?ref= https://x/y.git?ref=a&ref=b https://x/y.git?tag=a&branch=b",
        ),
        (_copy, "a github.com/x/y c:\\x", "https://x/y http://x git@x.y:a/b https://x/y.git"),
    ],
)
def test_values(check: Callable[[str], None], fine: str, refused: str) -> None:
    for text in fine.split(" "):
        check(text)
    for text in refused.split(" "):
        with pytest.raises(LineError):
            check(text)


@pytest.mark.parametrize(
    ("owner", "by_name"),
    [("1", False), ("1:2", False), ("root:0", False), ("me", True), ("1:me", True), ("1:", False)],
)
def test_an_owner_by_name(owner: str, *, by_name: bool) -> None:
    assert names_owner(owner) is by_name
