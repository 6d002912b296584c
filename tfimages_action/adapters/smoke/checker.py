"""The pipeline's Checker: every check of one image, in the order in which they can be made."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import assert_never

import docker
import requests.exceptions
from docker.errors import APIError, DockerException

from tfimages_action.adapters.smoke import access, machine, probes
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.place import Place, find_place
from tfimages_action.adapters.smoke.prober import Prober, describe, in_order, run_all
from tfimages_action.adapters.smoke.sandbox import Wanted, sandbox
from tfimages_action.core.config.checks import (
    BootCheck,
    Check,
    CommandCheck,
    HttpCheck,
    PortCheck,
    SizeCheck,
    SshCheck,
)
from tfimages_action.core.run.work import Built, BuiltArchive, BuiltImage, CheckResult, Log
from tfimages_action.errors import EngineError, StageError, TfImagesError
from tfimages_action.leftovers import containers
from tfimages_action.leftovers.folders import owned_folder
from tfimages_action.leftovers.owner import labels, this_owner


class Smoke:
    """Checks containers on the engine of `client`, and full VMs under QEMU.

    `place` says how containers are reached (found out where it is not given), `artifacts` is the
    folder that keeps the console log of each machine that was booted.
    """

    def __init__(
        self,
        client: docker.DockerClient,
        *,
        artifacts: Path,
        place: Place | None = None,
    ) -> None:
        self._client = client
        self._artifacts = artifacts
        self._given_place = place
        self._lock = threading.Lock()
        self._place: Place | None = None

    def check(self, built: Built, *, log: Log, stop: threading.Event) -> Sequence[CheckResult]:
        """Make all checks; the first that fails ends the list, with the log of what ran."""
        plan = built.image.checks
        checks = in_order(plan.checks)
        if not checks:
            return ()
        limit = Limit(plan.run.timeout_s, stop)
        with _engine_errors(), owned_folder("check") as scratch:
            match built:
                case BuiltImage():
                    return self._containers(built, checks, limit, log, scratch)
                case BuiltArchive():
                    return self._machines(built, checks, limit, log)
                case _:
                    assert_never(built)

    def _containers(
        self, built: BuiltImage, checks: Sequence[Check], limit: Limit, log: Log, scratch: Path
    ) -> Sequence[CheckResult]:
        with_ssh = any(isinstance(check, SshCheck) for check in checks)
        keys = access.make_keys(scratch) if with_ssh else None
        place = self._here()
        wanted = Wanted(
            image=built.local,
            run=built.image.checks.run,
            ports=_ports(checks),
            labels=labels(this_owner(place.container_id), limit.seconds),
            environment=keys.environment if keys else {},
        )
        with ExitStack() as stack:
            box = stack.enter_context(sandbox(self._client, place, wanted, limit))
            other = (
                stack.enter_context(sandbox(self._client, place, wanted, limit)) if keys else box
            )
            prober = Prober(built=built, box=box, other=other, keys=keys, limit=limit)
            results = tuple(run_all(checks, prober, log))
            if not results[-1].ok:
                for line in box.log_tail():
                    log(f"container: {line}")
            return results

    def _machines(
        self, built: BuiltArchive, checks: Sequence[Check], limit: Limit, log: Log
    ) -> Sequence[CheckResult]:
        # Commands need the booted machine: they are part of `boot`, and imply it.
        commands = tuple(check for check in checks if isinstance(check, CommandCheck))
        others = [check for check in checks if not isinstance(check, CommandCheck)]
        if commands and not any(isinstance(check, BootCheck) for check in others):
            others.append(BootCheck())

        def prober(check: Check) -> str:
            match check:
                case BootCheck():
                    booted = machine.Machine(
                        client=self._client, place=self._here(), artifacts=self._artifacts
                    )
                    return booted.boot(built, check, commands, limit, log)
                case SizeCheck():
                    return probes.probe_size(check, built.size_bytes)
                case _:
                    raise StageError(
                        f"a full VM has no check of this kind: {describe(check)}",
                        hint="full VMs know `boot`, `command` and `size`",
                    )

        return tuple(run_all(others, prober, log))

    def _here(self) -> Place:
        with self._lock:
            if self._place is None:
                self._place = self._given_place or find_place(self._client)
                containers.sweep(self._client.api)
            return self._place


def _ports(checks: Sequence[Check]) -> tuple[int, ...]:
    ports = {check.port for check in checks if isinstance(check, HttpCheck | PortCheck)}
    if any(isinstance(check, SshCheck) for check in checks):
        ports.add(access.PORT)
    return tuple(sorted(ports))


@contextmanager
def _engine_errors() -> Iterator[None]:
    """An engine that is gone costs the run; one that refuses a container costs the image."""
    try:
        yield
    except TfImagesError:
        raise
    except APIError as error:
        raise StageError(f"the engine refuses the check: {error.explanation}") from error
    except (DockerException, requests.exceptions.RequestException) as error:
        raise EngineError(
            f"the Docker Engine went away during a check: {error}", hint="is dockerd running?"
        ) from error
