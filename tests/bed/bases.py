"""External base images: pulled where Docker Hub answers, else Debian's is bootstrapped.

Only Debian can be bootstrapped.

`python -m tests.bed.bases` makes sure of `debian:trixie-slim` and says how it came about.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.bed.engine import Engine, client, default_engine

BASE: Final = "debian:trixie-slim"
_SLIM = re.compile(r"debian:(?P<suite>[a-z]+)-slim")
_ORIGIN_LABEL: Final = "tfimages.bed.origin"
_CERTIFICATES: Final = Path("/usr/local/share/ca-certificates")
_BUNDLE: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_APT: Final = Path("/etc/apt")
_PULL_S: Final = 120
# What the official slim images leave out.
_EXCLUDES: Final = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/groff/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/linda/*",
    "path-exclude=/usr/share/lintian/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
)


class Origin(StrEnum):
    """How a base image came to be on this machine."""

    PRESENT = "was there already"
    PULLED = "pulled from its registry"
    BOOTSTRAPPED = "bootstrapped by mmdebstrap, since its registry is out of reach"


class BaseUnavailableError(RuntimeError):
    """A base can be neither pulled nor bootstrapped; it is reported, never faked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """A base image that an engine has."""

    reference: str
    image_id: str
    origin: Origin


def ensure_base(engine: Engine, reference: str = BASE) -> BaseImage:
    """Make sure that `engine` has `reference`. Raises `BaseUnavailableError`."""
    present = _inspect(engine, reference, Origin.PRESENT)
    if present:
        return present
    if _pull(engine, reference):
        return _demand(engine, reference, Origin.PULLED)
    hit = _SLIM.fullmatch(reference)
    if hit is None:
        raise BaseUnavailableError(
            f"{reference} can't be pulled here, and only Debian's slim bases can be bootstrapped"
        )
    _bootstrap(engine, reference, hit["suite"])
    return _demand(engine, reference, Origin.BOOTSTRAPPED)


def copy_image(source: Engine, target: Engine, reference: str) -> None:
    """Carry an image from one engine to another, without any registry."""
    with tempfile.TemporaryDirectory(prefix="tfimages-image-") as folder:
        archive = f"{folder}/image.tar"
        source.docker("save", "--output", archive, reference)
        target.docker("load", "--input", archive)


def _inspect(engine: Engine, reference: str, origin: Origin) -> BaseImage | None:
    form = '{{.Id}} {{index .Config.Labels "' + _ORIGIN_LABEL + '"}}'
    asked = engine.docker("image", "inspect", "--format", form, reference, check=False)
    if asked.returncode != 0:
        return None
    image_id, _, label = asked.stdout.decode().strip().partition(" ")
    bootstrapped = label == Origin.BOOTSTRAPPED.name.lower()
    return BaseImage(
        reference=reference,
        image_id=image_id,
        origin=Origin.BOOTSTRAPPED if bootstrapped else origin,
    )


def _demand(engine: Engine, reference: str, origin: Origin) -> BaseImage:
    found = _inspect(engine, reference, origin)
    if found is None:
        raise BaseUnavailableError(f"{reference} is not there although it was just {origin}")
    return found


def _pull(engine: Engine, reference: str) -> bool:
    try:
        asked = subprocess.run(
            [client(), "--host", engine.host, "pull", "--quiet", reference],
            capture_output=True,
            check=False,
            timeout=_PULL_S,
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _bootstrap(engine: Engine, reference: str, suite: str) -> None:
    if shutil.which("mmdebstrap") is None:
        raise BaseUnavailableError("mmdebstrap is not installed: run `make setup`")
    with tempfile.TemporaryDirectory(prefix="tfimages-base-") as folder:
        archive = Path(folder) / "base.tar"
        done = subprocess.run(
            [
                "mmdebstrap",
                "--variant=minbase",
                *(f"--dpkgopt={exclude}" for exclude in _EXCLUDES),
                *_trust_hooks(),
                suite,
                str(archive),
                *_sources(suite),
            ],
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise BaseUnavailableError(
                f"{reference} can't be bootstrapped:\n{done.stderr.decode()[-2000:]}"
            )
        engine.docker(
            "import",
            "--change",
            "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "--change",
            'CMD ["bash"]',
            "--change",
            f"LABEL {_ORIGIN_LABEL}={Origin.BOOTSTRAPPED.name.lower()}",
            str(archive),
            reference,
        )


def _trust_hooks() -> list[str]:
    """Let builds trust whom this machine trusts (a proxy's authority), pip included."""
    certificates = sorted(_CERTIFICATES.glob("*.crt"))
    if not certificates:
        return []
    named = " ".join(map(str, certificates))
    commands = (
        f'mkdir -p "$1{_CERTIFICATES}" "$1{_BUNDLE.parent}"',
        f'cp {named} "$1{_CERTIFICATES}/"',
        f'cp -L {_BUNDLE} "$1{_BUNDLE}"',
        f'printf "[global]\\ncert = {_BUNDLE}\\n" > "$1/etc/pip.conf"',
    )
    return [f"--customize-hook={command}" for command in commands]


def _sources(suite: str) -> list[str]:
    """apt's lines for `suite`, from the mirrors that this machine itself uses.

    Raises `RuntimeError` where it uses none of Debian's.
    """
    mirror, security = _mirrors()
    if mirror is None:
        raise RuntimeError(
            f"a base of {suite} can neither be pulled nor bootstrapped: this machine's apt knows "
            "no mirror of Debian; name one in /etc/apt/sources.list.d, or let it reach Docker Hub"
        )
    lines = [f"deb {mirror} {suite} main", f"deb {mirror} {suite}-updates main"]
    return [*lines, f"deb {security} {suite}-security main"] if security else lines


def _mirrors() -> tuple[str | None, str | None]:
    files = [_APT / "sources.list", *sorted((_APT / "sources.list.d").glob("*.[ls]*"))]
    text = "\n".join(file.read_text() for file in files if file.is_file())
    found = [uri.rstrip("/") for uri in re.findall(r"^[^#\n]*?(https?://\S+)", text, re.MULTILINE)]
    plain = (uri for uri in found if uri.endswith("/debian"))
    security = (uri for uri in found if uri.endswith("/debian-security"))
    return next(plain, None), next(security, None)


if __name__ == "__main__":
    try:
        for wanted in sys.argv[1:] or [BASE]:
            base = ensure_base(default_engine(), wanted)
            print(f"{base.reference}: {base.origin}")
    except RuntimeError as error:
        sys.exit(f"error: {error}")
