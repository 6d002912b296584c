"""Whether a build made anything new, held against a real engine's exports."""

import threading

import pytest

from tests.integration.engine.work import Bench
from tfimages_action.core.run.work import BuiltImage, Published

FILES = {
    "app/Dockerfile": 'FROM scratch\nCOPY root /\nENV A=b\nCMD ["/x"]\n',
    "app/root/x": "the program\n",
    "app/root/var/log/apt/history.log": "Start-Date: 2026-11-23\n",
}


@pytest.fixture
def published(bench: Bench) -> Published:
    """What an earlier run pushed, and the engine has dropped."""
    built = bench.build(FILES)
    pushed = bench.push(built)
    bench.session.housekeeper.drop(built)
    return pushed


def same(bench: Bench, files: dict[str, str], published: Published) -> bool:
    built = bench.build(files)
    assert isinstance(built, BuiltImage)
    return bench.session.comparer.same(
        built, published, log=bench.lines.append, stop=threading.Event()
    )


def test_logs_and_times_make_nothing_new(bench: Bench, published: Published) -> None:
    later = {**FILES, "app/root/var/log/apt/history.log": "Start-Date: 2026-12-24\n"}
    assert same(bench, later, published)


@pytest.mark.parametrize(
    "change",
    [
        {"app/root/x": "the mended program\n"},
        {"app/root/y": "one more\n"},
        {"app/Dockerfile": 'FROM scratch\nCOPY root /\nENV A=c\nCMD ["/x"]\n'},
    ],
    ids=["a file", "a new file", "the environment"],
)
def test_what_an_image_holds_or_starts_is_new(
    bench: Bench, published: Published, change: dict[str, str]
) -> None:
    assert not same(bench, {**FILES, **change}, published)
