"""Builds that lack a submodule's files are told of; nothing is searched where there is none."""

from tests.bed.revisions import MemoryRevision, catalog_of
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Knowledge
from tfimages_action.core.plan.submodules import left_out_submodules
from tfimages_action.core.tree import FileMode

FILES: dict[str, str | bytes] = {
    ".gitmodules": "",
    "images/a/Dockerfile": "FROM scratch\n",
    "images/a/vendor": "a" * 40,
    "images/b/Dockerfile": "FROM scratch\n",
    "shared/vendor": "b" * 40,
}
MODES = {"images/a/vendor": FileMode.SUBMODULE, "shared/vendor": FileMode.SUBMODULE}


def told(files: dict[str, str | bytes]) -> list[str]:
    revision = MemoryRevision(files=files, modes=MODES)
    plan = decide(Knowledge(current=catalog_of(files, modes=MODES)))
    found = [*left_out_submodules(plan, revision)]
    assert all("ADD" in problem.hint for problem in found)
    return [f"{problem.location}: {problem.message}" for problem in found]


def test_image_and_folder_are_named() -> None:
    (message,) = told(FILES)
    place, _, text = message.partition(": ")
    assert place == "images/a/vendor"
    assert text == "builds of a find an empty folder in place of the submodule images/a/vendor"


def test_those_of_other_contexts_count() -> None:
    yaml = "contexts: {more: shared}"
    (message,) = told({**FILES, "images/b/image.yaml": yaml})
    assert "builds of a and b " in message
    assert "images/a/vendor and shared/vendor" in message


def test_what_no_build_reads_is_not_missed() -> None:
    assert told({**FILES, "images/a/.dockerignore": "vendor\n"}) == []
    assert told({path: text for path, text in FILES.items() if path != ".gitmodules"}) == []
