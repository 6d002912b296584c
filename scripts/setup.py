"""Install what the tests, the demo and the benchmarks need, where it is missing.

Runs before anything is installed: the system's Python (3.10 will do), its standard library alone.
Debian and Ubuntu; elsewhere it says what to install by hand. A second run takes a moment.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOG = ROOT / "build" / "setup.log"
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
# The distribution's Python comes first: it is compiled with profiles. One that somebody compiled
# without (pyenv's default) takes 15 to 25 % longer for everything.
DISTRIBUTION = tuple(f"/usr/bin/python3{minor}" for minor in ("", ".13", ".12", ".11"))
OTHERS = (sys.executable, "python3", "python3.13", "python3.12", "python3.11")
VERSION = """
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(1)
print(sys.version.split()[0])
"""

# Command -> the package that brings it (the same on Debian and Ubuntu).
TOOLS = {
    "git": "git",
    "ip": "iproute2",
    "iptables": "iptables",
    "docker-registry": "docker-registry",
    "mmdebstrap": "mmdebstrap",
    "ssh": "openssh-client",
    "mkfs.ext4": "e2fsprogs",
    "qemu-system-x86_64": "qemu-system-x86",
    "zsh": "zsh",
    "fish": "fish",
}
TRIXIE_SOURCE = Path("/etc/apt/sources.list.d/tf-images-trixie.sources")
TRIXIE_PIN = Path("/etc/apt/preferences.d/tf-images-trixie")
ENGINE_PACKAGES = ("docker.io", "docker-cli", "docker-buildx")


def main() -> None:
    """Bring the machine to where everything else can start."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    packages = [package for command, package in TOOLS.items() if not shutil.which(command)]
    packages += engine_packages() + library_packages() + python_packages()
    if packages:
        install(packages)
    make_venv(find_python() or stop("no Python 3.11 to 3.13 with venv was found"))


def engine_packages() -> list[str]:
    """Return what an engine with buildx takes; nothing where there is one."""
    if shutil.which("dockerd") is None and not succeeds("docker", "info"):
        return engine_of_distribution()
    if succeeds("docker", "buildx", "version"):
        return []
    # A foreign client may shadow the distribution's: its plugins count all the same.
    return [] if succeeds("/usr/bin/docker", "buildx", "version") else ["docker-buildx"]


def engine_of_distribution() -> list[str]:
    """Choose the packages by system; Debian 12 takes Debian 13's, for a buildx at all."""
    system = os_release()
    if system.get("ID") != "debian":
        return ["docker.io", "docker-buildx"]
    if system.get("VERSION_ID") != "12":
        return list(ENGINE_PACKAGES)
    # They ask for a C library that Debian 12 has, so nothing else is upgraded; the pin keeps
    # everything else on Debian 12 for good.
    if not trixie_is_known():
        write_as_root(
            TRIXIE_SOURCE,
            f"Types: deb\nURIs: {debian_mirror()}\nSuites: trixie\nComponents: main\n"
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
        )
        write_as_root(TRIXIE_PIN, "Package: *\nPin: release n=trixie\nPin-Priority: 100\n")
    return [f"{package}/trixie" for package in ENGINE_PACKAGES]


def library_packages() -> list[str]:
    """Return the Hub's own snappy, which Debian 12 alone has: a test holds block names by it."""
    system = os_release()
    if (system.get("ID"), system.get("VERSION_ID")) != ("debian", "12"):
        return []
    return [] if succeeds("dpkg-query", "--status", "libsnappy1v5") else ["libsnappy1v5"]


def python_packages() -> list[str]:
    """Return what makes a Python fit that does not yet: the distribution's, where it has one."""
    if any(makes_venvs(python) for python in DISTRIBUTION):
        return []
    version = next(filter(None, map(version_of, DISTRIBUTION)), None)
    if any(makes_venvs(python) for python in OTHERS) and not (version and can_install()):
        return []
    minor = ".".join(version.split(".")[:2]) if version else "3.11"
    return [f"python{minor}-venv"] if version else [f"python{minor}", f"python{minor}-venv"]


def find_python() -> str | None:
    """Return the best Python that fits and can make a venv."""
    return next(filter(makes_venvs, (*DISTRIBUTION, *OTHERS)), None)


def makes_venvs(python: str) -> bool:
    """Debian has venv, and what it puts into one, in a package of its own."""
    return version_of(python) is not None and succeeds(python, "-c", "import venv, ensurepip")


def version_of(python: str) -> str | None:
    """Return its version, where that fits."""
    try:
        asked = subprocess.run([python, "-c", VERSION], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def make_venv(python: str) -> None:
    """Make `.venv` with the locked packages, unless it has exactly them already."""
    which = f"{python}, {version_of(python)}"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + which.encode()).hexdigest()
    stamp = VENV / "tf-images.stamp"
    if stamp.is_file() and stamp.read_text() == wanted and (VENV / "bin/python").exists():
        return
    say(f"installing the locked Python packages into .venv (of {which})")
    run(python, "-m", "venv", "--clear", str(VENV))
    pip = [str(VENV / "bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run(*pip, "install", "--require-hashes", "--requirement", str(REQUIREMENTS))
    stamp.write_text(wanted)


def install(packages: list[str]) -> None:
    """Install packages by apt; elsewhere say which ones are missing."""
    if shutil.which("apt-get") is None:
        stop(f"install these by hand, then run this again: {' '.join(packages)}")
    say(f"installing {' '.join(packages)} (what apt says goes to {LOG})")
    apt = [*as_root(), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]
    run(*apt, "update")
    run(*apt, "install", "--yes", "--no-install-recommends", *packages)


def trixie_is_known() -> bool:
    policy = subprocess.run(
        ["apt-cache", "madison", "docker.io"], capture_output=True, text=True, check=False
    )
    return " trixie/" in policy.stdout


def debian_mirror() -> str:
    """Return the mirror that this machine's own sources name."""
    apt = Path("/etc/apt")
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.[ls]*"))]
    text = "\n".join(file.read_text() for file in files if file.is_file())
    found = re.search(r"^[^#\n]*?(https?://\S+/debian)/?\s", text, re.MULTILINE)
    return found.group(1) if found else stop("apt knows no mirror of Debian to take Docker from")


def os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def write_as_root(path: Path, text: str) -> None:
    subprocess.run(
        [*as_root(), "tee", str(path)],
        input=text,
        text=True,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def can_install() -> bool:
    """Whether apt may be asked for what would only be better."""
    return bool(shutil.which("apt-get") and (os.geteuid() == 0 or shutil.which("sudo")))


def as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo"]


def succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(*command: str) -> None:
    """Run a command; what it prints goes to the log, and to the terminal if it fails."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("ab+") as log:
        start = log.tell()
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        if done.returncode != 0:
            log.seek(start)
            sys.stderr.write(log.read().decode(errors="replace"))
            stop(f"this failed: {' '.join(command)}")


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def stop(text: str) -> str:
    sys.exit(f"setup: {text}")


if __name__ == "__main__":
    main()
