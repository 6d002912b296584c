"""Every mistake in a repository is refused at its place."""

import pytest

from tests.bed.catalogs import ALPINE
from tests.bed.revisions import catalog_of
from tfimages_action.core.problem import Severity
from tfimages_action.errors import CatalogError, ConfigError, DockerfileError, RefusedError


class TestRefusals:
    @pytest.mark.parametrize(
        ("files", "error", "message", "place"),
        [
            ({"other/Dockerfile": ALPINE}, CatalogError, "no Dockerfile found in images", None),
            ({"images/x": "file"}, CatalogError, "no Dockerfile found in images", None),
            (
                {
                    "images/a/Dockerfile": "FROM ghcr.io/owner/b\n",
                    "images/b/Dockerfile": "\nFROM ghcr.io/owner/c\n",
                    "images/c/Dockerfile": "FROM ghcr.io/owner/a\n",
                },
                CatalogError,
                "a -> b -> c -> a",
                "images/a/Dockerfile:1",
            ),
            (
                {
                    "images/a/Dockerfile": ALPINE,
                    "images/b/Dockerfile": ALPINE,
                    "images/b/image.yaml": "variants:\n- name: a:latest",
                },
                CatalogError,
                "ghcr.io/owner/a:latest is made twice",
                "images/b/image.yaml:2",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "\nkint: vm"},
                ConfigError,
                "unknown key",
                "images/a/image.yaml:2",
            ),
            (
                {"images/a/Dockerfile": "ARG BASE\n\nFROM ${BASE}\n"},
                DockerfileError,
                "BASE",
                "images/a/Dockerfile:3",
            ),
            (
                {"images/a/Dockerfile": "FROM debian:${V}\n"},
                DockerfileError,
                "V",
                "images/a/Dockerfile:1",
            ),
            (
                {"images/Big/Dockerfile": ALPINE},
                CatalogError,
                "lower case",
                "images/Big/Dockerfile",
            ),
            (
                {"images/a/image.yaml": "kind: vm"},
                ConfigError,
                "no Dockerfile",
                "images/a/image.yaml",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "\ncontext: ../.."},
                ConfigError,
                "leads out of the repository",
                "images/a/image.yaml:2",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "contexts: {x: nowhere}"},
                ConfigError,
                "no folder 'nowhere'",
                "images/a/image.yaml:1",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "contexts:\n  SSH: images"},
                ConfigError,
                "no context can be called 'SSH'",
                "images/a/image.yaml:2",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "contexts: {'': images}"},
                ConfigError,
                "no context can be called ''",
                "images/a/image.yaml:1",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": 'args: {A: "a\\0b"}'},
                ConfigError,
                "NUL",
                "images/a/image.yaml:1",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "dockerfile: ../../../x"},
                ConfigError,
                "leads out of the repository",
                "images/a/image.yaml:1",
            ),
            (
                {"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "dockerfile: nothing"},
                ConfigError,
                "there is no file",
                "images/a/image.yaml:1",
            ),
            (
                {"images/a/Dockerfile": "FORM alpine\n"},
                DockerfileError,
                "",
                "images/a/Dockerfile:1",
            ),
        ],
    )
    def test_a_mistake_has_its_place(
        self, files: dict[str, str], error: type[RefusedError], message: str, place: str | None
    ) -> None:
        with pytest.raises(error) as caught:
            catalog_of(files)
        assert message in caught.value.message
        assert str(caught.value.location or "None") == str(place)
        assert caught.value.exit_code == 2

    def test_an_ignore_file_that_buildkit_refuses_is_refused(self) -> None:
        files = {
            "images/a/Dockerfile": ALPINE,
            "images/a/.dockerignore": "# x\nout\n[a\n",
            "images/b/Dockerfile": ALPINE,
            "images/b/image.yaml": "contexts: {more: more}",
            "more/.dockerignore": "!\n",
        }
        with pytest.raises(ConfigError, match=r"`\[a` is no pattern") as caught:
            catalog_of(files)
        assert str(caught.value.location) == "images/a/.dockerignore:3"
        assert "more/.dockerignore:1" in caught.value.render()
        older = catalog_of({**files, "images/c/Dockerfile": ALPINE}, lenient=True)
        assert [image.name for image in older.images] == ["c"]
        assert older.broken == ("images/a", "images/b")

    def test_all_mistakes_are_named_at_once(self) -> None:
        files = {"images/a/Dockerfile": "FORM x\n", "images/b/Dockerfile": "\nFORM x\n"}
        with pytest.raises(RefusedError) as caught:
            catalog_of(files)
        assert "images/a/Dockerfile:1" in caught.value.render()
        assert "images/b/Dockerfile:2" in caught.value.render()

    def test_an_older_revision_loses_only_what_is_wrong_in_it(self) -> None:
        files = {
            "images/bad/Dockerfile": "FORM x\n",
            "images/ring/Dockerfile": "FROM ghcr.io/owner/ring\n",
            "images/good/Dockerfile": ALPINE,
        }
        catalog = catalog_of(files, name="v0", lenient=True)
        assert [one.name for one in catalog.images] == ["good"]
        assert catalog.broken == ("images/bad", "images/ring")
        assert {p.severity for p in catalog.problems} == {Severity.WARNING}
        assert catalog_of({}, lenient=True).images == ()
