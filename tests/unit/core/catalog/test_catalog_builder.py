"""From a repository's files to its catalog: definitions, links, and no work done twice."""

from typing import ClassVar

import pytest

from tests.bed.catalogs import ALPINE, VARIANTS, image_of, warnings_of
from tests.bed.revisions import MemoryRevision, catalog_of
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.catalog.context import build_files
from tfimages_action.core.catalog.files import Files
from tfimages_action.core.catalog.memo import Memo
from tfimages_action.core.tree import FileMode, blob_id, walk
from tfimages_action.errors import ConfigError


class TestDefinition:
    FILES: ClassVar = {
        "images/images.yaml": "args: {SHARED: 1, OTHER: 1}\ndefaults: {platforms: [linux/arm64]}",
        "images/a/Dockerfile": "FROM alpine\nARG SHARED\nARG OWN\nARG REGISTRY\nARG UNSET\n",
        "images/a/image.yaml": "args: {OWN: 2}\nvariants: [{name: a}, {name: b, args: {OWN: 3}}]",
    }

    def test_only_declared_args_count_and_the_nearer_wins(self) -> None:
        first, second = catalog_of(self.FILES).images
        registry = ("REGISTRY", "ghcr.io/owner")
        assert first.args == (("OWN", "2"), registry, ("SHARED", "1"))
        assert second.args == (("OWN", "3"), registry, ("SHARED", "1"))

    def test_defaults_hold_where_nothing_else_is_said(self) -> None:
        assert catalog_of(self.FILES).images[0].platforms == ("linux/arm64",)
        own = {**self.FILES, "images/a/image.yaml": "platforms: []"}
        assert image_of(own).platforms == ()

    def test_an_own_arg_that_nothing_declares_is_a_warning(self) -> None:
        files = {**self.FILES, "images/a/image.yaml": "args:\n  OWN: 1\n  TYPO: 2"}
        assert warnings_of(catalog_of(files)) == [
            "images/a/image.yaml:3: images/a/Dockerfile declares no ARG TYPO: it has no effect"
        ]


class TestSymlinks:
    def test_a_dockerfile_may_be_a_link_within_the_repository(self) -> None:
        files = {"images/a/Dockerfile": "../../shared/Dockerfile", "shared/Dockerfile": ALPINE}
        modes = {"images/a/Dockerfile": FileMode.SYMLINK}
        found = image_of(files, modes=modes)
        assert found.dockerfile == "shared/Dockerfile"
        other = image_of({**files, "shared/Dockerfile": "FROM other\n"}, modes=modes)
        assert other.fingerprint != found.fingerprint

    @pytest.mark.parametrize(
        ("target", "words"),
        [("/etc/passwd", "leads out"), ("../../../x", "leads out"), ("Dockerfile", "in circles")],
    )
    def test_a_link_out_of_the_repository_or_in_circles_is_refused(
        self, target: str, words: str
    ) -> None:
        with pytest.raises(ConfigError, match=words):
            catalog_of(
                {"images/a/Dockerfile": target}, modes={"images/a/Dockerfile": FileMode.SYMLINK}
            )

    def test_a_context_through_a_link_is_where_it_leads(self) -> None:
        files = {
            "images/a/Dockerfile": ALPINE,
            "images/a/image.yaml": "context: here",
            "here": "there",
            "there/file": "1",
        }
        assert image_of(files, modes={"here": FileMode.SYMLINK}).context == "there"
        with pytest.raises(ConfigError, match="leads out"):
            catalog_of({**files, "here": "../out"}, modes={"here": FileMode.SYMLINK})

    def test_configuration_and_ignore_files_may_be_links(self) -> None:
        files = {
            "images/images.yaml": "../shared/images.yaml",
            "images/a/Dockerfile": ALPINE + "ARG X\n",
            "images/a/image.yaml": "../../shared/image.yaml",
            "images/a/.dockerignore": "../../shared/ignored",
            "images/a/file": "1",
            "shared/images.yaml": "args: {X: 1}",
            "shared/image.yaml": "variants: [{name: one}]",
            "shared/ignored": "file\n",
        }
        modes = dict.fromkeys(
            ("images/images.yaml", "images/a/image.yaml", "images/a/.dockerignore"),
            FileMode.SYMLINK,
        )
        memo = Memo()
        found = catalog_of(files, modes=modes, memo=memo).images[0]
        assert (found.name, found.args) == ("one", (("X", "1"),))
        assert found == catalog_of({**files, "images/a/file": "2"}, modes=modes).images[0]
        other = catalog_of({**files, "shared/ignored": ""}, modes=modes, memo=memo).images[0]
        assert other.fingerprint != found.fingerprint

    def test_a_link_to_no_file_is_said(self) -> None:
        files = {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "nothing"}
        with pytest.raises(ConfigError, match="leads to no file") as caught:
            catalog_of(files, modes={"images/a/image.yaml": FileMode.SYMLINK})
        assert str(caught.value.location) == "images/a/image.yaml"


