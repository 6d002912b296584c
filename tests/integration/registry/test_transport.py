"""What no registry does on demand: rate limits, failures, resets, odd challenges."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.standins.script import Reply, ScriptedServer, scripted_server
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.adapters.registry.manifest import OCI_MANIFEST, digest_of
from tfimages_action.adapters.registry.records import RecordReader
from tfimages_action.adapters.registry.transport import Patience, Transport, retry_after_s
from tfimages_action.core.credentials import Credentials
from tfimages_action.core.published.record import Unreadable
from tfimages_action.core.reference import ImageReference
from tfimages_action.errors import ExitCode, RegistryError, StageError

DIGEST = "sha256:" + "d" * 64
FOUND = Reply(headers=(("Docker-Content-Digest", DIGEST),))


class Clock:
    """Takes the place of sleeping."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.lines: list[str] = []

    def patience(self, attempts: int = 4) -> Patience:
        return Patience(attempts=attempts, sleep=self.pauses.append, log=self.lines.append)


def reference(host: str) -> ImageReference:
    return ImageReference.parse(f"{host}/o/app:1")


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again_and_logged_with_its_cause(code: int) -> None:
    clock = Clock()
    with scripted_server([Reply(code=code), FOUND]) as server:
        client = RegistryClient(patience=clock.patience())
        assert client.digest(reference(server.host)) == DIGEST
    assert len(server.asked) == 2
    assert str(code) in clock.lines[0]


def test_a_reset_is_tried_again() -> None:
    clock = Clock()
    with scripted_server([Reply(reset=True), Reply(reset=True), FOUND]) as server:
        client = RegistryClient(patience=clock.patience())
        assert client.digest(reference(server.host)) == DIGEST
    assert len(clock.pauses) == 2
    assert "can't be reached" in clock.lines[0]


def test_a_stop_ends_the_wait_for_a_silent_registry(tmp_path: Path) -> None:
    client, stop = RegistryClient(), threading.Event()
    layer = tmp_path / "layer"
    layer.write_bytes(b"x" * 99)
    with scripted_server([Reply(silent=True)]) as server, client.heeding(stop):
        name = reference(server.host)

        def upload() -> object:
            found = {"blobs": [DIGEST], "manifests": [DIGEST]}
            return client.upload(name, **found, where=lambda _digest: layer, log=print)

        calls: tuple[Callable[[], object], ...] = (
            lambda: client.digest(name),
            lambda: client.give_name(name.with_digest(DIGEST), name),
            upload,
        )
        for number, call in enumerate(calls, start=1):
            stop.clear()
            asked = threading.Thread(target=_stop_when_asked, args=(server, number, stop))
            asked.start()
            with pytest.raises(StageError, match="stopped while"):
                call()
            asked.join()


def _stop_when_asked(server: ScriptedServer, times: int, stop: threading.Event) -> None:
    while len(server.asked) < times:
        time.sleep(0.01)
    stop.set()


def test_the_other_side_says_how_long_to_wait() -> None:
    clock = Clock()
    limited = Reply(code=429, headers=(("Retry-After", "7"),))
    with scripted_server([limited, FOUND]) as server:
        RegistryClient(patience=clock.patience()).digest(reference(server.host))
    assert clock.pauses == [7.0]


def test_pauses_grow_and_are_jittered() -> None:
    clock = Clock()
    with scripted_server([Reply(code=503)]) as server, pytest.raises(RegistryError):
        RegistryClient(patience=clock.patience(6)).digest(reference(server.host))
    assert len(clock.pauses) == 5
    assert all(
        low / 2 <= pause <= low for low, pause in zip((0.5, 1, 2, 4, 8), clock.pauses, strict=True)
    )


def test_without_patience_the_caller_hears_that_another_try_may_help() -> None:
    limited = Reply(code=429, headers=(("Retry-After", "30"),))
    with scripted_server([limited]) as server, pytest.raises(RegistryError) as caught:
        RegistryClient().digest(reference(server.host))
    assert caught.value.transient
    assert caught.value.retry_after_s == 30
    assert caught.value.exit_code is ExitCode.REGISTRY_LOST
    assert len(server.asked) == 1


@pytest.mark.parametrize("code", [401, 403])
def test_a_refusal_is_never_an_absence_and_not_tried_again(code: int) -> None:
    clock = Clock()
    with scripted_server([Reply(code=code)]) as server, pytest.raises(StageError) as caught:
        RegistryClient(patience=clock.patience()).digest(reference(server.host))
    assert not caught.value.transient
    assert caught.value.hint
    assert clock.pauses == []


def test_basic_credentials_go_to_who_asked_for_them() -> None:
    basic = Reply(code=401, headers=(("WWW-Authenticate", 'Basic realm="here"'),))
    with scripted_server([basic, FOUND]) as server:
        known = Credentials(registry=server.host, username="me", password="pw")
        RegistryClient(credentials=(known,)).digest(reference(server.host))
    assert [sent for *_, sent in server.asked] == ["", "Basic bWU6cHc="]


@pytest.mark.parametrize(
    ("granted", "sent"),
    [
        (b'{"token": "abc"}', "Bearer abc"),
        (b'{"access_token": "abc"}', "Bearer abc"),
        (b"{}", ""),
        (b"[]", ""),
    ],
)
def test_a_token_is_taken_by_either_name(granted: bytes, sent: str) -> None:
    with scripted_server([FOUND]) as server:
        realm = f'Bearer realm="http://{server.host}/t",service="s"'
        asks = Reply(code=401, headers=(("WWW-Authenticate", realm),))
        server.script[:] = [asks, Reply(body=granted), FOUND]
        assert RegistryClient().digest(reference(server.host)) == DIGEST
    assert server.asked[-1][2] == sent


