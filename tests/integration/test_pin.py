"""`tfimages pin` against a server on loopback, and what BuildKit makes of the value it writes."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.bed.engine import Engine
from tfimages_action.doors.terminal import app

_BYTES = b"a released tool\n"
_CHECKSUM = f"sha256:{hashlib.sha256(_BYTES).hexdigest()}"


class _Release(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        there = self.path == "/v1.0/tool"
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(len(_BYTES) if there else 0))
        self.end_headers()
        if there:
            self.wfile.write(_BYTES)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Release)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def repository(tmp_path: Path, server: str) -> Path:
    folder = tmp_path / "images/tool"
    folder.mkdir(parents=True)
    (tmp_path / "images/images.yaml").write_text('args:\n  TOOL_CHECKSUM: ""  # written by pin\n')
    (folder / "Dockerfile").write_text(
        "FROM scratch\nARG TOOL_VERSION=1.0\nARG TOOL_CHECKSUM\n"
        f"ADD --checksum=${{TOOL_CHECKSUM}} {server}/v${{TOOL_VERSION}}/tool /tool\n"
    )
    for argv in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"]
        subprocess.run(["git", *identity, *argv], cwd=tmp_path, check=True)
    return tmp_path


def _pin(repository: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(
        app, ["pin", "--repo", str(repository), *options], standalone_mode=False
    )
    if done.exception:
        raise done.exception
    return int(done.return_value or 0), done.output


def test_a_version_becomes_a_checksum_once(repository: Path) -> None:
    assert _pin(repository, "--list")[0] == 1
    assert _pin(repository)[0] == 0
    text = (repository / "images/images.yaml").read_text()
    assert text == f'args:\n  TOOL_CHECKSUM: "{_CHECKSUM}"  # written by pin\n'
    assert _pin(repository, "--list") == (0, "")
    code, said = _pin(repository)
    assert (code, said) == (0, "TOOL_CHECKSUM: as pinned\n")


def test_other_bytes_under_a_pinned_version_need_a_person(repository: Path) -> None:
    path = repository / "images/images.yaml"
    wrong = f'args:\n  TOOL_CHECKSUM: "sha256:{"0" * 64}"\n'
    path.write_text(wrong)
    code, said = _pin(repository)
    assert code == 1
    assert "--rewrite TOOL_CHECKSUM" in said
    assert path.read_text() == wrong
    assert _pin(repository, "--rewrite", "TOOL_CHECKSUM")[0] == 0
    assert _CHECKSUM in path.read_text()


def test_a_version_that_does_not_exist_is_no_checksum(repository: Path) -> None:
    dockerfile = repository / "images/tool/Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("1.0", "9.9"))
    code, said = _pin(repository)
    assert code == 1
    assert "does this version exist?" in said
    assert '""' in (repository / "images/images.yaml").read_text()


@pytest.mark.engine
@pytest.mark.parametrize(
    ("checksum", "builds"), [(_CHECKSUM, True), ("", True), (f"sha256:{'1' * 64}", False)]
)
def test_buildkit_honours_the_value(
    engine: Engine, repository: Path, checksum: str, *, builds: bool
) -> None:
    done = engine.docker(
        "build",
        f"--build-arg=TOOL_CHECKSUM={checksum}",
        "--output=type=cacheonly",
        "--no-cache",
        str(repository / "images/tool"),
        check=False,
    )
    assert (done.returncode == 0) is builds, done.stderr.decode()
