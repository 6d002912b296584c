"""The plan by the tags alone: what changed, why, and what follows from it."""

import json

import pytest

from tests.bed.revisions import catalog_of
from tfimages_action.core.plan.as_json import plan_as_data, plan_as_json
from tfimages_action.core.plan.decide import decide
from tfimages_action.core.plan.knowledge import Force, Knowledge
from tfimages_action.core.plan.model import Action, Plan, ReasonKind
from tfimages_action.core.plan.selection import Selection
from tfimages_action.errors import SettingsError

FILES = {
    "images/images.yaml": "args: {ZINIT_VERSION: 0.2.5}",
    "images/deb-base/Dockerfile": "ARG PARENT\nFROM ${PARENT}\nARG ZINIT_VERSION\nCOPY etc /etc\n",
    "images/deb-base/etc/sshd": "one",
    "images/deb-base/README.md": "read me",
    "images/deb-base/image.yaml": (
        "variants:\n"
        "- {name: 'ubuntu:24.04', args: {PARENT: 'ubuntu:24.04'}}\n"
        "- {name: 'ubuntu:22.04', args: {PARENT: 'ubuntu:22.04'}}\n"
    ),
    "images/ubuntu-docker/Dockerfile": "ARG REGISTRY\nFROM ${REGISTRY}/ubuntu:22.04\n",
    "images/nextcloud/Dockerfile": "FROM ghcr.io/owner/ubuntu-docker\n",
    "images/alpine/Dockerfile": "FROM alpine:3.20\n",
}


def plan(before: dict[str, str] | None, after: dict[str, str], **more: object) -> Plan:
    """The plan of two repositories' contents."""
    previous = catalog_of(before, name="v1", lenient=True) if before is not None else None
    return decide(Knowledge(current=catalog_of(after, name="v2"), previous=previous, **more))  # type: ignore[arg-type]


def kinds(made: Plan) -> dict[str, str]:
    return {step.image.name: step.reason.kind.value for step in made.steps}


def reason(made: Plan, name: str) -> tuple[ReasonKind, str, tuple[str, ...]]:
    found = next(step.reason for step in made.steps if step.image.name == name)
    return found.kind, found.detail, found.chain


def test_builds_all_at_the_first_tag() -> None:
    made = plan(None, FILES)
    assert set(kinds(made).values()) == {"first"}
    assert made.previous is None
    assert made.waves == (
        ("alpine", "ubuntu:22.04", "ubuntu:24.04"),
        ("ubuntu-docker",),
        ("nextcloud",),
    )


def test_builds_nothing_where_nothing_differs() -> None:
    made = plan(FILES, FILES)
    assert set(kinds(made).values()) == {"up-to-date"}
    assert made.waves == ()
    assert {step.action for step in made.steps} == {Action.SKIP}


def test_follows_a_file_to_all_that_is_built_on_it() -> None:
    made = plan(FILES, {**FILES, "images/deb-base/etc/sshd": "two", "images/deb-base/new": "x"})
    assert reason(made, "ubuntu:22.04") == (
        ReasonKind.FILES,
        "changed etc/sshd; added new since v1",
        ("ubuntu:22.04",),
    )
    assert reason(made, "nextcloud") == (
        ReasonKind.PARENT,
        "files of ubuntu:22.04 changed",
        ("nextcloud", "ubuntu-docker", "ubuntu:22.04"),
    )
    assert kinds(made)["alpine"] == "up-to-date"


def test_reads_a_changed_shared_arg_where_it_is_declared_and_nowhere_else() -> None:
    made = plan(FILES, {**FILES, "images/images.yaml": "args: {ZINIT_VERSION: 0.2.14}"})
    assert reason(made, "ubuntu:24.04")[:2] == (
        ReasonKind.DEFINITION,
        "arg ZINIT_VERSION 0.2.5 -> 0.2.14 since v1",
    )
    assert kinds(made)["alpine"] == "up-to-date"
    assert kinds(made)["ubuntu-docker"] == "parent"


def test_a_longer_list_of_variants_touches_no_other_variant() -> None:
    more = (
        FILES["images/deb-base/image.yaml"] + "- {name: 'debian:12', args: {PARENT: 'debian:12'}}"
    )
    made = plan(FILES, {**FILES, "images/deb-base/image.yaml": more})
    assert {n: k for n, k in kinds(made).items() if k != "up-to-date"} == {"debian:12": "new"}


def test_a_shorter_list_of_variants_retires_one_and_touches_no_other() -> None:
    less = "variants: [{name: 'ubuntu:22.04', args: {PARENT: 'ubuntu:22.04'}}]"
    made = plan(FILES, {**FILES, "images/deb-base/image.yaml": less})
    assert made.retired == ("ubuntu:24.04",)
    assert set(kinds(made).values()) == {"up-to-date"}


