"""Checks of single values: ports, signals, modes, and where ADD and COPY may take from."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tfimages_action.core.dockerfile.model import LineError
from tfimages_action.core.dockerfile.source import BOOLEANS

_HIGHEST_PORT: Final = 65535
# As long as Python turns it into a number: it refuses more than 4,300 digits.
_PORT: Final = re.compile(r"[-+]?\d{1,4000}", re.ASCII)
_PROTOCOLS: Final = ("", "tcp", "udp", "sctp")
_PORT_PARTS: Final = 3
_NUMBER: Final = re.compile(r"[-+]?\d{1,4000}", re.ASCII)
_SIGNALS: Final = re.compile(
    r"ABRT|ALRM|BUS|CHLD|CLD|CONT|FPE|HUP|ILL|INT|IO|IOT|KILL|PIPE|POLL|PROF|PWR|QUIT|SEGV|STKFLT|"
    r"STOP|SYS|TERM|TRAP|TSTP|TTIN|TTOU|URG|USR1|USR2|VTALRM|WINCH|XCPU|XFSZ|"
    r"RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?"
)
_OCTAL_MODE: Final = re.compile(r"0*[0-7]{1,4}")
_MODE: Final = re.compile(r"[augo]*(?:[-+=][rstwXxugo]*)+(?:,[augo]*(?:[-+=][rstwXxugo]*)+)*")
_DIGEST: Final = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_SCHEME: Final = re.compile(r"[a-zA-Z0-9]+://")
_GIT_SCHEMES: Final = ("http", "https", "ssh", "git")
_SCP: Final = re.compile(r"[\w-]+@[a-zA-Z0-9.-]+:(.*?)(?:\?(.*?))?(?:#(.*))?", re.ASCII)
_GIT_TEXTS: Final = re.compile("ref|tag|branch|subdir|checksum|commit|mtime")
_GIT_SWITCHES: Final = ("keep-git-dir", "submodules", "fetch-by-commit")


@lru_cache(maxsize=1024)
def check_port(text: str) -> None:
    """One `[ip:][host:]port[-port][/protocol]` of EXPOSE. Raises `LineError`."""
    parts = text.split(":")
    port, _, protocol = parts[-1].partition("/")
    host = parts[-2] if parts[1:] else ""
    address = ":".join(parts[:-2]) if len(parts) >= _PORT_PARTS else ""
    if protocol.lower() not in _PROTOCOLS:
        raise LineError(f"{text!r}: no protocol {protocol!r}")
    if address and not _is_address(address):
        raise LineError(f"{text!r}: {address!r} is no address")
    first, last = _port_range(port, text)
    if host:
        host_first, host_last = _port_range(host, text)
        if last != first and last - first != host_last - host_first:
            raise LineError(f"{text!r}: ranges of different lengths")


def _is_address(text: str) -> bool:
    import ipaddress  # noqa: PLC0415 - rarely needed, like urllib below: 10 ms

    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return "%" not in bare


def _port_range(text: str, whole: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    low, high = _port(first, whole), _port(last, whole) if "-" in text else None
    if high is None:
        return low, low
    if high < low:
        raise LineError(f"{whole!r}: the range ends before it begins")
    return low, high


def _port(text: str, whole: str) -> int:
    if not _PORT.fullmatch(text) or not 0 <= int(text) <= _HIGHEST_PORT:
        raise LineError(f"{whole!r}: {text!r} is no port")
    return int(text)


def check_signal(text: str) -> None:
    """The value of STOPSIGNAL. Raises `LineError`."""
    if _NUMBER.fullmatch(text):
        fine = int(text) != 0
    else:
        fine = bool(_SIGNALS.fullmatch(text.upper().removeprefix("SIG")))
    if not fine:
        raise LineError(f"invalid signal: {text}")


def check_mode(text: str) -> None:
    """The value of `--chmod=`, octal or symbolic. Raises `LineError`."""
    if text and not _OCTAL_MODE.fullmatch(text) and not _MODE.fullmatch(text):
        raise LineError(f"--chmod={text} is no mode")


def names_owner(text: str) -> bool:
    """Whether `--chown=` names a user or group, not a number (root counts as one)."""
    user, _, group = text.partition(":")
    parts = (user, group) if group else (user,)
    return any(part != "root" and not _NUMBER.fullmatch(part) for part in parts)


def is_remote(path: str) -> bool:
    """Whether ADD would fetch it, by HTTP or git."""
    return path.startswith(("http://", "https://")) or _git_query(path) is not None


def check_copy_source(path: str, *, adds: bool, checksum: str) -> None:
    """One source of ADD (`adds`) or COPY after expansion. Raises `LineError`."""
    query = _git_query(path)
    if query is not None:
        _check_git_query(query)
        if not adds and not path.startswith("github.com/"):
            raise LineError(f"COPY can't take from git: {path}")
    elif path.startswith(("http://", "https://")):
        if not adds:
            raise LineError(f"COPY can't take from a URL: {path}")
        if checksum and not _DIGEST.fullmatch(checksum):
            raise LineError(f"--checksum={checksum} is no digest")


def _git_query(path: str) -> str | None:
    """The query of a git URL, empty without one; nothing where it is no git URL."""
    if path.startswith(("./", "../")) or not (":" in path or path.startswith("github.com/")):
        return None
    if scheme := _SCHEME.match(path):
        if scheme.group()[:-3].lower() not in _GIT_SCHEMES:
            return None
    elif not path.startswith("github.com/"):
        scp = _SCP.fullmatch(path)
        return scp.group(2) or "" if scp else None
    from urllib.parse import urlsplit  # noqa: PLC0415

    try:
        url = urlsplit(path)
    except ValueError:
        return None
    if url.scheme in ("http", "https") and not url.path.endswith(".git"):
        return None
    return url.query


def _check_git_query(query: str) -> None:
    from urllib.parse import parse_qs  # noqa: PLC0415

    values = {}
    for key, given in parse_qs(query, keep_blank_values=True).items() if query else ():
        value = values[key] = given[0]
        fine = len(given) == 1 and bool(_GIT_TEXTS.fullmatch(key) if value else False)
        if key in _GIT_SWITCHES and len(given) == 1:
            fine = not value or value in BOOLEANS
        if not fine or (key == "mtime" and value not in ("checkout", "commit")):
            raise LineError(f"unexpected query {key}={value} in a git URL")
    tag = values.get("tag", "").removeprefix("refs/tags/")
    branch = values.get("branch", "").removeprefix("refs/heads/")
    names = {values.get("ref", ""), tag and f"refs/tags/{tag}", branch and f"refs/heads/{branch}"}
    if len(names - {""}) > 1:
        raise LineError(f"a git URL names one ref, not several: {query}")
