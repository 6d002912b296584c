"""Past tags are replayed by the script's rules and by ours; each of its faults is found."""

from dataclasses import replace

from tests.bed.revision import FilesRevision
from tfimages_action.core.migration.adoption import (
    Proposed,
    propose,
    read_repository,
    script_builds,
)
from tfimages_action.core.migration.replay import Replayer
from tfimages_action.core.tree import walk

CONFIG = 'REGISTRY=ghcr.io/o\nZINIT_VERSION=1\nPARENTS="ubuntu:24.04 debian:12"\nTOKEN=secret\n'
FILES = {
    "config.sh": CONFIG,
    "deb-base/Dockerfile": "ARG PARENT\nFROM ${PARENT}\nARG ZINIT_VERSION\nCOPY motd /\n",
    "deb-base/motd": "1",
    "docker/Dockerfile": "FROM ghcr.io/o/ubuntu:24.04\nCOPY x /\n",
    "docker/x": "1",
    "docker/README-first/x": "1",
    "late/Dockerfile": "# the parent is not on line 1\nFROM ghcr.io/o/docker\n",
    "alone/Dockerfile": "FROM scratch\nCOPY x /\n",
    "alone/x": "1",
}
V1 = FilesRevision(files=FILES, name="v1", commit="1" * 40)


def after(**changed: str) -> FilesRevision:
    changes = {
        path.replace("__", "/").replace("_dot_", "."): text for path, text in changed.items()
    }
    return replace(V1, files={**FILES, **changes}, name="v2", commit="2" * 40, _blobs={})


def missed(revision: FilesRevision) -> set[str]:
    return {name for name, _ in Replayer("ghcr.io/o").replay("v2", revision, V1).missed}


def test_files_that_say_what_config_sh_said() -> None:
    proposed = propose(read_repository(V1))
    assert sorted(proposed) == ["deb-base/image.yaml", "images.yaml"]
    assert "name: debian:12" in proposed["deb-base/image.yaml"]
    assert "ZINIT_VERSION: '1'" in proposed["images.yaml"]
    assert "secret" not in "".join(proposed.values())


def test_the_script_walks_up_the_first_lines() -> None:
    before, now = read_repository(V1), read_repository(after(**{"deb-base__motd": "2"}))
    assert script_builds(now, before) == {"ubuntu:24.04", "debian:12", "docker"}


def test_the_script_takes_latest_for_the_image_s_own_name() -> None:
    tagged = {"tagged__Dockerfile": "FROM ghcr.io/o/docker:latest\n"}
    before = read_repository(after(**tagged))
    now = read_repository(after(**tagged, docker__x="2"))
    assert script_builds(now, before) == {"docker", "tagged"}


def test_a_list_of_something_else_is_no_list_of_parents() -> None:
    longer = CONFIG.replace("PARENTS", "ON") + 'OWNERS="rootUser:wheel webUser:www dbUser:db"\n'
    assert read_repository(after(config_dot_sh=longer)).parents == ("ubuntu:24.04", "debian:12")


def test_the_first_tag_built_nothing() -> None:
    replay = Replayer("ghcr.io/o").replay("v1", V1, None)
    assert replay.script == ()
    assert {name for name, _ in replay.missed} == {
        "ubuntu:24.04", "debian:12", "docker", "late", "alone",
    }  # fmt: skip


def test_each_fault_is_found() -> None:
    assert missed(after(alone__x="2")) == set()
    assert missed(after(docker__x="2")) == {"late"}
    assert missed(after(**{"docker__README-first__x": "2"})) == {"docker", "late"}
    assert missed(after(config_dot_sh=CONFIG.replace("VERSION=1", "VERSION=2"))) == {
        "ubuntu:24.04", "debian:12", "docker", "late",
    }  # fmt: skip


def test_what_was_built_for_nothing_is_named_too() -> None:
    ignoring = {"alone/image.yaml": "ignore: [x]\n"}
    before = replace(V1, files={**FILES, **ignoring}, _blobs={})
    now = after(**{"alone__x": "2", "alone__image.yaml": ignoring["alone/image.yaml"]})
    found = Replayer("ghcr.io/o").replay("v2", now, before)
    assert found.script == ("alone",)
    assert found.needless == ("alone",)
    assert found.missed == ()


def test_addresses_stay_change_or_retire() -> None:
    yaml = {"alone/image.yaml": "flist: solo\n", "new/Dockerfile": "FROM scratch\n"}
    kept = {path: text for path, text in FILES.items() if not path.startswith("docker/")}
    kept["late/Dockerfile"] = "FROM scratch\n"
    newest = replace(V1, files={**kept, **yaml}, name="head", commit="3" * 40, _blobs={})
    found = Replayer("ghcr.io/o").addresses(newest, [V1])
    kept_names = ("debian-12", "late-latest", "ubuntu-24.04")
    assert found.stay == tuple(f"ghcr.io-o-{name}.flist" for name in kept_names)
    assert found.change == (("ghcr.io-o-alone-latest.flist", "solo.flist"),)
    assert found.retire == ("ghcr.io-o-docker-latest.flist",)
    assert found.appear == ("ghcr.io-o-new-latest.flist",)


def test_a_mistake_that_hides_an_image_is_told() -> None:
    found = Replayer("ghcr.io/o").addresses(after(**{"alone__image.yaml": "flits: x\n"}), [V1])
    assert "ghcr.io-o-alone-latest.flist" in found.retire
    assert any("flits" in note for note in found.notes)


def test_a_file_of_the_repository_wins_over_a_proposed_one() -> None:
    own = replace(V1, files={"images.yaml": "own"}, _blobs={})
    overlaid = Proposed(revision=own, files={"images.yaml": "ours", "a/image.yaml": "x"})
    read = {entry.path: overlaid.read(entry.blob) for entry in walk(overlaid.tree())}
    assert read == {"a/image.yaml": b"x", "images.yaml": b"own"}
    assert [entry.path for entry in walk(overlaid.tree("a"), "a")] == ["a/image.yaml"]
