"""What the Hub shows to anybody."""

import hashlib

import pytest

from tests.contract.hub.target import FILES, Target, flist_bytes


def test_listing_of_a_user(target: Target) -> None:
    name = target.uploaded("listed")
    target.me("GET", name, "link", target.name("link"))
    listing = target.call("GET", "api", "flist", target.user).json()
    by_name = {entry["name"]: entry for entry in listing}
    file, link = by_name[name], by_name[target.name("link")]
    assert list(file) == ["name", "size", "updated", "type"]
    assert file["size"].endswith(" KB")
    assert file["type"] == "regular"
    assert link["type"] == "symlink"
    assert link["target"] == name
    assert link["linktime"] >= file["updated"]


def test_listing_of_nobody_is_html(target: Target) -> None:
    answer = target.call("GET", "api", "flist", "nobody-has-this-name")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_listings_of_all(target: Target) -> None:
    name = target.uploaded("all")
    assert f"{target.user}/{name}" in target.call("GET", "api", "flist").json()
    repositories = target.call("GET", "api", "repositories").json()
    assert target.user in {repository["name"] for repository in repositories}
    assert {"name", "official", "updated"} <= repositories[0].keys()
    everything = target.call("GET", "api", "fileslist").json()
    assert name in {entry["name"] for entry in everything[target.user]}


@pytest.mark.parametrize("cut", [False, True])
def test_names_work_with_and_without_the_suffix(target: Target, cut: bool) -> None:
    name = target.uploaded("suffix")
    asked = name.removesuffix(".flist") if cut else name
    assert target.light(asked).json()["name"] == name


def test_info_is_light(target: Target) -> None:
    name = target.uploaded("info")
    info = target.call("INFO", "api", "flist", target.user, name)
    assert info.json() == target.light(name).json()


def test_what_is_absent(target: Target) -> None:
    answer = target.light(target.name("absent"))
    assert answer.status_code == 404
    assert answer.text == '{"status": "error", "message": "source not found"}'
    nobody = target.call("GET", "api", "flist", "nobody-has-this-name", "x.flist", "light")
    assert nobody.text == '{"status": "error", "message": "user not found"}'


def test_a_dump_has_paths_sizes_and_true_counts(target: Target) -> None:
    name = target.uploaded("dump")
    dump = target.call("GET", "api", "flist", target.user, name).json()
    assert list(dump) == [
        *("content", "regular", "symlink", "directory", "special", "failure", "fullsize"),
    ]
    sizes = {entry["path"]: entry["size"] for entry in dump["content"]}
    assert sizes["/etc/motd"] == 6
    assert (dump["regular"], dump["symlink"], dump["directory"]) == (2, 1, 2)
    assert dump["fullsize"] == sum(len(file.content) for file in FILES)


def test_a_dangling_link(target: Target) -> None:
    name = target.uploaded("gone")
    link = target.name("dangling")
    target.me("GET", name, "link", link)
    target.me("DELETE", name)
    light = target.light(link)
    assert light.status_code == 200
    assert light.json()["md5"] is None
    dump = target.call("GET", "api", "flist", target.user, link)
    assert (dump.status_code, dump.json()) == (200, {})
    assert target.call("GET", target.user, link).status_code == 404


def test_download_and_md5_agree(target: Target) -> None:
    name = target.uploaded("md5")
    content = flist_bytes(target, name).getvalue()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    answer = target.call("GET", target.user, f"{name}.md5")
    assert answer.text == f"{md5}\n"
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert target.light(name).json()["md5"] == md5


def test_downloads_that_are_not_there_are_html(target: Target) -> None:
    for name in (target.name("none"), f"{target.name('none')}.md5"):
        answer = target.call("GET", target.user, name)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


def test_the_other_forms(target: Target) -> None:
    name = target.uploaded("forms")
    stem = name.removesuffix(".flist")
    assert "Checksum: " in target.call("GET", target.user, f"{stem}.txt").text
    assert target.call("GET", target.user, f"{stem}.json").status_code == 500


def test_a_hidden_slash_is_no_name(target: Target) -> None:
    answer = target.call("GET", "api", "flist", target.user, "a/b.flist", "light")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
