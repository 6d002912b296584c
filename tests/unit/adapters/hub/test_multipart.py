"""A multipart body has the length it says, and streams."""

import io
from email.message import Message
from email.parser import BytesParser

import pytest

from tfimages_action.adapters.hub.multipart import MultipartFile


@pytest.mark.parametrize("size", [0, 1, 65_536, 200_000])
def test_length_and_content(size: int) -> None:
    source = io.BytesIO(b"\0\xff" * (size // 2) + b"x" * (size % 2))
    told: list[tuple[int, int]] = []
    body = MultipartFile(
        source,
        filename='a"b.tar.gz',
        fields={"metadata-digest": "sha256:ab", "metadata-ü": "é"},
        progress=lambda sent, total: told.append((sent, total)),
    )
    data = b"".join(body)
    assert len(data) == len(body)
    assert told[-1] == (len(data), len(data))
    parsed = BytesParser().parsebytes(
        b"Content-Type: " + body.content_type.encode() + b"\r\n\r\n" + data
    )
    parts = parsed.get_payload()
    assert isinstance(parts, list)
    contents = [part.get_payload(decode=True) for part in parts if isinstance(part, Message)]
    assert contents == [b"sha256:ab", "é".encode(), source.getvalue()]


def test_it_starts_where_the_file_stands() -> None:
    source = io.BytesIO(b"skipped|kept")
    source.seek(8)
    data = b"".join(MultipartFile(source, filename="x", fields={}))
    assert b"kept" in data
    assert b"skipped" not in data


def test_a_name_can_not_break_out_of_its_header() -> None:
    body = MultipartFile(io.BytesIO(), filename='x"\r\nEvil: 1', fields={'n"\r\n': "v"})
    assert b"\r\nEvil" not in b"".join(body)


def test_it_is_read_in_the_pieces_that_were_asked_for() -> None:
    body = MultipartFile(io.BytesIO(b"x" * 1000), filename="x", fields={})
    pieces = []
    while piece := body.read(100):
        assert len(piece) <= 100
        pieces.append(piece)
    assert sum(map(len, pieces)) == len(body)
