"""The registry at a run's start: nothing is built for one that will not take it from us."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bed.scratch import ScratchRepository
from tests.standins.script import Reply, ScriptedServer, scripted_server
from tfimages_action.adapters.registry.client import RegistryClient
from tfimages_action.core.credentials import Credentials
from tfimages_action.doors import terminal
from tfimages_action.doors.wiring.logins import refuse_login
from tfimages_action.errors import RefusedError

WHO = Reply(code=401, headers=(("WWW-Authenticate", 'Basic realm="here"'),))
DENIED = Reply(code=403)
TOKEN = Reply(body=b'{"token": "t"}')


def asks_for_token(server: ScriptedServer) -> Reply:
    challenge = f'Bearer realm="http://{server.host}/token",service="s"'
    return Reply(code=401, headers=(("WWW-Authenticate", challenge),))


def enter(server: ScriptedServer, *, known: bool, on_github: bool = False) -> None:
    mine = (Credentials(registry=server.host, username="me", password="pw"),) if known else ()
    client = RegistryClient(credentials=mine)
    refuse_login(client, f"{server.host}/o", mine, on_github=on_github)


@pytest.mark.parametrize("on_github", [True, False])
@pytest.mark.parametrize(("known", "said"), [(True, "refuses the login of me"), (False, "is none")])
def test_who_is_not_let_in_builds_nothing(known: bool, said: str, on_github: bool) -> None:
    with scripted_server([WHO]) as server, pytest.raises(RefusedError, match=said) as caught:
        enter(server, known=known, on_github=on_github)
    assert caught.value.message.startswith("nothing was built: ")
    assert ("docker login" in caught.value.hint) is not on_github
    assert "pw" not in caught.value.render()


@pytest.mark.parametrize("service", [DENIED, TOKEN], ids=["denied", "token"])
@pytest.mark.parametrize("known", [True, False])
def test_a_token_service_decides_for_its_registry(known: bool, service: Reply) -> None:
    with scripted_server([WHO]) as server:
        asks = asks_for_token(server)
        # A stranger is told that there are logins, and then asks for a token as nobody.
        server.script[:] = [asks, service] if known else [asks, asks, service]
        if service is TOKEN:
            enter(server, known=known)
        else:
            with pytest.raises(RefusedError):
                enter(server, known=known)
        path = server.asked[-1][1]
    assert ("scope=repository%3Ao%2Fimage%3Apull%2Cpush" in path) is not known


@pytest.mark.parametrize("first", [Reply(), Reply(code=503), Reply(reset=True)])
def test_one_that_asks_nothing_or_is_out_of_reach_is_tried_at_the_first_push(first: Reply) -> None:
    with scripted_server([first]) as server:
        enter(server, known=True)


def test_a_run_is_refused_before_its_engine_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("TFIMAGES_REGISTRY_USERNAME", "me")
    monkeypatch.setenv("TFIMAGES_REGISTRY_PASSWORD", "wrong")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    scratch = ScratchRepository(tmp_path / "repository")
    scratch.write("images/a/Dockerfile", "FROM scratch\n")
    scratch.commit("One", tag="v1")
    with scripted_server([WHO]) as server:
        where = ["--repo", str(scratch.folder), "--registry", f"{server.host}/o"]
        flists = ["--flist-dir", str(tmp_path / "flists")]
        assert terminal.run(["publish", "--local", *where, *flists]) == 2
        assert "refuses the login of me" in capsys.readouterr().out
        # What is pushed nowhere needs no login.
        assert terminal.run(["publish", "--local", "--no-push", *where, *flists]) == 2
        assert "no Docker Engine answers" in capsys.readouterr().out
