"""`POST me/upload`: three words that must agree, names by two rules, and cheerful failures."""

import gzip

import pytest

from tests.bed import oci
from tests.contract.hub.target import FILES, Target, archive, flist_bytes
from tfimages_action.flist.reader import read_flist


def test_a_good_archive(target: Target) -> None:
    name = target.name("good")
    answer = target.upload(name)
    assert answer.status_code == 200
    payload = answer.json()["payload"]
    assert payload["name"] == name
    files = payload["files"]
    assert (files["success"], files["error"], files["status"]) == (True, None, 0)
    assert files["response"]["regular"] == 2
    assert files["response"]["fullsize"] == sum(len(file.content) for file in FILES)


def test_owners_modes_and_content_are_kept(target: Target) -> None:
    file = read_flist(flist_bytes(target, target.uploaded("kept")))
    tool = file.find("/bin/tool")
    assert tool is not None
    assert (tool.mode, tool.uid, tool.size, len(tool.blocks)) == (0o4755, 0, 600_004, 2)


def test_metadata_fields_are_kept_and_reserved_ones_are_not(target: Target) -> None:
    name = target.name("metadata")
    fields = {"metadata-fingerprint": "v1:x", "metadata-backend": "mine", "other": "y"}
    assert target.upload(name, fields=fields).status_code == 200
    metadata = target.call("GET", "api", "flist", target.user, name, "metadata").json()
    assert metadata["fingerprint"] == "v1:x"
    assert isinstance(metadata["backend"], dict)
    assert "other" not in metadata


@pytest.mark.parametrize(
    ("filename", "stem"),
    [("{}.tar.gz", ""), ("{}.flist.tar.gz", ""), ("../../{}.tar.gz", ""), ("{} é@1.tar.gz", "_e1")],
)
def test_the_multipart_name_is_made_safe(target: Target, filename: str, stem: str) -> None:
    files = {"file": (filename.format(target.prefix), archive())}
    answer = target.me("POST", "upload", files=files)
    assert answer.json()["payload"]["name"] == f"{target.prefix}{stem}.flist"


def test_the_header_s_name_is_taken_as_it_is(target: Target) -> None:
    name = target.name("custom name@v1")
    assert target.upload(name).json()["payload"]["name"] == name


@pytest.mark.parametrize("suffix", [".tgz", ".TAR.GZ", ".zip"])
def test_other_suffixes(target: Target, suffix: str) -> None:
    files = {"file": (f"{target.prefix}{suffix}", archive())}
    answer = target.me("POST", "upload", files=files)
    assert answer.status_code == 500
    assert answer.text == '{"status": "error", "message": "this file is not allowed"}'


def test_no_file(target: Target) -> None:
    answer = target.me("POST", "upload", data={"x": "y"})
    assert answer.status_code == 500
    assert answer.json()["message"] == "no file found"


def test_a_plain_tar_is_unpacked_too(target: Target) -> None:
    files = target.upload(target.name("plain"), oci.layer(FILES)).json()["payload"]["files"]
    assert files["response"]["regular"] == 2


@pytest.mark.parametrize("data", [b"", b"junk", gzip.compress(b"junk" * 300)])
def test_junk_replaces_a_good_flist_by_an_empty_one_with_a_200(target: Target, data: bytes) -> None:
    name = target.uploaded("junk")
    answer = target.upload(name, data)
    assert answer.status_code == 200
    files = answer.json()["payload"]["files"]
    assert files["success"] is False
    assert files["error"] == {"function": "putdir", "message": "could not load local directory"}
    assert (files["response"], files["status"]) == ({}, 1)
    dump = target.call("GET", "api", "flist", target.user, name).json()
    assert dump.get("regular", 0) == 0


def test_a_cut_archive_is_a_success(target: Target) -> None:
    whole = archive([oci.File(path=f"f{n}", content=bytes([n]) * 20_000) for n in range(50)])
    plain = gzip.decompress(whole)
    files = target.upload(target.name("cut"), plain[: len(plain) // 2]).json()["payload"]["files"]
    assert files["success"] is True
    assert 0 < files["response"]["regular"] < 50


def test_an_upload_over_a_link_replaces_the_link(target: Target) -> None:
    source, link = target.uploaded("source"), target.name("link")
    target.me("GET", source, "link", link)
    target.upload(link)
    assert target.light(link).json()["type"] == "regular"
    assert target.light(source).status_code == 200


def test_a_ready_flist_is_stored_byte_for_byte(target: Target) -> None:
    content = flist_bytes(target, target.uploaded("ready")).getvalue()
    name = target.name("copy")
    answer = target.me("POST", "upload-flist", files={"file": (name, content)})
    assert answer.status_code == 200
    assert {"path", "size"} <= answer.json()["payload"]["files"]["response"]["content"][0].keys()
    assert flist_bytes(target, name).getvalue() == content


def test_a_junk_flist_is_an_html_500(target: Target) -> None:
    files = {"file": (target.name("junk"), b"junk")}
    answer = target.me("POST", "upload-flist", files=files)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_suffix_of_a_ready_flist(target: Target) -> None:
    files = {"file": (f"{target.prefix}.tar.gz", b"junk")}
    answer = target.me("POST", "upload-flist", files=files)
    assert answer.json()["message"] == "this file is not allowed"
