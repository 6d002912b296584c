"""Links, tags, rename, promote, delete, merge: what they do, and what they lose."""

import pytest

from tests.contract.hub.target import Target

SUCCESS = '{"status": "success"}'


def test_link_and_relink(target: Target) -> None:
    first, second, link = target.uploaded("1"), target.uploaded("2"), target.name("link")
    for source in (first, second):
        answer = target.me("GET", source, "link", link)
        assert (answer.status_code, answer.text) == (200, SUCCESS)
        light = target.light(link).json()
        assert (light["type"], light["target"]) == ("symlink", source)
        assert light["md5"] == target.light(source).json()["md5"]
        assert list(light) == ["name", "size", "updated", "type", "md5", "linktime", "target"]


def test_a_link_over_a_file_is_a_401(target: Target) -> None:
    first, second = target.uploaded("1"), target.uploaded("2")
    answer = target.me("GET", first, "link", second)
    assert answer.status_code == 401
    assert answer.json()["message"] == "link destination is already a file"


@pytest.mark.parametrize("action", ["link", "rename"])
def test_a_source_that_is_not_there(target: Target, action: str) -> None:
    target.uploaded("other")
    answer = target.me("GET", target.name("none"), action, target.name("x"))
    assert answer.status_code == 404
    assert answer.text == '{"status": "error", "message": "source not found"}'


def test_post_is_html(target: Target) -> None:
    name = target.uploaded("1")
    answer = target.me("POST", name, "link", target.name("x"))
    assert answer.status_code == 405
    assert answer.headers["Content-Type"].startswith("text/html")


def test_crosslink(target: Target) -> None:
    name, link = target.uploaded("1"), target.name("cross")
    answer = target.me("GET", link, "crosslink", target.user, name)
    assert answer.text == SUCCESS
    assert target.light(link).json()["target"] == f"../{target.user}/{name}"
    listing = target.call("GET", "api", "flist", target.user).json()
    assert {e["name"]: e.get("target") for e in listing}[link] == f"{target.user}/{name}"
    nobody = target.me("GET", link, "crosslink", "nobody-has-this-name", name)
    assert nobody.json()["message"] == "source repository not found"


def test_tag_and_untag(target: Target) -> None:
    name, tag = target.uploaded("1"), f"{target.prefix}-v1"
    assert target.me("GET", tag, "x.flist", "tag", target.user, name).text == SUCCESS
    listing = target.call("GET", "api", "flist", target.user, "tags", tag).json()
    assert [(e["name"], e["target"]) for e in listing] == [("x.flist", f"{target.user}/{name}")]
    assert target.call("GET", target.user, "tags", tag, "x.flist").status_code == 200
    assert target.call("GET", target.user, "tags", tag, "x.flist.md5").status_code == 404
    wrong = target.me("DELETE", tag, "y.flist", "tag", target.user, name)
    assert wrong.json()["message"] == "target not found on this tag"
    assert target.me("DELETE", tag, "x.flist", "tag", target.user, name).text == SUCCESS
    gone = target.call("GET", "api", "flist", target.user, "tags", tag)
    assert gone.status_code == 404
    assert gone.headers["Content-Type"].startswith("text/html")


def test_crosstag(target: Target) -> None:
    name, tag, link = target.uploaded("1"), f"{target.prefix}-v1", f"{target.prefix}-tags"
    target.me("GET", tag, "x.flist", "tag", target.user, name)
    assert target.me("GET", link, "crosstag", target.user, tag).text == SUCCESS
    answer = target.call("GET", "api", "flist", target.user, link, "taglink")
    assert answer.json() == {"target": f"{target.user}/tags/{tag}"}
    none = target.me("GET", link, "crosstag", target.user, f"{target.prefix}-none")
    assert none.json()["message"] == "source tag not found"
    suffix = target.me("GET", f"{link}.flist", "crosstag", target.user, tag)
    assert suffix.status_code == 401
    assert suffix.json()["message"] == "tag symlink cannot ends with .flist"
    assert target.me("DELETE", link, "crosstag", target.user, tag).status_code == 405
    assert target.me("DELETE", link).text == SUCCESS


def test_rename_replaces_files_and_links_without_a_word(target: Target) -> None:
    first, second, link = target.uploaded("1"), target.uploaded("2"), target.name("link")
    target.me("GET", second, "link", link)
    md5 = target.light(first).json()["md5"]
    assert target.me("GET", first, "rename", second).text == SUCCESS
    assert target.light(first).status_code == 404
    assert target.light(link).json()["md5"] == md5
    assert target.me("GET", second, "rename", link).text == SUCCESS
    assert target.light(link).json()["type"] == "regular"


def test_rename_carries_a_link_over_a_name_in_one_step(target: Target) -> None:
    first, stable, beside = target.uploaded("1"), target.uploaded("stable"), target.name("beside")
    target.me("GET", first, "link", beside)
    assert target.me("GET", beside, "rename", stable).text == SUCCESS
    assert target.light(stable).json()["target"] == first


def test_promote_copies(target: Target) -> None:
    name, copy = target.uploaded("1"), target.name("copy")
    answer = target.me("GET", "promote", target.user, name, copy)
    assert answer.json() == {
        "status": "success",
        "payload": {
            "source": {"username": target.user, "filename": name},
            "destination": {"username": target.user, "filename": copy},
        },
    }
    assert target.light(copy).json()["md5"] == target.light(name).json()["md5"]


def test_promote_of_a_link_makes_a_file(target: Target) -> None:
    name, link, copy = target.uploaded("1"), target.name("link"), target.name("copy")
    target.me("GET", name, "link", link)
    target.me("GET", "promote", target.user, link, copy)
    assert target.light(copy).json()["type"] == "regular"


def test_promote_onto_itself_deletes(target: Target) -> None:
    name = target.uploaded("1")
    answer = target.me("GET", "promote", target.user, name, name)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")
    assert target.light(name).status_code == 404


def test_delete_takes_the_link_not_the_target(target: Target) -> None:
    name, link = target.uploaded("1"), target.name("link")
    target.me("GET", name, "link", link)
    assert target.me("DELETE", link).text == SUCCESS
    assert target.light(name).status_code == 200
    again = target.me("DELETE", link)
    assert (again.status_code, again.json()["message"]) == (404, "source not found")


def test_merge(target: Target) -> None:
    first, second, merged = target.uploaded("1"), target.uploaded("2"), target.name("merged")
    sources = [f"{target.user}/{first}", f"{target.user}/{second}"]
    assert target.me("POST", "merge", merged, json=sources).text == SUCCESS
    dump = target.call("GET", "api", "flist", target.user, merged).json()
    assert dump["regular"] == 2


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "no source found"),
        (["nothing"], "malformed source filename"),
        (["{user}/tf-contract-nope.flist"], "{user}/tf-contract-nope.flist does not exists"),
    ],
)
def test_merge_refuses(target: Target, sources: list[str], message: str) -> None:
    body = [source.format(user=target.user) for source in sources]
    answer = target.me("POST", "merge", target.name("x"), json=body)
    assert answer.status_code == 500
    assert answer.json()["message"] == message.format(user=target.user)


def test_merge_of_a_dead_link_is_a_500_that_says_success(target: Target) -> None:
    name, link = target.uploaded("1"), target.name("dead")
    target.me("GET", name, "link", link)
    target.me("DELETE", name)
    other = target.uploaded("2")
    body = [f"{target.user}/{other}", f"{target.user}/{link}"]
    answer = target.me("POST", "merge", target.name("x"), json=body)
    assert (answer.status_code, answer.text) == (500, SUCCESS)
