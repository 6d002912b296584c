"""From `checks:` in image.yaml to what an image must prove, its ancestors' checks included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tfimages_action.core.config.checks import (
    Check,
    CheckPlan,
    CheckRun,
    FileCheck,
    PortCheck,
    ServiceCheck,
    SizeCheck,
    SshCheck,
)
from tfimages_action.core.config.values import ChecksConfig, RunConfig, parse_size

_NOTHING = CheckPlan()


def check_plan(own: Sequence[ChecksConfig], ancestors: Iterable[CheckPlan] = ()) -> CheckPlan:
    """Join the parents' plans and the image's own layers of configuration, the later one winning.

    `ssh: false` takes an inherited SSH check out; a file check replaces one of the same path; a
    size is not inherited, since a child holds all of its parent and more.
    """
    parents = tuple(ancestors)
    if not own and all(parent is _NOTHING for parent in parents):
        return _NOTHING
    checks: dict[object, Check] = {
        _key(check): check
        for parent in parents
        for check in parent.checks
        if not isinstance(check, SizeCheck)
    }
    run = _join_runs([parent.run for parent in parents])
    for layer in own:
        if layer.ssh is False:
            checks.pop(SshCheck(), None)
        checks |= {_key(check): check for check in _checks_of(layer)}
        run = _apply(run, layer.run)
    return CheckPlan(checks=tuple(checks.values()), run=run)


def _checks_of(config: ChecksConfig) -> Iterable[Check]:
    if config.ssh:
        yield SshCheck()
    yield from (ServiceCheck(name=name) for name in config.service)
    yield from (PortCheck(port=port) for port in config.port)
    yield from config.http
    yield from config.command
    yield from config.file
    if config.size is not None:
        yield SizeCheck(max_bytes=parse_size(config.size))
    if config.boot is not None:
        yield config.boot


def _key(check: Check) -> object:
    """What a later check replaces: the same file, the one size, else only its equal."""
    match check:
        case FileCheck(path=path):
            return (FileCheck, path)
        case SizeCheck():
            return SizeCheck
        case _:
            return check


def _join_runs(runs: Sequence[CheckRun]) -> CheckRun:
    """What all of several parents need, together."""
    if not runs:
        return CheckRun()
    env = {name: value for run in runs for name, value in run.env}
    return CheckRun(
        privileged=any(run.privileged for run in runs),
        tmpfs=tuple(dict.fromkeys(folder for run in runs for folder in run.tmpfs)),
        env=tuple(sorted(env.items())),
        timeout_s=max(run.timeout_s for run in runs),
    )


def _apply(run: CheckRun, config: RunConfig) -> CheckRun:
    return CheckRun(
        privileged=run.privileged if config.privileged is None else config.privileged,
        tmpfs=tuple(dict.fromkeys((*run.tmpfs, *config.tmpfs))),
        env=tuple(sorted({**dict(run.env), **config.env}.items())),
        timeout_s=run.timeout_s if config.timeout is None else config.timeout,
    )
