"""From a repository's files to its catalog: names, definitions, parents, and every refusal."""

from typing import ClassVar

import docker.utils.build  # noqa: F401 - here, since urllib3 asks for a socket when imported
import pytest

from tests.bed.revisions import MemoryRevision, blob_id, catalog_of
from tfimages_action.core.catalog import Catalog, Image, Kind, Severity
from tfimages_action.core.catalog_builder import CatalogOptions, build_catalog
from tfimages_action.core.checks import FileCheck, PortCheck, SizeCheck, SshCheck
from tfimages_action.core.context import build_files
from tfimages_action.core.files import Files
from tfimages_action.core.memo import Memo
from tfimages_action.core.tree import FileMode
from tfimages_action.errors import CatalogError, ConfigError, DockerfileError, RefusedError

ALPINE = "FROM alpine:3.20\n"
U1, U2 = "ghcr.io/owner/u:1", "ghcr.io/owner/u:2"
PINNED = f"{U1}@sha256:{'a' * 64}"
LATEST_ALPINE = "docker.io/library/alpine:latest"


def image(files: dict[str, str], name: str | None = None, **more: object) -> Image:
    """The image of that name, or the only one."""
    catalog = catalog_of(files, **more)  # type: ignore[arg-type]
    found = [one for one in catalog.images if name in {None, one.name}]
    assert len(found) == 1, [one.name for one in catalog.images]
    return found[0]


def names(files: dict[str, str], images_dir: str = "images") -> set[str]:
    return {one.name for one in catalog_of(files, images_dir=images_dir).images}


def warnings(catalog: Catalog) -> list[str]:
    return [f"{p.location}: {p.message}" for p in catalog.problems if p.severity == "warning"]


