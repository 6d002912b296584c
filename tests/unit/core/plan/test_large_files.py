"""Which builds lack a large file: asked only where LFS is in use, and of what is built."""

from dataclasses import dataclass, field

import pytest

from tests.bed.large_files import ATTRIBUTES, pointer
from tests.bed.revisions import MemoryRevision
from tfimages_action.core.catalog.builder import CatalogOptions, build_catalog
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.large_files import missing_large_files
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.problem import Severity
from tfimages_action.core.tree import FileMode, KnowsLargeFiles, Tree, blob_id
from tfimages_action.errors import RevisionError

POINTER, OTHER = pointer("1" * 64), pointer("2" * 64)
FILES: dict[str, str | bytes] = {
    ".gitattributes": ATTRIBUTES,
    "images/a/Dockerfile": "FROM scratch\n",
    "images/a/model.bin": POINTER,
    "images/b/Dockerfile": "FROM scratch\n",
    "images/b/small": "s",
}


@dataclass
class Clone(MemoryRevision):
    """A clone that fetched no large file; counts what it was asked."""

    asked: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)

    def tree(self, under: str = "") -> Tree:
        self.listed.append(under)
        return super().tree(under)

    def lacks_large_file(self, blob: str) -> bool:
        self.asked.append(blob)
        return blob in {blob_id(POINTER.encode()), blob_id(OTHER.encode())}


def plan_of(revision: MemoryRevision, before: MemoryRevision | None = None) -> Plan:
    options = CatalogOptions(registry="ghcr.io/me")
    previous = build_catalog(before, options) if before else None
    return decide(Knowledge(current=build_catalog(revision, options), previous=previous))


def message(files: dict[str, str | bytes]) -> str | None:
    clone = Clone(files=files)
    problem = missing_large_files(plan_of(clone), clone)
    return problem.message if problem else None


def test_image_file_and_cure_are_named() -> None:
    clone = Clone(files=FILES)
    problem = missing_large_files(plan_of(clone), clone)
    assert problem is not None
    assert problem.severity is Severity.ERROR
    assert problem.message == (
        "a can't be built: the Git LFS objects of images/a/model.bin are not at hand"
    )
    assert "lfs: true" in problem.hint
    assert str(problem.location) == "images/a/model.bin"


def test_many_are_counted() -> None:
    more = {f"images/a/{number}.bin": POINTER for number in range(9)}
    told = message({**FILES, **more, "images/b/small": OTHER})
    assert told is not None
    assert told.startswith("a and b can't be built")
    assert "images/a/0.bin, images/a/1.bin, images/a/2.bin and 8 more" in told


def test_a_content_is_asked_for_once_and_no_folder_listed_by_itself() -> None:
    files = {**FILES, "images/b/model.bin": POINTER, "images/a/again.bin": POINTER}
    clone = Clone(files=files)
    plan = plan_of(clone)
    clone.listed.clear()
    missing_large_files(plan, clone)
    assert clone.listed == ["", ""]  # for the attributes, and for the files
    assert len(clone.asked) == len(set(clone.asked)) > 0


def test_only_what_is_built_is_looked_at() -> None:
    before = Clone(files={**FILES, "images/b/small": "t"})
    clone = Clone(files=FILES)
    plan = plan_of(clone, before)
    assert [step.image.name for step in plan.builds] == ["b"]
    assert missing_large_files(plan, clone) is None
    assert blob_id(POINTER.encode()) not in clone.asked


@pytest.mark.parametrize("attributes", [None, "*.sh text eol=lf\n"])
def test_without_lfs_no_file_is_looked_at(attributes: str | None) -> None:
    files = {path: text for path, text in FILES.items() if path != ".gitattributes"}
    clone = Clone(files=files | ({".gitattributes": attributes} if attributes else {}))
    assert missing_large_files(plan_of(clone), clone) is None
    assert clone.asked == []


def test_attributes_count_in_any_folder_and_where_they_can_not_be_read() -> None:
    inner = {path: text for path, text in FILES.items() if path != ".gitattributes"}
    assert message({**inner, "images/a/.gitattributes": ATTRIBUTES}) is not None

    class Partial(Clone):
        def read(self, blob: str) -> bytes:
            if blob == blob_id(ATTRIBUTES.encode()):
                raise RevisionError("a partial clone")
            return super().read(blob)

    partial = Partial(files=FILES)
    assert missing_large_files(plan_of(partial), partial) is not None


def test_a_file_kept_out_of_the_build_is_not_missed() -> None:
    assert message({**FILES, "images/a/.dockerignore": "*.bin\n"}) is None


def test_a_named_contexts_files_count() -> None:
    yaml = "contexts: {assets: shared}\n"
    told = message({**FILES, "images/b/image.yaml": yaml, "shared/x.bin": OTHER})
    assert told is not None
    assert "b can't be built" in told.replace("a and b", "b")
    assert "shared/x.bin" in told


def test_links_and_submodules_are_no_pointers() -> None:
    modes = {"images/a/model.bin": FileMode.SUBMODULE}
    clone = Clone(files=FILES, modes=modes)
    assert missing_large_files(plan_of(clone), clone) is None


def test_a_revision_that_can_not_tell_is_left_to_the_build() -> None:
    revision = MemoryRevision(files=FILES)
    assert not isinstance(revision, KnowsLargeFiles)
    assert missing_large_files(plan_of(revision), revision) is None
