"""Makes the checks of one container, and keeps the account of any sequence of checks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, assert_never

from docker.errors import APIError

from tfimages_action.adapters.smoke import access, probes
from tfimages_action.adapters.smoke.limit import Limit, StoppedError
from tfimages_action.adapters.smoke.sandbox import Sandbox
from tfimages_action.core.config.checks import (
    BootCheck,
    Check,
    CommandCheck,
    FileCheck,
    HttpCheck,
    PortCheck,
    ServiceCheck,
    SizeCheck,
    SshCheck,
)
from tfimages_action.core.run.work import BuiltImage, CheckResult, Log
from tfimages_action.errors import StageError
from tfimages_action.process import ProcessError

# What needs nothing comes first, what needs the services last; within a kind as image.yaml has it.
_ORDER: Final = (
    SizeCheck, FileCheck, SshCheck, ServiceCheck, PortCheck, HttpCheck, CommandCheck, BootCheck,
)  # fmt: skip
_AT_REST: Final = (SizeCheck, FileCheck)


def in_order(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Sort checks into the order in which they can be made."""
    return tuple(sorted(checks, key=lambda check: _ORDER.index(type(check))))


class Prober:
    """Makes one check after the other on one container, which boots when the first needs it."""

    def __init__(
        self,
        *,
        built: BuiltImage,
        box: Sandbox,
        other: Sandbox,
        keys: access.Keys | None,
        limit: Limit,
    ) -> None:
        self._built = built
        self._box = box
        self._other = other
        self._keys = keys
        self._limit = limit
        self._booted = False

    def __call__(self, check: Check) -> str:
        if not isinstance(check, _AT_REST):
            self._boot()
        match check:
            case SizeCheck():
                detail = probes.probe_size(check, self._built.size_bytes)
            case FileCheck():
                detail = probes.probe_file(check, self._box)
            case SshCheck():
                assert self._keys is not None  # noqa: S101 - made because there is such a check
                detail = access.probe_ssh(self._box, self._other, self._keys, self._limit)
                self._other.end()
            case ServiceCheck():
                detail = probes.probe_service(check, self._box, self._limit)
            case CommandCheck():
                detail = probes.probe_command(check, self._box, self._limit)
            case HttpCheck():
                detail = probes.probe_http(check, self._box, self._limit)
            case PortCheck():
                detail = probes.probe_port(check, self._box, self._limit)
            case BootCheck():
                raise StageError(
                    "a container image can't be booted as a machine",
                    hint="`kind: vm` makes it a full VM; or leave `boot` out",
                )
            case _:
                assert_never(check)
        return detail

    def _boot(self) -> None:
        if self._booted:
            return
        self._booted = True
        if self._keys:
            access.demand_no_host_key(self._box)
            self._other.start()
        self._box.start()


def run_all(
    checks: Sequence[Check], probe: Callable[[Check], str], log: Log
) -> Iterator[CheckResult]:
    for check in checks:
        began = time.monotonic()
        name = describe(check)
        try:
            detail, ok = probe(check), True
        except StoppedError:
            raise
        except (StageError, ProcessError) as error:
            detail, ok = error.render(), False
        except APIError as error:
            detail, ok = f"the engine refuses: {error.explanation}", False
        seconds = time.monotonic() - began
        log(f"check {name}: {'ok' if ok else 'FAILED'} ({seconds:.1f} s) {detail}")
        yield CheckResult(name=name, ok=ok, detail=detail, seconds=seconds)
        if not ok:
            return


def describe(check: Check) -> str:
    """Name a check as image.yaml would."""
    match check:
        case SizeCheck():
            name = "size"
        case FileCheck(path=path):
            name = f"file {path}"
        case SshCheck():
            name = "ssh"
        case ServiceCheck(name=service):
            name = f"service {service}"
        case CommandCheck(argv=argv):
            name = f"command {' '.join(argv)}"
        case HttpCheck(port=port, path=path):
            name = f"http :{port}{path}"
        case PortCheck(port=port):
            name = f"port {port}"
        case BootCheck():
            name = "boot"
        case _:
            assert_never(check)
    return name
