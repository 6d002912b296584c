"""What a README says of its image, in the forms that people write."""

import pytest

from tfimages_action.core.catalog.readme import Readme, read_readme

PAGE = """\
# A `node`, with [links](x.md)

Runs `owner/node` 3.2
on [ubuntu](../ubuntu/README.md), e.g. at home. More follows.

| package | why |
|---|---|
| `NOT_ONE` | of another table |

| variable | |
|---|---|
| `A`, `B_2` | the pair, `x\\|y` \\| z |
| `SSH_KEY` | see [there](there.md) |
| lower | none |
"""


def test_title_sentence_and_variables() -> None:
    assert read_readme(PAGE) == Readme(
        title="A `node`, with links",
        sentence="Runs `owner/node` 3.2 on ubuntu, e.g. at home.",
        variables=(
            ("A", "the pair, `x\\|y` \\| z"),
            ("B_2", "the pair, `x\\|y` \\| z"),
            ("SSH_KEY", "see there"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("# Only a title\n", ""),
        ("# T\n\n![logo](x.png)\n\n- a list\n\nAt last. Yes.", "At last."),
        ("# T\r\n\r\nTwo\r\nlines", "Two lines"),
        ("No title. `code` after.", "No title."),
    ],
)
def test_odd_pages_give_less_and_no_error(text: str, sentence: str) -> None:
    assert read_readme(text).sentence == sentence
