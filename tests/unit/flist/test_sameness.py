"""Two builds of the same files have one root, whatever time and chance left in them."""

from dataclasses import replace

import pytest

from tfimages_action.flist.entries import Block, Entry, EntryType
from tfimages_action.flist.sameness import VOLATILE, content_root


def file(path: str, content: bytes = b"one", *, mode: int = 0o644) -> Entry:
    block = Block(key=content.ljust(16)[:16], hash=b"")
    return Entry(path=path, type=EntryType.FILE, mode=mode, size=len(content), blocks=(block,))


BASE = (file("/etc/motd"), file("/usr/bin/tool", mode=0o755))


def test_times_do_not_count() -> None:
    later = tuple(replace(entry, mtime=9, ctime=9) for entry in BASE)
    assert content_root(later) == content_root(BASE)


@pytest.mark.parametrize(
    "path",
    [
        "/var/log/apt/history.log",
        "/var/lib/apt/lists/deb.example_dists_InRelease",
        "/var/cache/apt/pkgcache.bin",
        "/var/cache/ldconfig/aux-cache",
        "/var/cache/debconf/config.dat-old",
        "/var/lib/dpkg/status-old",
        "/etc/machine-id",
        "/var/lib/dbus/machine-id",
        "/etc/ssh/ssh_host_ed25519_key",
        "/etc/ssh/ssh_host_rsa_key.pub",
        "/usr/lib/python3/__pycache__/os.cpython-311.pyc",
        "/etc/shadow-",
    ],
)
def test_a_volatile_path_does_not_count(path: str) -> None:
    one, two = file(path, b"one"), file(path, b"two")
    assert content_root((*BASE, one)) == content_root((*BASE, two)) == content_root(BASE)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/passwd",
        "/var/lib/dpkg/status",
        "/etc/ssh/sshd_config",
        "/srv/etc/machine-id",
        "/var/logs/x",
        "/var/lib/apt/extended_states",
    ],
)
def test_what_an_image_is_made_of_counts(path: str) -> None:
    assert content_root((*BASE, file(path, b"one"))) != content_root((*BASE, file(path, b"two")))


def test_a_mode_counts() -> None:
    assert content_root((file("/a", mode=0o644),)) != content_root((file("/a", mode=0o755),))


def test_every_volatile_path_has_its_reason() -> None:
    assert all(reason for _, reason in VOLATILE)
