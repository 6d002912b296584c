"""The Hub's answers as a real Hub gave them, and what is made of nonsense."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.adapters.hub.answers_of import answer
from tfimages_action.adapters.hub.answers import (
    Dump,
    EntryType,
    Light,
    Listed,
    Statistics,
    Uploaded,
)
from tfimages_action.adapters.hub.errors import HubGarbledError
from tfimages_action.adapters.hub.fields import Fields, decode, objects

SAMPLE = Path(__file__).parents[3] / "data" / "hub-sample"


def fields(value: object) -> Fields:
    return Fields.of(answer(value))


def sample(name: str) -> Fields:
    return fields((SAMPLE / name).read_bytes())


def test_a_real_conversion() -> None:
    statistics = Statistics.read(sample("convert.json").within("payload").within("name"))
    assert (statistics.regular, statistics.symlink, statistics.special) == (16, 3, 1)
    assert statistics.credible


def test_a_real_light() -> None:
    light = Light.read(sample("light.json"), 7)
    assert light.type is EntryType.REGULAR
    assert (light.size, light.md5, light.hub_time) == (3078, "f84b507bc0e6c75471c1ad5ecf634903", 7)


def test_a_real_dump() -> None:
    dump = Dump.read(sample("dump.json"))
    assert dump is not None
    assert len(dump.entries) == 32
    assert dump.statistics.directory == 12


def test_a_dump_of_a_dead_link_is_none() -> None:
    assert Dump.read(fields({})) is None


def test_a_dump_keeps_names_that_are_no_utf8() -> None:
    dump = Dump.read(fields({"content": [{"size": 3}], "regular": 1}))
    assert dump is not None
    assert dump.entries[0].path is None


@pytest.mark.parametrize(
    "value", [{}, {"regular": 0}, {"regular": 5, "failure": 1}, {"directory": 9, "symlink": 9}]
)
def test_statistics_that_prove_nothing(value: dict[str, int]) -> None:
    assert not Statistics.read(fields(value)).credible


def test_a_dangling_link_has_no_md5() -> None:
    value = {"name": "x.flist", "type": "symlink", "md5": None, "target": "../bob/y.flist"}
    light = Light.read(fields(value), None)
    assert (light.md5, light.target, light.size) == (None, "../bob/y.flist", 0)


def uploaded(**files: object) -> Uploaded:
    whole = {"success": True, "error": None, "response": {"regular": 1}, "status": 0, **files}
    return Uploaded.read(fields({"payload": {"name": "x.flist", "files": whole}}))


def test_an_upload_counts_only_if_three_words_agree() -> None:
    assert uploaded().credible
    assert not uploaded(status=1).credible
    assert not uploaded(response={}).credible
    failed = uploaded(success=False, error={"function": "putdir", "message": "no"})
    assert not failed.credible
    assert failed.error == "no"


def test_a_listing() -> None:
    body = [
        {"name": "x.flist", "size": "457.07 KB", "updated": 5, "type": "regular"},
        {"name": "v1", "size": "0 KB", "updated": 5, "type": "tag"},
    ]
    first, second = [Listed.read(item) for item in objects(answer(body))]
    assert first == Listed(name="x.flist", size="457.07 KB", updated=5, type=EntryType.REGULAR)
    assert second.type == "tag"


def test_numbers_that_the_hub_leaves_out_are_zero() -> None:
    assert Statistics.read(fields({})) == Statistics()
    bare = fields({"name": "x", "size": "0 KB", "type": "regular"})
    assert Listed.read(bare).updated == 0
    light = Light.read(fields({"name": "x", "type": "regular"}), None)
    assert (light.size, light.updated) == (0, 0)


@pytest.mark.parametrize("body", [b"<html></html>", b"", b"[]", b"null", b'"x"', b"\xff"])
def test_what_is_no_object_is_garbled(body: bytes) -> None:
    with pytest.raises(HubGarbledError):
        Fields.of(answer(body))


def test_a_type_of_tomorrow_does_not_spoil_a_listing() -> None:
    body = {"name": "x", "size": "1 KB", "updated": 5, "type": "hologram"}
    assert Listed.read(fields(body)).type is EntryType.OTHER


def test_fields_of_a_wrong_type_are_garbled() -> None:
    for bad in ({"name": 5}, {"name": None}, {}):
        with pytest.raises(HubGarbledError, match="no text 'name'"):
            fields(bad).text("name")
    with pytest.raises(HubGarbledError, match="no number"):
        fields({"n": True}).number("n")
    with pytest.raises(HubGarbledError, match="no true or false"):
        fields({"f": 1}).flag("f")
    with pytest.raises(HubGarbledError, match="no list"):
        fields({"l": {}}).items("l")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["name", "type", "md5"]), inner)
    ),
    max_leaves=8,
)


@given(_JSON)
def test_no_answer_ends_in_anything_but_a_garbled_error(value: object) -> None:
    whole = answer(json.loads(json.dumps(value)))
    decode(whole)
    for read in (lambda f: Light.read(f, None), Listed.read, Uploaded.read, Dump.read):
        with contextlib.suppress(HubGarbledError):
            read(Fields.of(whole))
