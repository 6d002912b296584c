"""A full VM's root filesystem as an archive."""

import gzip
import hashlib
import io
import tarfile

import pytest

from tests.integration.engine.work import Bench
from tfimages_action.core.config.kind import Kind
from tfimages_action.core.run.work import BuiltArchive
from tfimages_action.errors import StageError

FILES = {"app/Dockerfile": "FROM scratch\nCOPY boot /boot\n", "app/boot/vmlinuz": "kernel\n"}


def test_an_archive_is_the_image_and_the_same_each_time(bench: Bench) -> None:
    request = bench.request(FILES, bench.image(kind=Kind.VM))
    one, two = (bench.build_any(request) for _ in range(2))
    assert isinstance(one, BuiltArchive)
    assert isinstance(two, BuiltArchive)
    data = one.path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == one.sha256 == two.sha256
    assert one.size_bytes == len(data)
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        assert "boot/vmlinuz" in tar.getnames()
    for built in (one, two):
        bench.session.housekeeper.drop(built)
        assert not built.path.exists()


def test_half_an_archive_is_not_left(classic: Bench) -> None:
    files = {"app/Dockerfile": "FROM scratch\nCOPY missing /\n"}
    with pytest.raises(StageError, match="missing"):
        classic.build_any(classic.request(files, classic.image(kind=Kind.VM)))
    assert list(classic.session.home.work.iterdir()) == []
