"""The Hub at a run's start: tried again where that may help, else a refusal with the cure."""

import pytest

from tests.standins.script import Reply, scripted_server
from tfimages_action.doors.inputs.settings import Settings
from tfimages_action.doors.wiring.signing_in import HubAbsentError, sign_in
from tfimages_action.errors import ExitCode, RefusedError
from tfimages_action.pipeline.backoff import RetryPolicy

QUICK = RetryPolicy(tries=3, first_s=0.001, longest_s=0.001)
ME = Reply(body=b'{"status": "success", "payload": {"username": "alice.3bot"}}')
BROKEN = Reply(code=500, body=b"<html>Internal Server Error</html>")


def settings(host: str) -> Settings:
    return Settings(hub_url=f"http://{host}", hub_token="no-secret.of-a-stand-in")


@pytest.mark.parametrize("first", [BROKEN, Reply(code=502), Reply(reset=True)])
def test_a_hiccup_does_not_end_a_run(first: Reply) -> None:
    with scripted_server([first, ME]) as server:
        assert sign_in(settings(server.host), policy=QUICK).user == "alice.3bot"


@pytest.mark.parametrize("always", [BROKEN, Reply(code=502), Reply(reset=True)])
def test_a_hub_that_never_answers_is_a_refusal(always: Reply) -> None:
    with scripted_server([always]) as server, pytest.raises(RefusedError) as caught:
        sign_in(settings(server.host), policy=QUICK)
    assert len(server.asked) == QUICK.tries
    assert caught.value.exit_code is ExitCode.REFUSED
    assert isinstance(caught.value, HubAbsentError)
    assert "nothing was built: check `hub-url`" in caught.value.hint


def test_a_hub_that_is_not_there_is_a_refusal() -> None:
    with scripted_server([ME]) as server:
        gone = settings(server.host)
    with pytest.raises(RefusedError, match="can't be reached"):
        sign_in(gone, policy=QUICK)


def test_a_bad_token_is_not_tried_again() -> None:
    refused = Reply(code=401, body=b'{"message": "invalid signature", "status": "error"}')
    with scripted_server([refused]) as server, pytest.raises(Exception, match="token") as caught:
        sign_in(settings(server.host), policy=QUICK)
    assert getattr(caught.value, "exit_code", None) is ExitCode.REFUSED
    assert len(server.asked) == 1
