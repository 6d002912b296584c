"""From FROM and COPY --from to parents inside the repository and bases outside of it."""

import pytest

from tests.bed.catalogs import ALPINE, VARIANTS, image_of, warnings_of
from tests.bed.revisions import catalog_of

U1, U2 = "ghcr.io/owner/u:1", "ghcr.io/owner/u:2"
PINNED = f"{U1}@sha256:{'a' * 64}"
LATEST_ALPINE = "docker.io/library/alpine:latest"


class TestParents:
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
        found = image_of({**VARIANTS, "images/child/Dockerfile": dockerfile}, "child")
        assert list(found.parent_names) == parents
        assert [str(external.reference) for external in found.externals] == externals

    def test_links_carry_their_line_and_what_was_written(self) -> None:
        files = {**VARIANTS, "images/child/Dockerfile": "ARG REGISTRY\n\nFROM ${REGISTRY}/v\n"}
        link = image_of(files, "child").parents[0]
        assert (str(link.location), link.written) == (
            "images/child/Dockerfile:3",
            "ghcr.io/owner/v",
        )

    def test_a_reference_into_the_namespace_that_no_folder_makes_is_a_warning(self) -> None:
        catalog = catalog_of({**VARIANTS, "images/c/Dockerfile": "\nFROM ghcr.io/owner/gone:1\n"})
        assert warnings_of(catalog) == [
            "images/c/Dockerfile:2: no folder makes ghcr.io/owner/gone:1"
        ]
        assert [str(e.reference) for e in catalog.images[0].externals] == ["ghcr.io/owner/gone:1"]

    def test_one_pinned_by_its_digest_is_meant_to_be_from_outside(self) -> None:
        pinned = "ghcr.io/owner/gone@sha256:" + "a" * 64
        assert warnings_of(catalog_of({"images/c/Dockerfile": f"FROM {pinned}\n"})) == []

    def test_a_fork_builds_on_its_own_images(self) -> None:
        files = {**VARIANTS, "images/child/Dockerfile": "ARG REGISTRY\nFROM ${REGISTRY}/u:1\n"}
        assert image_of(files, "child", registry="localhost:5000/x").parent_names == ("u:1",)

    def test_onbuild_triggers_of_a_parent_count_for_those_that_name_it_alone(self) -> None:
        files = {
            "images/tools/Dockerfile": ALPINE,
            "images/base/Dockerfile": ALPINE + "ONBUILD COPY --from=ghcr.io/owner/tools /t /t\n",
            "images/child/Dockerfile": "FROM ghcr.io/owner/base\n",
            "images/grandchild/Dockerfile": "FROM ghcr.io/owner/child\n",
            "images/taker/Dockerfile": ALPINE + "COPY --from=ghcr.io/owner/base /a /a\n",
        }
        found = {one.name: one.parent_names for one in catalog_of(files).images}
        assert found == {
            "tools": (),
            "base": (),
            "child": ("base", "tools"),
            "grandchild": ("child",),
            "taker": ("base", "tools"),
        }

    @pytest.mark.parametrize(
        "name", ["alpine", "alpine:latest", "docker.io/library/alpine", LATEST_ALPINE]
    )
    def test_a_named_context_stands_for_an_image_however_it_is_written(self, name: str) -> None:
        files = {
            "images/a/Dockerfile": "FROM alpine\nCOPY --from=alpine:3 a /a\n",
            "images/a/image.yaml": f"contexts: {{'{name}': common}}",
            "common/x": "1",
        }
        found = image_of(files)
        assert [str(e.reference) for e in found.externals] == ["docker.io/library/alpine:3"]

    def test_named_contexts_are_folders_and_no_images(self) -> None:
        files = {
            "images/a/Dockerfile": ALPINE + "COPY --from=ssh etc /etc\nCOPY --from=other /a /\n",
            "images/a/image.yaml": "contexts: {ssh: common/ssh}",
            "common/ssh/etc/x": "1",
        }
        found = image_of(files)
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
        assert image_of(files, "c").parent_names == ("x-amd64", "x-arm64")

    def test_the_base_is_what_the_target_stands_on(self) -> None:
        text = "FROM golang AS b\nFROM alpine:3 AS f\nFROM f\nCOPY --from=b /x /\n"
        assert str(image_of({"images/a/Dockerfile": text}).base) == "docker.io/library/alpine:3"

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
        assert a.fingerprint != image_of(files, "a").fingerprint
        assert [files.name for files in a.ingredients.files] == [""]

    def test_an_override_replaces_a_context_of_image_yaml_and_an_image_as_it_is_written(
        self,
    ) -> None:
        files = {
            "images/a/Dockerfile": ALPINE + "COPY --from=ssh x /\nCOPY --from=tool:1 x /\n",
            "images/a/image.yaml": "contexts: {ssh: common/ssh}",
            "common/ssh/x": "1",
        }
        overrides = (("ssh", "/tmp/s"), ("tool:1", "/tmp/t"), ("unheard-of", "/tmp/u"))
        found = catalog_of(files, overrides=overrides).images[0]
        assert [(c.name, c.folder, c.outside) for c in found.contexts] == [
            ("ssh", "/tmp/s", True),
            ("tool:1", "/tmp/t", True),
        ]
