"""Who may, and in which words the Hub says no."""

import base64

import pytest
import requests

from tests.contract.hub.target import Target


def test_a_good_token_is_told_its_user(target: Target) -> None:
    answer = target.me("GET")
    assert answer.status_code == 200
    payload = f'{{"username": "{target.user}"}}'
    assert answer.text == f'{{"status": "success", "payload": {payload}}}'
    assert "session=" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("spaces", ["bearer  {} ", "BEARER {}", "Bearer {}"])
def test_the_scheme_is_read_leniently(target: Target, spaces: str) -> None:
    headers = {"Authorization": spaces.format(target.token)}
    assert target.me("GET", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("header", "status", "message"),
    [
        (None, 401, "no authorization provided"),
        ("whatever", 400, "invalid authorization header"),
        ("bearer " + base64.urlsafe_b64encode(b"x" * 90).decode(), 401, "invalid signature"),
        ("bearer ", 401, "invalid signature"),
        ("bearer short", 401, "invalid signature"),
        ("bearer aaa.bbb.ccc", 403, "invalid token"),
        ("token aaa.bbb", 401, "could not authenticate"),
    ],
)
def test_refusals(target: Target, header: str | None, status: int, message: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{target.url}/api/flist/me", headers=headers, timeout=30)
    assert answer.status_code == status
    assert answer.text.strip() == f'{{"message":"{message}","status":"error"}}'


def test_the_session_alone_is_never_enough(target: Target) -> None:
    session = target.me("GET").cookies
    answer = requests.get(f"{target.url}/api/flist/me", cookies=session, timeout=30)
    assert answer.status_code == 401


def test_an_active_user_that_is_not_granted_is_ignored_without_a_word(target: Target) -> None:
    answer = target.me("GET", headers={"Cookie": "active-user=nobody-has-this"})
    assert answer.json()["payload"]["username"] == target.user


def test_web_forms_are_not_for_tokens(target: Target) -> None:
    answer = target.call("GET", "upload", headers={"Authorization": f"bearer {target.token}"})
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/login-method")


def test_a_job_nobody_knows(target: Target) -> None:
    answer = target.call("GET", "listen", "no-such-job")
    assert answer.status_code == 404
    assert answer.json() == {"message": "job id not found", "status": "error"}
