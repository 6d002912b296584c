"""Builds on real engines, of both image stores."""

import threading
import uuid

import pytest

from tests.integration.engine.work import Bench
from tfimages_action.core.catalog.model import NamedContext
from tfimages_action.core.run.work import PinnedParent
from tfimages_action.core.tree import FileMode
from tfimages_action.errors import StageError

SCRATCH = {"app/Dockerfile": "FROM scratch\nCOPY . /c/\n", "app/x": "hello\n"}


def test_a_context_is_the_revisions_files_less_what_dockerignore_names(bench: Bench) -> None:
    built = bench.build(
        {
            **SCRATCH,
            "app/.dockerignore": "Dockerfile\n.dockerignore\nsecret\n",
            "app/secret": "no\n",
            "app/sub/run": (FileMode.EXECUTABLE, b"#!/bin/sh\n"),
            "app/sub/link": (FileMode.SYMLINK, b"run"),
            "other/y": "not ours\n",
        }
    )
    files = bench.files_in(built.local)
    assert {name for name in files if name.startswith("c/")} == {"c/x", "c/sub/run", "c/sub/link"}


def test_an_ignore_file_of_the_dockerfiles_own_outranks_the_contexts(bench: Bench) -> None:
    built = bench.build(
        {
            "app/Other.Dockerfile": "FROM scratch\nCOPY . /c/\n",
            "app/Other.Dockerfile.dockerignore": "y\n*ocker*\n",
            "app/.dockerignore": "x\n",
            "app/x": "x",
            "app/y": "y",
        },
        bench.image(dockerfile="app/Other.Dockerfile"),
    )
    assert {name for name in bench.files_in(built.local) if name.startswith("c/")} == {"c/x"}


def test_modes_owners_and_times_are_the_commits(classic: Bench) -> None:
    built = classic.build(
        {
            "app/Dockerfile": "FROM debian:trixie-slim\nCOPY . /c\n"
            "RUN cd /c && stat -c '%n %a %u %g %Y %F' Dockerfile run link sub > /seen\n",
            "app/run": (FileMode.EXECUTABLE, b"#!/bin/sh\n"),
            "app/link": (FileMode.SYMLINK, b"run"),
            "app/sub/x": "x",
        }
    )
    seen = classic.files_in(built.local)["seen"].decode().splitlines()
    assert seen == [
        "Dockerfile 644 0 0 1700000000 regular file",
        "run 755 0 0 1700000000 regular file",
        "link 777 0 0 1700000000 symbolic link",
        "sub 755 0 0 1700000000 directory",
    ]


def test_a_dockerfile_may_stand_outside_its_context(bench: Bench) -> None:
    built = bench.build(
        {"app/Dockerfile": "FROM scratch\nCOPY . /c/\n", "shared/x": "x"},
        bench.image(context="shared"),
    )
    assert {name for name in bench.files_in(built.local) if name.startswith("c/")} == {"c/x"}


def test_named_contexts_are_folders_of_the_revision(bench: Bench) -> None:
    built = bench.build(
        {"app/Dockerfile": "FROM scratch\nCOPY --from=more x /x\n", "shared/x": "more\n"},
        bench.image(contexts=(NamedContext(name="more", folder="shared"),)),
    )
    assert bench.files_in(built.local)["x"] == b"more\n"


def test_a_child_is_built_on_exactly_the_parent_of_this_run(bench: Bench) -> None:
    written = "nowhere.invalid/parent:1"
    parent = bench.build({**SCRATCH, "app/x": "this run's\n"}, labels=(("of", "parent"),))
    other = bench.build({**SCRATCH, "app/x": "another\n"})
    child = bench.build(
        {"app/Dockerfile": f"FROM {written}\nCOPY y /y\n", "app/y": "y\n"},
        parents=(PinnedParent(written=written, source=parent.source),),
    )
    assert child.layers[: len(parent.layers)] == parent.layers
    assert other.layers[0] not in child.layers
    labels = bench.engine.text("inspect", "--format", "{{json .Config.Labels}}", child.local)
    assert labels == '{"of":"parent"}'


def test_a_child_is_built_on_the_published_parent_that_a_digest_pins(bench: Bench) -> None:
    written = "nowhere.invalid/parent:1"
    parent = bench.build(SCRATCH)
    published = bench.push(parent)
    pinned = parent.image.reference.with_digest(published.digest)
    child = bench.build(
        {"app/Dockerfile": f"FROM {written}\nCOPY y /y\n", "app/y": "y\n"},
        parents=(PinnedParent(written=written, source=f"docker-image://{pinned}"),),
    )
    assert child.layers[:-1] == parent.layers