def test_credentials_never_leave_over_plain_http() -> None:
    away = Reply(
        code=401, headers=(("WWW-Authenticate", 'Bearer realm="http://192.0.2.1/t",service="s"'),)
    )
    with scripted_server([away]) as server:
        known = Credentials(registry=server.host, username="me", password="pw")
        client = RegistryClient(credentials=(known,))
        with pytest.raises(RegistryError, match="plain HTTP"):
            client.digest(reference(server.host))


def test_no_credentials_come_from_a_netrc(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login foreign password foreign\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with scripted_server([FOUND]) as server:
        RegistryClient().digest(reference(server.host))
    assert [sent for *_, sent in server.asked] == [""]


def test_a_manifest_that_is_not_its_digest_is_refused() -> None:
    with scripted_server([Reply(body=b"{}")]) as server:
        pinned = reference(server.host).with_digest(DIGEST)
        with pytest.raises(RegistryError, match="sent sha256:"):
            RegistryClient().manifest(pinned)


def test_tags_come_in_pages() -> None:
    pages = [
        Reply(
            body=b'{"tags": ["a", "b"]}',
            headers=(("Link", '</v2/o/app/tags/list?last=b&n=2>; rel="next"'),),
        ),
        Reply(body=b'{"tags": ["c"]}'),
    ]
    with scripted_server(pages) as server:
        assert RegistryClient().tags(reference(server.host)) == ("a", "b", "c")
    assert server.asked[1][1] == "/v2/o/app/tags/list?last=b&n=2"


def test_tags_that_page_for_ever_end() -> None:
    page = Reply(
        body=b'{"tags": ["a"]}', headers=(("Link", '</v2/o/app/tags/list?last=a>; rel="next"'),)
    )
    with scripted_server([page]) as server:
        assert RegistryClient().tags(reference(server.host)) == ("a",)


def test_plain_http_is_for_loopback_only() -> None:
    assert Transport("ghcr.io").base == "https://ghcr.io"
    assert Transport("docker.io").base == "https://registry-1.docker.io"
    assert Transport("127.0.0.1:5000").base == "http://127.0.0.1:5000"
    assert Transport("127.0.0.1.evil.example").base.startswith("https://")


def test_retry_after_is_a_number_or_a_date() -> None:
    assert retry_after_s("120") == 120
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < (retry_after_s(later) or 0) <= 30
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after_s("soon") is None
    assert retry_after_s("") is None


_NO_ADDRESS = "http://[no-address"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(code=302, headers=(("Location", _NO_ADDRESS),)),
        Reply(code=302, headers=(("Location", "file:///etc/passwd"),)),
        Reply(code=401, headers=(("WWW-Authenticate", f'Bearer realm="{_NO_ADDRESS}"'),)),
        Reply(body=b"<html>", headers=(("Content-Type", "text/html"),)),
        Reply(body=b'{"config": "x"}', headers=(("Content-Type", OCI_MANIFEST),)),
    ],
    ids=["redirect to nowhere", "redirect to a file", "realm", "portal", "garbled"],
)
def test_what_a_registry_sends_instead_of_an_answer_is_unreadable(reply: Reply) -> None:
    with scripted_server([reply]) as server:
        name = reference(server.host)
        answer = RecordReader(RegistryClient()).read([name])[name]
    assert isinstance(answer, Unreadable)
    assert answer.cause


@pytest.mark.parametrize("digest", ["x", "latest", "md5:00", "; rm"])
def test_a_header_that_is_no_digest_is_as_good_as_none(digest: str) -> None:
    body = b'{"layers": []}'
    found = Reply(
        body=body,
        headers=(("Docker-Content-Digest", digest), ("Content-Type", OCI_MANIFEST)),
    )
    with scripted_server([found]) as server:
        assert RegistryClient().digest(reference(server.host)) == digest_of(body)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"tags": "abc"}', b'{"tags": [null, 5]}'])
def test_a_list_of_tags_that_is_none(body: bytes) -> None:
    with scripted_server([Reply(body=body)]) as server:
        client, name = RegistryClient(), reference(server.host)
        if body.startswith(b"{"):
            assert client.tags(name) == ()
            return
        with pytest.raises(RegistryError, match="the list of its tags is no JSON"):
            client.tags(name)


def test_who_does_not_answer_is_not_asked_for_every_image() -> None:
    names = [ImageReference.parse(f"127.0.0.1:1/o/app-{number}:1") for number in range(100)]
    with scripted_server([Reply(reset=True)]) as server:
        named = [replace(name, registry=server.host) for name in names]
        answers = RecordReader(RegistryClient()).read(named)
    assert len(server.asked) < len(names) / 2
    causes = {answer.cause for answer in answers.values() if isinstance(answer, Unreadable)}
    assert len(answers) == len(names)
    assert all("can't be reached" in cause for cause in causes)


def test_a_failure_for_one_image_says_nothing_of_others() -> None:
    with scripted_server([Reply(code=500)]) as server:
        named = [ImageReference.parse(f"{server.host}/o/app-{number}:1") for number in range(60)]
        RecordReader(RegistryClient()).read(named)
    assert len(server.asked) == len(named)
