"""Reading a published image back through the engine."""

import io
import os
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from tests.integration.engine.work import Bench
from tfimages_action.adapters.engine.pulls import Puller
from tfimages_action.adapters.engine.source import EngineImageSource
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import ImageConfig, Published
from tfimages_action.errors import StageError

FILES = {
    "app/Dockerfile": "FROM scratch\nCOPY x /x\nENV A=b\nWORKDIR /w\n"
    'ENTRYPOINT ["/sbin/zinit", "init"]\n',
    "app/x": "read back\n",
}


def names_in(bench: Bench, source: Published) -> dict[str, bytes]:
    with (
        bench.session.source.export(
            source, log=bench.lines.append, stop=threading.Event()
        ) as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        return {member.name: handle.read() for member in tar if (handle := _open(tar, member))}


def _open(tar: tarfile.TarFile, member: tarfile.TarInfo) -> io.BufferedIOBase | None:
    found = tar.extractfile(member) if member.isreg() else None
    assert found is None or isinstance(found, io.BufferedIOBase)
    return found


def test_a_published_image_is_read_even_when_the_engine_has_dropped_it(bench: Bench) -> None:
    built = bench.build(FILES)
    published = bench.push(built)
    bench.session.housekeeper.drop(built)
    config = bench.session.source.config(published, log=bench.lines.append, stop=threading.Event())
    assert config == ImageConfig(
        entrypoint=("/sbin/zinit", "init"),
        cmd=None,
        env=("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=b"),
        workdir="/w",
    )
    assert names_in(bench, published)["x"] == b"read back\n"


def test_an_image_that_was_never_pushed_is_read_by_its_id(bench: Bench) -> None:
    built = bench.build({"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": "no command\n"})
    source = Published(digest=built.image_id, references=(ImageReference.parse(built.local),))
    assert names_in(bench, source)["x"] == b"no command\n"


def test_files_of_one_size_and_time_are_told_apart(bench: Bench) -> None:
    for word in ("one\n", "two\n", "six\n"):
        built = bench.build({"app/Dockerfile": "FROM scratch\nCOPY x /x\n", "app/x": word})
        source = Published(digest=built.image_id, references=(ImageReference.parse(built.local),))
        assert names_in(bench, source)["x"] == word.encode()


def test_no_container_is_left(classic: Bench) -> None:
    built = classic.build({**FILES, "app/x": "left?\n"})
    source = Published(digest=built.image_id, references=(ImageReference.parse(built.local),))
    stop = threading.Event()
    with (
        pytest.raises(StageError, match="stopped"),
        classic.session.source.export(source, log=classic.lines.append, stop=stop),
    ):
        stop.set()
    assert (
        classic.engine.text("ps", "--all", "--quiet", "--filter", f"ancestor={built.local}") == ""
    )


_ROOT = Path(__file__).parents[3]
_HANGS = """
import os, sys, threading, time
from tfimages_action.adapters.engine.connection import Connection
from tfimages_action.adapters.engine.pulls import Puller
from tfimages_action.adapters.engine.source import EngineImageSource
from tfimages_action.core.reference import ImageReference
from tfimages_action.core.run.work import Published
connection = Connection(os.environ)
source = Published(digest=sys.argv[1], references=(ImageReference.parse("local/image"),))
images = EngineImageSource(connection, Puller(connection))
with images.export(source, log=print, stop=threading.Event()):
    print("exporting", flush=True)
    time.sleep(600)
"""


def test_a_killed_export_is_swept_by_the_next_and_a_living_one_is_not(classic: Bench) -> None:
    built = classic.build({**FILES, "app/x": "killed\n"})

    def left() -> set[str]:
        found = classic.engine.text("ps", "-aq", "--no-trunc", f"--filter=ancestor={built.local}")
        return set(found.split())

    def export() -> bytes:
        connection = classic.session.connection
        images = EngineImageSource(connection, Puller(connection))
        with images.export(source, log=classic.lines.append, stop=threading.Event()) as stream:
            return stream.read(1)

    source = Published(digest=built.image_id, references=(ImageReference.parse(built.local),))
    argv = [sys.executable, "-c", _HANGS, built.image_id]
    environment = {**os.environ, "DOCKER_HOST": classic.engine.host, "PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == "exporting\n"
            assert export()
            (orphan,) = left()
        finally:
            run.kill()
    assert export()
    assert orphan not in left()
