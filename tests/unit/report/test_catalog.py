"""The catalogue leads with what never changes, and nothing in it can break out of its place."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

from tfimages_action.report.catalog import Entry, Place, render_json, render_markdown
from tfimages_action.report.catalog_html import render_html

PLACE = Place(
    immutable="https://hub/u/a-24.04-0123456789ab.flist", md5="d41d8",
    stable="https://hub/u/a.flist", stable_is_current=True,
    verified=datetime(2026, 11, 23, 12, tzinfo=UTC),
)  # fmt: skip
ENTRY = Entry(
    name="ubuntu:24.04", title="Ubuntu", what="Ubuntu with `ssh`.",
    reference="ghcr.io/o/ubuntu:24.04", place=PLACE,
    digest="sha256:abc", version="v28", versions=("v28", "v27"), size_bytes=48_200_000,
    entry_point="/sbin/zinit init", environment=(("SSH_KEY", "keys, see <https://x.org/y>"),),
    architectures=("amd64",),
)  # fmt: skip
MOVED = replace(ENTRY, place=replace(PLACE, stable_is_current=False))
HOSTILE = replace(
    ENTRY, name='"><script>', what="<img onerror=x> `</code><b>`", note="</article>",
    environment=(("A", "</main><script>"),), entry_point="sh -c '</code>'",
)  # fmt: skip


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_immutable_address_comes_first_with_its_md5() -> None:
    for page in (render_markdown([ENTRY], title="T"), render_html([ENTRY], title="T")):
        assert page.index("mmutable address") < page.index("a-24.04-0123456789ab.flist")
        assert page.index("d41d8") < page.index("https://hub/u/a.flist")
        assert "running VM" in page
        for fact in ("48.2 MB", "v28, v27", "/sbin/zinit init", "2026-11-23 12:00 UTC", "amd64"):
            assert fact in page


def test_a_stable_address_that_serves_another_release_says_so() -> None:
    for page in (render_markdown([MOVED], title="T"), render_html([MOVED], title="T")):
        assert "serves another release now" in page
        assert "2026-11-23" not in page


def test_html_is_balanced_and_nothing_breaks_out() -> None:
    page = render_html([ENTRY, HOSTILE], title="<T>")
    tags = Tags(page)
    assert tags.open == []
    assert not tags.seen & {"script", "img"}
    assert "<title>&lt;T&gt;</title>" in page
    links = [value for name, value in tags.attributes if name == "href"]
    assert links == ["#ubuntu-24-04", "#script", "https://x.org/y"]
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name == "src"]


def test_an_image_of_which_little_is_known() -> None:
    bare = Entry(name="a", note="not published yet")
    for page in (render_markdown([bare], title="T"), render_html([bare], title="T")):
        assert "not published yet" in page
        assert "mmutable address" not in page.partition("a</h2>")[2]


def test_a_retired_image_says_so_and_keeps_its_addresses() -> None:
    old = replace(ENTRY, name="old", retired="v30")
    for page in (render_markdown([ENTRY, old], title="T"), render_html([ENTRY, old], title="T")):
        _, _, told = page.rpartition("old</h2>" if "<html" in page else "## old")
        assert "nothing makes it any more since v30" in told
        assert "https://hub/u/a-24.04-0123456789ab.flist" in told
        assert "moves to each release" not in told
        assert page.count("nothing makes it any more") == 1
    assert "| v28 (retired) |" in render_markdown([ENTRY, old], title="T")
    assert json.loads(render_json([old]))[0]["retired"] == "v30"


def test_json_holds_every_field() -> None:
    found = json.loads(render_json([ENTRY]))
    assert found[0]["place"]["verified"] == "2026-11-23T12:00:00+00:00"
    assert found[0]["environment"] == [["SSH_KEY", "keys, see <https://x.org/y>"]]
