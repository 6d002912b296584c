"""Which folders are images, and what they are called."""

import pytest

from tests.bed.catalogs import ALPINE, image_of, names_of, warnings_of
from tests.bed.revisions import catalog_of
from tfimages_action.core.config.kind import Kind
from tfimages_action.errors import CatalogError


class TestNames:
    def test_a_folder_is_an_image_named_by_its_path(self) -> None:
        found = image_of({"images/nomad/client/Dockerfile": ALPINE})
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
        found = image_of(files)
        assert (found.kind, found.flist) == (Kind.VM, "tiny.flist")

    def test_a_given_flist_name_wins(self) -> None:
        found = image_of({"images/a/Dockerfile": ALPINE, "images/a/image.yaml": "flist: mine"})
        assert found.flist == "mine.flist"

    def test_nested_images_are_images_below_a_folder_of_images(self) -> None:
        files = {"images/a/Dockerfile": ALPINE, "images/a/b/Dockerfile": ALPINE}
        assert names_of(files) == {"a", "a/b"}

    def test_at_the_root_what_is_no_image_needs_to_be_named(self) -> None:
        files = {
            "Dockerfile": ALPINE,
            ".github/Dockerfile": ALPINE,
            "app/.hidden/Dockerfile": ALPINE,
            "app/Dockerfile": ALPINE,
            "app/test/Dockerfile": ALPINE,
            "deep/er/Dockerfile": ALPINE,
        }
        assert names_of(files, ".") == {"app", "deep/er"}
        assert names_of({**files, "images.yaml": "include: [app/test]"}, ".") == {
            "app",
            "app/test",
            "deep/er",
        }
        assert names_of({**files, "images.yaml": "exclude: [deep]"}, ".") == {"app"}

    @pytest.mark.parametrize("glob", ["app/test", "./app/test", "app/test/", "/app/t*"])
    def test_globs_may_be_written_as_paths_are(self, glob: str) -> None:
        files = {"app/Dockerfile": ALPINE, "app/test/Dockerfile": ALPINE}
        included = {**files, "images.yaml": f"include: [{glob}]"}
        assert names_of(included, ".") == {"app", "app/test"}
        assert not catalog_of(included, images_dir=".").problems
        assert names_of({**included, "images.yaml": f"exclude: [{glob}]"}, ".") == {"app"}

    def test_a_glob_that_matches_no_folder_is_a_warning(self) -> None:
        files = {
            "images/old/a/Dockerfile": ALPINE,
            "images/b/Dockerfile": ALPINE,
            "images/images.yaml": "include: [b, typo]\nexclude:\n- old\n- odl\n",
        }
        assert warnings_of(catalog_of(files)) == [
            "images/images.yaml:1: `typo` matches no image's folder",
            "images/images.yaml:4: `odl` matches no image's folder",
        ]

    def test_the_root_itself_can_be_an_image_with_a_name(self) -> None:
        files = {"Dockerfile": ALPINE, "images.yaml": "include: ['.']"}
        with pytest.raises(CatalogError, match="has no name"):
            catalog_of(files, images_dir=".")
        files["image.yaml"] = "variants: [{name: whole}]"
        found = image_of(files, images_dir=".")
        assert (found.name, found.context, found.folder) == ("whole", "", "")

    def test_so_can_images_dir(self) -> None:
        files = {
            "images/images.yaml": "include: ['.']",
            "images/Dockerfile": ALPINE,
            "images/image.yaml": "variants: [{name: whole}]",
        }
        found = image_of(files)
        assert (found.name, found.context, found.folder) == ("whole", "images", "images")

    @pytest.mark.parametrize("images_dir", ["images", "images/", "./images", "/images"])
    def test_images_dir_may_be_written_in_several_ways(self, images_dir: str) -> None:
        assert names_of({"images/a/Dockerfile": ALPINE}, images_dir) == {"a"}
