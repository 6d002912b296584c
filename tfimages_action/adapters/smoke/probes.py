"""The checks of a container, one function each: they return a detail, or raise with the cure."""

from __future__ import annotations

import http.client
import socket
from typing import Final

import yaml

from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.sandbox import Executed, Sandbox
from tfimages_action.core.config.checks import (
    CommandCheck,
    FileCheck,
    HttpCheck,
    PortCheck,
    ServiceCheck,
    SizeCheck,
)
from tfimages_action.errors import StageError

_UP: Final = frozenset({"Running", "Success"})
_SETTLE_S: Final = 10.0
_STEADY_S: Final = 1.0
_MEGABYTE: Final = 1_000_000
_SHOWN: Final = 200


def probe_size(check: SizeCheck, size_bytes: int) -> str:
    """Hold the uncompressed size against the limit."""
    text = f"{size_bytes / _MEGABYTE:.1f} MB of {check.max_bytes / _MEGABYTE:.1f} MB"
    if size_bytes > check.max_bytes:
        raise StageError(
            f"the image is too large: {text}",
            hint="leave out what it does not need, or raise `checks: {size: ...}`",
        )
    return text


def probe_file(check: FileCheck, box: Sandbox) -> str:
    """Look for a path in the image, and at the mode of what it leads to."""
    found = box.stat(check.path)
    if check.absent:
        if found:
            raise StageError(
                f"{check.path} is in the image",
                hint="remove it in the layer that makes it: a later one only hides it",
            )
        return "absent"
    if not found:
        raise StageError(f"{check.path} is not in the image", hint="is it copied or installed?")
    if check.mode is None:
        return "there"
    followed = box.stat_followed(check.path)
    if not followed or followed.mode != int(check.mode, 8):
        mode = f"{followed.mode:o}" if followed else "that of a dead link"
        raise StageError(
            f"{check.path} has mode {mode}, not {check.mode}",
            hint="`COPY --chmod=` or `chmod` sets it",
        )
    return check.mode


def probe_service(check: ServiceCheck, box: Sandbox, limit: Limit) -> str:
    """Wait until zinit says that a service runs and stays up, or that a one-shot succeeded."""
    state, pid = _service(check.name, box)
    while True:
        if state == "Failure":
            raise StageError(
                f"zinit can't start {check.name}",
                hint=f"does the command of /etc/zinit/{check.name}.yaml exist in the image?",
            )
        if state in _UP:
            limit.pause(_STEADY_S, f"the service {check.name}")
            again, same = _service(check.name, box)
            if again in _UP and same == pid:
                return again
            state, pid = again, same
            continue
        limit.pause(0.5, f"the service {check.name} ({state})")
        state, pid = _service(check.name, box)


def probe_command(check: CommandCheck, box: Sandbox, limit: Limit) -> str:
    """Run a command in the booted container and look at its exit code and output."""
    done = box.execute(check.argv)
    limit.demand(f"the end of `{' '.join(check.argv)}`")
    return judge_command(check, done)


def judge_command(check: CommandCheck, done: Executed) -> str:
    """Hold exit code and output of a command that ran against what was expected."""
    shown = done.output.strip()[-_SHOWN:]
    if done.exit_code != check.exit_code:
        raise StageError(
            f"it ended with {done.exit_code} instead of {check.exit_code}: {shown}",
            hint="run it by hand in a container of the image",
        )
    if check.output not in done.output:
        raise StageError(
            f"its output lacks {check.output!r}: {shown}",
            hint="correct the image, or what `checks: {command: ...}` expects",
        )
    if check.output:
        return f"it says {check.output!r}"
    return done.output.strip().splitlines()[0] if shown else "no output"


def probe_port(check: PortCheck, box: Sandbox, limit: Limit) -> str:
    """Wait until a TCP port accepts connections and does not close them at once."""
    # A published port is accepted by the engine's proxy even when nobody listens inside; it then
    # closes at once, where a server waits for us or greets.
    while True:
        host, port = box.address(check.port)
        try:
            with socket.create_connection((host, port), timeout=5) as connection:
                connection.settimeout(0.5)
                if connection.recv(1):
                    return "it greets"
        except TimeoutError:
            return "open"
        except OSError:
            pass
        limit.pause(0.5, f"port {check.port}")


def probe_http(check: HttpCheck, box: Sandbox, limit: Limit) -> str:
    """Wait until a GET is answered as expected; a wrong answer may pass, but not for long."""
    wrong_since: float | None = None
    while True:
        problem, answered = _get(check, box)
        if not problem:
            return f"{check.status}"
        if answered and wrong_since is None:
            wrong_since = limit.remaining_s
        if wrong_since is not None and wrong_since - limit.remaining_s > _SETTLE_S:
            raise StageError(problem, hint="correct the service, or what the check expects")
        limit.pause(0.5, f"the right answer from port {check.port} ({problem})")


def _get(check: HttpCheck, box: Sandbox) -> tuple[str, bool]:
    """One GET: what is wrong with the answer (empty: nothing), and whether there was one."""
    host, port = box.address(check.port)
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", check.path)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}", False
    finally:
        connection.close()
    if answer.status != check.status:
        return f"{check.path} answered {answer.status} instead of {check.status}", True
    if check.body not in body:
        return f"the body of {check.path} lacks {check.body!r}", True
    return "", True


def _service(name: str, box: Sandbox) -> tuple[str, object]:
    """State and pid as zinit tells them; `Unknown` while zinit itself isn't up yet."""
    done = box.execute(("zinit", "status", name))
    if done.exit_code != 0:
        if "unknown" in done.output:
            raise StageError(
                f"zinit knows no service {name}", hint=f"is there a /etc/zinit/{name}.yaml?"
            )
        return "Unknown", None
    try:
        status = yaml.safe_load(done.output)
    except yaml.YAMLError:
        return "Unknown", None
    if not isinstance(status, dict):
        return "Unknown", None
    return str(status.get("state", "Unknown")), status.get("pid")