def test_a_base_that_only_the_engine_has_is_usable(bench: Bench) -> None:
    built = bench.build({"app/Dockerfile": "FROM debian:trixie-slim\nLABEL a=b\n"})
    base = bench.engine.text("inspect", "--format", "{{json .RootFS.Layers}}", "debian:trixie-slim")
    assert base == '["' + '","'.join(built.layers) + '"]'


def test_labels_change_no_layer_and_no_cache(classic: Bench) -> None:
    files = {
        "app/Dockerfile": "FROM debian:trixie-slim\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n"
    }
    one = classic.build(files, labels=(("version", "1"),))
    two = classic.build(files, labels=(("version", "2"),), source_date_epoch=1_800_000_000)
    assert one.layers == two.layers
    assert one.image_id != two.image_id


def test_a_child_is_not_rebuilt_for_other_labels_of_its_parent(bench: Bench) -> None:
    written = "nowhere.invalid/parent:1"
    files = {"app/Dockerfile": f"FROM {written}\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n"}
    parents = [
        bench.build({"app/Dockerfile": "FROM debian:trixie-slim\n"}, labels=(("version", version),))
        for version in ("1", "2")
    ]
    assert parents[0].image_id != parents[1].image_id
    one, two = (
        bench.build(files, parents=(PinnedParent(written=written, source=parent.source),))
        for parent in parents
    )
    assert one.layers == two.layers


def test_a_forced_build_hits_no_cache(classic: Bench) -> None:
    files = {
        "app/Dockerfile": "FROM debian:trixie-slim\nRUN cat /proc/sys/kernel/random/uuid > /uuid\n"
    }
    uuids = [
        classic.files_in(classic.build(files, no_cache=forced).local)["uuid"]
        for forced in (False, False, True)
    ]
    assert uuids[0] == uuids[1] != uuids[2]


def test_args_and_target_are_passed(bench: Bench) -> None:
    dockerfile = "FROM scratch AS one\nARG F\nCOPY $F /f\nFROM one\nCOPY y /y\n"
    built = bench.build(
        {"app/Dockerfile": dockerfile, "app/x": "x", "app/y": "y"},
        bench.image(args=(("F", "x"),), target="one"),
    )
    files = bench.files_in(built.local)
    assert files["f"] == b"x"
    assert "y" not in files


def test_a_failing_run_names_its_line_and_is_never_tried_again(classic: Bench) -> None:
    dockerfile = "FROM debian:trixie-slim\n\nRUN echo before; echo connection reset >&2; exit 7\n"
    with pytest.raises(StageError) as caught:
        classic.build({"app/Dockerfile": dockerfile})
    error = caught.value
    assert str(error.location) == "app/Dockerfile:3"
    assert error.message.startswith("`RUN echo before")
    assert error.message.endswith("exit 7` failed with exit code 7: connection reset")
    assert not error.transient
    assert "connection reset" in "\n".join(classic.lines[-20:])


def test_a_stop_ends_a_build(classic: Bench) -> None:
    stop = threading.Event()
    # Never built before, or the cache would end it first.
    command = f"RUN sleep 60 # {uuid.uuid4()}"
    request = classic.request({"app/Dockerfile": f"FROM debian:trixie-slim\n{command}\n"})

    def log(line: str) -> None:
        if "RUN sleep" in line:
            stop.set()

    with pytest.raises(StageError, match="stopped"):
        classic.session.builder.build(request, log=log, stop=stop)
    assert list(classic.session.home.work.iterdir()) == []


def test_several_platforms_need_a_store_that_can(classic: Bench) -> None:
    image = classic.image(platforms=("linux/amd64", "linux/arm64"))
    with pytest.raises(StageError, match="classic store") as caught:
        classic.build(SCRATCH, image)
    assert "containerd-snapshotter" in caught.value.hint


def test_several_platforms_in_one_image(containerd: Bench) -> None:
    image = containerd.image(platforms=("linux/amd64", "linux/arm64"))
    built = containerd.build(SCRATCH, image)
    published = containerd.push(built)
    config = containerd.engine.text(
        "manifest", "inspect", "--insecure", str(image.reference.with_tag("fp-1"))
    )
    assert '"arm64"' in config
    assert '"amd64"' in config
    assert published.digest == built.image_id


def test_a_warning_of_buildkits_is_kept(bench: Bench) -> None:
    built = bench.build({**SCRATCH, "app/Dockerfile": "FROM scratch\nCOPY x /\\\n\n\ny\n"})
    (problem,) = [one for one in built.problems if "ontinuation" in one.message]
    assert problem.location is not None
    assert problem.location.path == built.image.dockerfile
    assert problem.location.line
