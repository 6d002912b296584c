"""A stop while a registry says nothing: the report is whole, the exit code tells of the stop.

In the middle of a call nothing can be interrupted; the run leaves it behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bed.bases import BASE, BaseImage
from tests.bed.registry import Registry, running_registry
from tests.bed.scratch import ScratchRepository
from tfimages_action.errors import ExitCode

pytestmark = pytest.mark.engine

_LONGER_THAN_IT_MAY_S = 45


def test_a_stop_leaves_a_silent_registry_behind(tmp_path: Path, base_image: BaseImage) -> None:
    assert base_image.image_id
    scratch = ScratchRepository(tmp_path / "repository")
    scratch.write("images/app/Dockerfile", f'FROM {BASE}\nCMD ["/bin/sleep", "600"]\n')
    scratch.commit("The first", tag="v1")
    report = tmp_path / "report.json"
    with running_registry() as registry:
        command = [sys.executable, "-m", "tfimages_action", "publish", "--no-convert"]
        command += ["--repo", str(scratch.folder), "--registry", f"{registry.host}/stops"]
        command += ["--report", str(report)]
        log = tmp_path / "log"
        with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
            # It has the image under one name, and is asked for more.
            while process.poll() is None and not _has_a_name(registry):
                time.sleep(0.002)
            os.kill(registry.pid, signal.SIGSTOP)
            try:
                process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                code = process.wait(timeout=_LONGER_THAN_IT_MAY_S)
                print(f"stopped within {time.monotonic() - began:.1f} s")
            finally:
                os.kill(registry.pid, signal.SIGCONT)
    said = log.read_text()
    assert code == ExitCode.TERMINATED, said
    (app,) = json.loads(report.read_text())["images"]
    assert app["outcome"] == "failed"
    assert app["failure"]["stage"] in {"push", "switch"}


def _has_a_name(registry: Registry) -> bool:
    return any(one.method == "PUT" and "/manifests/" in one.uri for one in registry.accesses())