class TestNames:
    def test_a_folder_is_an_image_named_by_its_path(self) -> None:
        found = image({"images/nomad/client/Dockerfile": ALPINE})
        assert found.name == "nomad/client"
        assert str(found.reference) == "ghcr.io/owner/nomad/client:latest"
        assert found.flist == "ghcr.io-owner-nomad-client-latest.flist"
        assert (found.folder, found.context) == ("images/nomad/client",) * 2
        assert found.dockerfile == "images/nomad/client/Dockerfile"

    def test_dockerfiles_by_other_names(self) -> None:
        files = {
            "images/a/dockerfile": ALPINE,
            "images/b/build/Containerfile": ALPINE,
            "images/b/image.yaml": "dockerfile: build/Containerfile",
            "images/c/Dockerfile": ALPINE,
            "images/c/dockerfile": "FROM other\n",
        }
        found = {one.name: one.dockerfile for one in catalog_of(files).images}
        assert found == {
            "a": "images/a/dockerfile",
            "b": "images/b/build/Containerfile",
            "c": "images/c/Dockerfile",
        }

    def test_a_variant_without_a_colon_is_latest(self) -> None:
        files = {
            "images/g/Dockerfile": ALPINE,
            "images/g/image.yaml": "variants: [{name: ubuntu-gluster}, {name: gluster-etcd}]",
        }
        found = [str(one.reference) for one in catalog_of(files).images]
        assert found == ["ghcr.io/owner/gluster-etcd:latest", "ghcr.io/owner/ubuntu-gluster:latest"]

    def test_a_vm_is_called_after_its_folder(self) -> None:
        files = {
            "images/fullvm/tiny/Dockerfile": ALPINE,
            "images/fullvm/tiny/image.yaml": "kind: vm",
        }
        found = image(files)
        assert (found.kind, found.flist) == (Kind.VM, "tiny.flist")

    def test_a_given_flist_name_wins(self) -> None:
        found = image({"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "flist: mine"})
        assert found.flist == "mine.flist"

    def test_nested_images_are_images_below_a_folder_of_images(self) -> None:
        files = {"images/a/Dockerfile": ALPINE, "images/a/b/Dockerfile": ALPINE}
        assert names(files) == {"a", "a/b"}

    def test_at_the_root_what_is_no_image_needs_to_be_named(self) -> None:
        files = {
            "Dockerfile": ALPINE,
            ".github/Dockerfile": ALPINE,
            "app/.hidden/Dockerfile": ALPINE,
            "app/Dockerfile": ALPINE,
            "app/test/Dockerfile": ALPINE,
            "deep/er/Dockerfile": ALPINE,
        }
        assert names(files, ".") == {"app", "deep/er"}
        assert names({**files, "images.yaml": "include: [app/test]"}, ".") == {
            "app",
            "app/test",
            "deep/er",
        }
        assert names({**files, "images.yaml": "exclude: [deep]"}, ".") == {"app"}

    def test_the_root_itself_can_be_an_image_with_a_name(self) -> None:
        files = {"Dockerfile": ALPINE, "images.yaml": "include: ['.']"}
        with pytest.raises(CatalogError, match="has no name"):
            catalog_of(files, images_dir=".")
        files["image.yaml"] = "variants: [{name: whole}]"
        found = image(files, images_dir=".")
        assert (found.name, found.context, found.folder) == ("whole", "", "")

    @pytest.mark.parametrize("images_dir", ["images", "images/", "./images", "/images"])
    def test_images_dir_may_be_written_in_several_ways(self, images_dir: str) -> None:
        assert names({"images/a/Dockerfile": ALPINE}, images_dir) == {"a"}


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
        assert image(own).platforms == ()

    def test_an_own_arg_that_nothing_declares_is_a_warning(self) -> None:
        files = {**self.FILES, "images/a/image.yaml": "args:\n  OWN: 1\n  TYPO: 2"}
        assert warnings(catalog_of(files)) == [
            "images/a/image.yaml:3: images/a/Dockerfile declares no ARG TYPO: it has no effect"
        ]


class TestParents:
    BASE: ClassVar = {
        "images/base/Dockerfile": "ARG PARENT\nFROM ${PARENT}\n",
        "images/base/image.yaml": (
            "variants:\n- {name: 'u:1', args: {PARENT: 'u:1'}}\n"
            "- {name: 'u:2', args: {PARENT: 'u:2'}}\n- {name: v, args: {PARENT: v}}"
        ),
    }

    @pytest.mark.parametrize(
        ("dockerfile", "parents", "externals"),
        [
            ("FROM ghcr.io/owner/u:1\n", ["u:1"], []),
            ("ARG REGISTRY\nFROM ${REGISTRY}/u:2\n", ["u:2"], []),
            ("FROM ghcr.io/owner/v\n", ["v"], []),
            ("FROM u:1\n", [], ["docker.io/library/u:1"]),
            (f"FROM alpine\nCOPY --from={U1} /a /a\n", ["u:1"], [LATEST_ALPINE]),
            (f"FROM {U1} AS a\nFROM {U2}\nCOPY --from=a /x /x\n", ["u:1", "u:2"], []),
            ("FROM ghcr.io/owner/u:1 AS unused\nFROM scratch\nCOPY a /\n", [], []),
            (f"FROM {PINNED}\n", [], [PINNED]),
        ],
    )
    def test_references_lead_to_one_variant_or_out(
        self, dockerfile: str, parents: list[str], externals: list[str]
    ) -> None:
        found = image({**self.BASE, "images/child/Dockerfile": dockerfile}, "child")
        assert list(found.parent_names) == parents
        assert [str(external.reference) for external in found.externals] == externals

    def test_links_carry_their_line_and_what_was_written(self) -> None:
        files = {**self.BASE, "images/child/Dockerfile": "ARG REGISTRY\n\nFROM ${REGISTRY}/v\n"}
        link = image(files, "child").parents[0]
        assert (str(link.location), link.written) == (
            "images/child/Dockerfile:3",
            "ghcr.io/owner/v",
        )

    def test_a_reference_into_the_namespace_that_no_folder_makes_is_a_warning(self) -> None:
        catalog = catalog_of({**self.BASE, "images/c/Dockerfile": "\nFROM ghcr.io/owner/gone:1\n"})
        assert warnings(catalog) == ["images/c/Dockerfile:2: no folder makes ghcr.io/owner/gone:1"]
        assert [str(e.reference) for e in catalog.images[0].externals] == ["ghcr.io/owner/gone:1"]

    def test_a_fork_builds_on_its_own_images(self) -> None:
        files = {**self.BASE, "images/child/Dockerfile": "ARG REGISTRY\nFROM ${REGISTRY}/u:1\n"}
        assert image(files, "child", registry="localhost:5000/x").parent_names == ("u:1",)

    def test_onbuild_triggers_of_a_parent_count_for_its_children_alone(self) -> None:
        files = {
            "images/tools/Dockerfile": ALPINE,
            "images/base/Dockerfile": ALPINE + "ONBUILD COPY --from=ghcr.io/owner/tools /t /t\n",
            "images/child/Dockerfile": "FROM ghcr.io/owner/base\n",
            "images/grandchild/Dockerfile": "FROM ghcr.io/owner/child\n",
        }
        found = {one.name: one.parent_names for one in catalog_of(files).images}
        assert found == {
            "tools": (),
            "base": (),
            "child": ("base", "tools"),
            "grandchild": ("child",),
        }

    def test_named_contexts_are_folders_and_no_images(self) -> None:
        files = {
            "images/a/Dockerfile": ALPINE + "COPY --from=ssh etc /etc\nCOPY --from=other /a /\n",
            "images/a/image.yaml": "contexts: {ssh: common/ssh}",
            "common/ssh/etc/x": "1",
        }
        found = image(files)
        assert [str(e.reference.repository) for e in found.externals] == [
            "library/alpine",
            "library/other",
        ]
        assert found.contexts[0].folder == "common/ssh"

    def test_platforms_may_change_the_graph(self) -> None:
        files = {
            "images/x-amd64/Dockerfile": ALPINE,
            "images/x-arm64/Dockerfile": ALPINE,
            "images/c/Dockerfile": "FROM ghcr.io/owner/x-${TARGETARCH}\n",
            "images/c/image.yaml": "platforms: [linux/amd64, linux/arm64]",
        }
        assert image(files, "c").parent_names == ("x-amd64", "x-arm64")

    def test_the_base_is_what_the_target_stands_on(self) -> None:
        text = "FROM golang AS b\nFROM alpine:3 AS f\nFROM f\nCOPY --from=b /x /\n"
        assert str(image({"images/a/Dockerfile": text}).base) == "docker.io/library/alpine:3"

    def test_overridden_contexts_stand_for_folders_of_this_machine(self) -> None:
        files = {
            "images/a/Dockerfile": (
                "FROM scratch AS zinit\nADD https://x/y /z\n" + ALPINE + "COPY --from=zinit /z /\n"
            ),
            "images/b/Dockerfile": ALPINE,
        }
        plain, changed = catalog_of(files), catalog_of(files, overrides=(("zinit", "/tmp/z"),))
        a, b = changed.find("a"), changed.find("b")
        assert a is not None
        assert b is not None
        assert [(c.name, c.folder, c.outside) for c in a.contexts] == [("zinit", "/tmp/z", True)]
        assert b == plain.find("b")
        assert a.fingerprint != image(files, "a").fingerprint


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
        plan = image(self.FILES, "child").checks
        assert plan.checks == (SshCheck(), FileCheck(path="/a", mode="755"), PortCheck(port=80))
        assert plan.run.tmpfs == ("/run",)
        assert SizeCheck(max_bytes=10_000_000) in image(self.FILES, "base").checks.checks

    def test_ssh_is_inherited_until_an_image_says_no(self) -> None:
        files = {
            **self.FILES,
            "images/child/image.yaml": "checks: {ssh: false}",
            "images/leaf/Dockerfile": "FROM ghcr.io/owner/child\n",
        }
        assert SshCheck() not in image(files, "child").checks.checks
        assert SshCheck() not in image(files, "leaf").checks.checks

    def test_a_variant_adds_checks_of_its_own(self) -> None:
        text = (
            "variants:\n- name: one\n- name: two\n  checks: {port: [81], run: {env: {ME: two}}}\n"
            "checks: {port: [80]}"
        )
        files = {"images/g/Dockerfile": ALPINE, "images/g/image.yaml": text}
        assert image(files, "one").checks.checks == (PortCheck(port=80),)
        two = image(files, "two").checks
        assert two.checks == (PortCheck(port=80), PortCheck(port=81))
        assert two.run.env == (("ME", "two"),)

    def test_checks_change_no_fingerprint(self) -> None:
        other = {**self.FILES, "images/child/image.yaml": "checks: {}"}
        assert image(other, "child").fingerprint == image(self.FILES, "child").fingerprint


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


class TestSymlinks:
    def test_a_dockerfile_may_be_a_link_within_the_repository(self) -> None:
        files = {"images/a/Dockerfile": "../../shared/Dockerfile", "shared/Dockerfile": ALPINE}
        modes = {"images/a/Dockerfile": FileMode.SYMLINK}
        found = image(files, modes=modes)
        assert found.dockerfile == "shared/Dockerfile"
        other = image({**files, "shared/Dockerfile": "FROM other\n"}, modes=modes)
        assert other.fingerprint != found.fingerprint

    @pytest.mark.parametrize("target", ["/etc/passwd", "../../../x", "Dockerfile"])
    def test_a_link_out_of_the_repository_or_in_circles_is_refused(self, target: str) -> None:
        with pytest.raises(ConfigError):
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
        assert image(files, modes={"here": FileMode.SYMLINK}).context == "there"
        with pytest.raises(ConfigError, match="leads out"):
            catalog_of({**files, "here": "../out"}, modes={"here": FileMode.SYMLINK})


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
        base = {**TestParents.BASE, **TestDefinition.FILES, "images/x/Dockerfile": ALPINE}
        variations = [
            base,
            {**base, "images/x/Dockerfile": "FROM ghcr.io/owner/u:1\n"},
            {**base, "images/images.yaml": "args: {SHARED: 9}"},
            {k: v for k, v in base.items() if not k.startswith("images/base")},
            {**base, "images/x/Dockerfile": "FROM ghcr.io/owner/u:1\n", "images/base/new": "1"},
        ]
        memo = Memo()
        for files in (*variations, *reversed(variations)):
            assert catalog_of(files, memo=memo) == catalog_of(files)

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
        counted = found.ingredients.files[0].entries
        assert {e.path for e in seen} - {e.path for e in counted} == {"images/a/README.md"}
        assert counted[1].blob == blob_id(ALPINE.encode())
