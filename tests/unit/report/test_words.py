"""Numbers as people read them."""

import pytest

from tfimages_action.report import words


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (48_200_000, "48.2 MB"), (3 * 10**9, "3.0 GB"),
     (10**12, "1.0 TB")],
)  # fmt: skip
def test_sizes_are_decimal(count: int, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("count", "text"), [(1_200_000, "+1.2 MB"), (-300, "-300 B"), (0, "±0"), (1, "+1 B")]
)
def test_a_change_has_its_sign(count: int, text: str) -> None:
    assert words.size_change(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (9.9, "9.9 s"), (10.4, "10 s"), (59.4, "59 s"), (60, "1 min 00 s"),
     (185, "3 min 05 s"), (3600, "1 h 00 min"), (7800, "2 h 10 min")],
)  # fmt: skip
def test_durations_are_as_exact_as_they_are_long(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "10 s"), (44, "40 s"), (54.9, "50 s"), (57, "1 min"), (89, "1 min"), (361, "6 min"),
     (3600, "1 h"), (7800, "2 h 10 min")],
)  # fmt: skip
def test_a_guess_is_as_coarse_as_it_is(seconds: float, text: str) -> None:
    assert words.about(seconds) == f"about {text}"


def test_one_and_many() -> None:
    assert words.count(1, "image") == "1 image"
    assert words.count(0, "image") == "0 images"


def test_of_a_long_path_the_end_is_kept() -> None:
    assert words.shortened("a" * 44) == "a" * 44
    assert words.shortened("b" + "a" * 44) == "…" + "a" * 43
