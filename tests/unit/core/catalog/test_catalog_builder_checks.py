"""The checks of an image: its own, its ancestors', its variants'."""

from dataclasses import replace
from typing import ClassVar

from tests.bed.catalogs import ALPINE, image_of
from tfimages_action.core.config.checks import CheckRun, FileCheck, PortCheck, SizeCheck, SshCheck


class TestChecks:
    FILES: ClassVar = {
        "images/base/Dockerfile": ALPINE,
        "images/base/image.yaml": (
            "checks: {ssh: true, size: 10MB, file: [{path: /a}], run: {tmpfs: [/run]}}"
        ),
        "images/child/Dockerfile": "FROM ghcr.io/owner/base\n",
        "images/child/image.yaml": "checks: {port: [80], file: [{path: /a, mode: '755'}]}",
    }

    def test_a_child_passes_its_ancestors_checks_but_their_size(self) -> None:
        plan = image_of(self.FILES, "child").checks
        assert plan.checks == (SshCheck(), FileCheck(path="/a", mode="755"), PortCheck(port=80))
        assert plan.run.tmpfs == ("/run",)
        assert SizeCheck(max_bytes=10_000_000) in image_of(self.FILES, "base").checks.checks

    def test_a_child_that_asks_for_nothing_passes_them_too(self) -> None:
        files = {**self.FILES, "images/leaf/Dockerfile": "FROM ghcr.io/owner/child\n"}
        assert image_of(files, "leaf").checks == image_of(files, "child").checks

    def test_of_several_parents_the_run_has_what_any_of_them_needs(self) -> None:
        files = {
            "images/one/Dockerfile": ALPINE,
            "images/one/image.yaml": "checks: {run: {timeout: 900, tmpfs: [/run], env: {A: 1}}}",
            "images/two/Dockerfile": ALPINE,
            "images/two/image.yaml": (
                "checks: {run: {timeout: 600, privileged: true, tmpfs: [/run, /tmp], env: {B: 2}}}"
            ),
            "images/both/Dockerfile": (
                "FROM ghcr.io/owner/one\nCOPY --from=ghcr.io/owner/two /a /\n"
            ),
            "images/own/Dockerfile": "FROM ghcr.io/owner/both\n",
            "images/own/image.yaml": "checks: {run: {timeout: 5, privileged: false, env: {A: 9}}}",
        }
        joined = CheckRun(
            privileged=True,
            tmpfs=("/run", "/tmp"),
            env=(("A", "1"), ("B", "2")),
            timeout_s=900,
        )
        assert image_of(files, "both").checks.run == joined
        own = replace(joined, privileged=False, env=(("A", "9"), ("B", "2")), timeout_s=5)
        assert image_of(files, "own").checks.run == own

    def test_ssh_is_inherited_until_an_image_says_no(self) -> None:
        files = {
            **self.FILES,
            "images/child/image.yaml": "checks: {ssh: false}",
            "images/leaf/Dockerfile": "FROM ghcr.io/owner/child\n",
        }
        assert SshCheck() not in image_of(files, "child").checks.checks
        assert SshCheck() not in image_of(files, "leaf").checks.checks

    def test_a_variant_adds_checks_of_its_own(self) -> None:
        text = (
            "variants:\n- name: one\n- name: two\n  checks: {port: [81], run: {env: {ME: two}}}\n"
            "checks: {port: [80]}"
        )
        files = {"images/g/Dockerfile": ALPINE, "images/g/image.yaml": text}
        assert image_of(files, "one").checks.checks == (PortCheck(port=80),)
        two = image_of(files, "two").checks
        assert two.checks == (PortCheck(port=80), PortCheck(port=81))
        assert two.run.env == (("ME", "two"),)

    def test_checks_change_no_fingerprint(self) -> None:
        other = {**self.FILES, "images/child/image.yaml": "checks: {}"}
        assert image_of(other, "child").fingerprint == image_of(self.FILES, "child").fingerprint