@pytest.mark.parametrize("path", ["README.md", "README", "deep/down/README.txt"])
def test_a_readme_rebuilds_nothing(path: str) -> None:
    made = plan(FILES, {**FILES, f"images/deb-base/{path}": "other"})
    assert set(kinds(made).values()) == {"up-to-date"}


@pytest.mark.parametrize("path", ["readme_not.txt", "etc/READ.ME", "NOTREADME", "README.d/file"])
def test_what_only_looks_like_a_readme_counts(path: str) -> None:
    made = plan(FILES, {**FILES, f"images/deb-base/{path}": "other"})
    assert kinds(made)["ubuntu:22.04"] == "files"


def test_forces_all() -> None:
    made = plan(FILES, FILES, force=Force(label="v28a", detail="v28a rebuilds all"))
    assert set(kinds(made).values()) == {"forced"}
    assert made.force == "v28a"


def test_a_selection_takes_along_what_it_needs_and_nothing_else() -> None:
    after = {**FILES, "images/deb-base/etc/sshd": "two"}
    made = plan(FILES, after, selection=Selection(only=("nextcloud",)))
    assert kinds(made) == {
        "alpine": "up-to-date",
        "ubuntu:22.04": "files",
        "ubuntu:24.04": "not-selected",
        "ubuntu-docker": "parent",
        "nextcloud": "parent",
    }
    assert any("ubuntu-docker" in problem.message for problem in made.problems)


def test_a_selection_with_descendants() -> None:
    force = Force(label="x", detail="asked")
    chosen = Selection(only=("ubuntu:22*",), descendants=True)
    made = plan(FILES, FILES, force=force, selection=chosen)
    forced = {name for name, kind in kinds(made).items() if kind == "forced"}
    assert forced == {"ubuntu:22.04", "ubuntu-docker", "nextcloud"}


def test_a_whole_name_selects_that_image_and_no_folder_that_ends_like_it() -> None:
    files = {
        "images/client/Dockerfile": "FROM alpine\n",
        "images/nomad/client/Dockerfile": "FROM alpine\n",
    }
    made = plan(None, files, selection=Selection(only=("client",)))
    assert kinds(made) == {"client": "first", "nomad/client": "not-selected"}
    made = plan(None, files, selection=Selection(only=("client*",)))
    assert set(kinds(made).values()) == {"first"}


def test_a_selection_of_nothing_is_refused_with_the_likely_name() -> None:
    with pytest.raises(SettingsError, match="nextclud") as caught:
        plan(FILES, FILES, selection=Selection(only=("nextclud",)))
    assert "nextcloud" in caught.value.hint


def test_json_has_exactly_the_agreed_keys() -> None:
    data = plan_as_data(plan(FILES, {**FILES, "images/deb-base/etc/sshd": "two"}))
    assert {*data} == {"current", "previous", "images", "waves", "retired", "problems"}
    nextcloud = data["images"][-1]
    assert nextcloud["name"] == "nextcloud"
    assert nextcloud["reference"] == "ghcr.io/owner/nextcloud:latest"
    assert nextcloud["action"] == "build"
    assert nextcloud["parents"] == ["ubuntu-docker"]
    assert nextcloud["reason"] == {
        "kind": "parent",
        "detail": "files of ubuntu:22.04 changed",
        "chain": ["nextcloud", "ubuntu-docker", "ubuntu:22.04"],
    }


def test_a_vm_is_called_by_its_flist_in_json() -> None:
    files = {
        "images/fullvm/tiny/Dockerfile": "FROM scratch\n",
        "images/fullvm/tiny/image.yaml": "kind: vm",
    }
    assert json.loads(plan_as_json(plan(None, files)))["images"][0]["reference"] == "tiny.flist"


def test_of_several_causes_the_nearest_counts_and_not_the_first_by_name() -> None:
    before = {
        "images/base/Dockerfile": "FROM alpine\n",
        "images/a-mid/Dockerfile": "FROM ghcr.io/owner/base\n",
        "images/z/Dockerfile": "FROM alpine\n",
        "images/y/Dockerfile": "FROM alpine\n",
        "images/leaf/Dockerfile": (
            "FROM ghcr.io/owner/a-mid\nCOPY --from=ghcr.io/owner/z /a /a\n"
            "COPY --from=ghcr.io/owner/y /b /b\n"
        ),
    }
    far_and_near = {**before, "images/base/new": "x", "images/z/new": "x"}
    assert reason(plan(before, far_and_near), "leaf")[2] == ("leaf", "z")
    two_near = {**far_and_near, "images/y/new": "x"}
    assert reason(plan(before, two_near), "leaf")[2] == ("leaf", "y")