class TestWork:
    def test_one_changed_file_parses_no_dockerfile_twice(self) -> None:
        files = {f"images/i{n}/Dockerfile": f"FROM alpine:{n}\n" for n in range(20)}
        memo, options = Memo(), CatalogOptions(registry="ghcr.io/owner")
        before = MemoryRevision(files=files)
        first = build_catalog(before, options, memo=memo)
        after = MemoryRevision(files={**files, "images/i3/new": "x"}, name="v2")
        second = build_catalog(after, options, memo=memo)
        assert len(before.reads) == 20
        assert after.reads == []
        same = [a is b for a, b in zip(first.images, second.images, strict=True)]
        assert same.count(False) == 1

    def test_a_shared_memo_changes_no_result(self) -> None:
        base = {**VARIANTS, **TestDefinition.FILES, "images/x/Dockerfile": ALPINE}
        on_base = {"images/x/Dockerfile": "FROM ghcr.io/owner/u:1\n"}
        variations = [
            base,
            {**base, **on_base},
            {**base, "images/images.yaml": "args: {SHARED: 9}"},
            {k: v for k, v in base.items() if not k.startswith("images/base")},
            {**base, **on_base, "images/base/new": "1"},
            {k: v for k, v in (base | on_base).items() if not k.startswith("images/base")},
        ]
        memo = Memo()
        for files in (*variations, *reversed(variations)):
            assert catalog_of(files, memo=memo) == catalog_of(files)

    def test_an_ignore_file_that_a_link_leads_out_of_the_folder_is_no_old_news(self) -> None:
        files = {
            "images/a/Dockerfile": ALPINE,
            "images/a/.dockerignore": "../../shared",
            "images/a/file": "1",
            "shared": "file\n",
        }
        modes = {"images/a/.dockerignore": FileMode.SYMLINK}
        memo = Memo()
        first = catalog_of(files, modes=modes, memo=memo)
        again = {**files, "shared": ""}
        assert catalog_of(again, modes=modes, memo=memo) == catalog_of(again, modes=modes) != first

    def test_an_ignore_file_beside_a_dockerfile_elsewhere_is_no_old_news(self) -> None:
        files = {
            "images/app/file": "1",
            "images/app2/Dockerfile": ALPINE,
            "images/app2/image.yaml": "context: images/app",
            "images/app2/Dockerfile.dockerignore": "",
        }
        memo = Memo()
        first = catalog_of(files, memo=memo)
        again = {**files, "images/app2/Dockerfile.dockerignore": "file\n"}
        assert catalog_of(again, memo=memo) == catalog_of(again) != first

    def test_a_build_sees_what_was_planned(self) -> None:
        files = {
            "images/a/Dockerfile": ALPINE,
            "images/a/image.yaml": "",
            "images/a/README.md": "x",
            "images/a/.dockerignore": "secret\n",
            "images/a/secret": "x",
            "images/a/file": "x",
        }
        revision = MemoryRevision(files=files)
        options = CatalogOptions(registry="ghcr.io/owner")
        found = build_catalog(revision, options).images[0]
        seen = build_files(found, Files(revision)).contexts[0].entries
        assert [entry.path.rpartition("/")[2] for entry in seen] == [
            ".dockerignore",
            "Dockerfile",
            "README.md",
            "file",
        ]
        counted = found.ingredients.files[0].tree
        paths = {entry.path for entry in walk(counted, "images/a")}
        assert {entry.path for entry in seen} - paths == {"images/a/README.md"}
        assert counted.files["Dockerfile"].blob == blob_id(ALPINE.encode())
