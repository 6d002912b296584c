"""Text of strangers stays text: in a line, in a table's cell, in code, in a fence."""

import pytest

from tfimages_action.report import markdown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("two\n lines", "two lines"),
        ("<img src=x> & co", "&lt;img src=x&gt; &amp; co"),
        ("a|b *c* _d_ ~e~", r"a\|b \*c\* \_d\_ \~e\~"),
        ("[x](y) `z` \\", r"\[x\](y) \`z\` \\"),
    ],
)
def test_text_is_read_as_it_stands(raw: str, shown: str) -> None:
    assert markdown.text(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("set `a_b` here", "set `a_b` here"),
        ("a_b", r"a\_b"),
        ("see https://x.example/a_b.", "see <https://x.example/a_b>."),
        ("`https://x.example`", "`https://x.example`"),
        ("one ` alone", r"one \` alone"),
        ("", ""),
    ],
)
def test_a_sentence_keeps_its_code_and_its_addresses(raw: str, shown: str) -> None:
    assert markdown.sentence(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a", "`a`"),
        ("a|b", r"`a\|b`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a``", "``` a`` ```"),
        ("a\nb", "`a b`"),
    ],
)
def test_code_holds_any_ticks_and_bars(raw: str, shown: str) -> None:
    assert markdown.code(raw) == shown


def test_a_link_s_address_ends_where_it_should() -> None:
    assert markdown.link("x", "https://h/a b(1)") == "[x](https://h/a%20b%281%29)"


def test_a_block_has_a_longer_fence_than_all_it_holds() -> None:
    assert markdown.block(["a", "b"]) == "```\na\nb\n```"
    assert markdown.block(["````"], "text") == "`````text\n````\n`````"


def test_a_table_has_a_line_for_each_row() -> None:
    assert markdown.table(("A", "B"), [("1", "2"), ("3", "4")]) == (
        "| A | B |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |"
    )
