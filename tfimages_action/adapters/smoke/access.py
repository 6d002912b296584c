"""The `ssh` check: the owner gets in, nobody else does, and no two machines share a host key."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tfimages_action.adapters.smoke import ssh
from tfimages_action.adapters.smoke.limit import Limit
from tfimages_action.adapters.smoke.sandbox import Sandbox
from tfimages_action.errors import StageError

PORT: Final = 22
_ONLY_METHOD: Final = ("publickey",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Two owners, who are given to the container, and a stranger, who is not."""

    first: ssh.Key
    second: ssh.Key
    stranger: ssh.Key

    @property
    def environment(self) -> dict[str, str]:
        """SSH_KEY with two lines, as an owner with two keys sets it."""
        return {"SSH_KEY": f"{self.first.public}\n{self.second.public}\n"}


def make_keys(folder: Path) -> Keys:
    """Make three key pairs for this check alone."""
    private = Path(tempfile.mkdtemp(prefix="keys-", dir=folder))
    return Keys(
        first=ssh.make_key(private, "first"),
        second=ssh.make_key(private, "second"),
        stranger=ssh.make_key(private, "stranger"),
    )


def demand_no_host_key(box: Sandbox) -> None:
    """Look for host keys in an image that has not been started yet."""
    shipped = sorted(name for name in box.names("/etc/ssh") if "ssh_host_" in name)
    if shipped:
        raise StageError(
            f"the image ships a host key ({shipped[0]}): every machine would have the same",
            hint="`rm -f /etc/ssh/ssh_host_*` in the layer that installs the server",
        )


def probe_ssh(box: Sandbox, other_start: Sandbox, keys: Keys, limit: Limit) -> str:
    """Log in with each owner's key, be refused without one, and compare two starts' host keys."""
    target = _target(box)
    ssh.wait_for_login(target, keys.first, limit, alive=box.demand_running)
    ssh.wait_for_login(target, keys.second, limit, alive=box.demand_running)
    _demand_refusal(target, keys.stranger, limit)
    own = ssh.host_keys(target, limit, alive=box.demand_running)
    others = ssh.host_keys(_target(other_start), limit, alive=other_start.demand_running)
    same = own & others
    if same:
        kind = min(same).split()[0]
        raise StageError(
            f"two starts of the image have the same host key ({kind})",
            hint="make host keys at the first start (`ssh-keygen -A`), not while building",
        )
    return f"two keys let in, a third refused, {len(own)} host keys of its own"


def _target(box: Sandbox) -> ssh.Target:
    host, port = box.address(PORT)
    return ssh.Target(host=host, port=port)


def _demand_refusal(target: ssh.Target, stranger: ssh.Key, limit: Limit) -> None:
    try:
        ssh.run(target, stranger, "true", limit)
    except ssh.LoginRefusedError as refused:
        if refused.methods == _ONLY_METHOD:
            return
        raise StageError(
            f"the server offers {', '.join(refused.methods)}: a password could be guessed",
            hint="set `PasswordAuthentication no` and `KbdInteractiveAuthentication no`",
        ) from refused
    raise StageError("a key that nobody gave it was let in", hint="read its authorized_keys")
