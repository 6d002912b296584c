"""config.sh is read as text: nothing in it runs, and what only a shell could tell is said."""

import pytest

from tfimages_action.core.migration.shell_config import read_shell_config

TEXT = r"""#!/bin/bash
# COMMENTED=out
REGISTRY="ghcr.io/owner"   # where
export ZINIT_VERSION=0.2.14
readonly PARENTS=(
  ubuntu:24.04   # newest
  "debian:trixie-slim"
)
LIST="ubuntu:24.04 $EXTRA"
EXTRA='debian:12'
LIST2="ubuntu:24.04 ${EXTRA}"
QUOTED='$EXTRA stays'
WHEN=$(date > /tmp/ran)
OLD=`id`
SUM=$((1+1))
ARRAY=($(ls))
echo NOT=one
if true; then
  INDENTED=yes
fi
LAST=1
LAST=2
EMPTY=
"""


def test_assignments_are_read_and_nothing_else() -> None:
    config = read_shell_config(TEXT)
    assert dict(config.values) == {
        "REGISTRY": ("ghcr.io/owner",),
        "ZINIT_VERSION": ("0.2.14",),
        "PARENTS": ("ubuntu:24.04", "debian:trixie-slim"),
        "EXTRA": ("debian:12",),
        "LIST2": ("ubuntu:24.04 debian:12",),
        "QUOTED": ("$EXTRA stays",),
        "INDENTED": ("yes",),
        "LAST": ("2",),
        "EMPTY": ("",),
    }
    assert config.words("LIST2") == ("ubuntu:24.04", "debian:12")
    assert config.words("PARENTS") == ("ubuntu:24.04", "debian:trixie-slim")


def test_what_only_a_shell_could_tell_is_named() -> None:
    assert set(read_shell_config(TEXT).unread) == {"LIST", "WHEN", "OLD", "SUM", "ARRAY"}


@pytest.mark.parametrize("text", ['A="never closed', "A=(", "A='x", "A=1 command", "=x", "\0A=1"])
def test_broken_files_give_no_values(text: str) -> None:
    assert dict(read_shell_config(text).values) == {}


def test_a_value_that_becomes_unknown_is_not_the_old_one() -> None:
    config = read_shell_config("A=1\nA=$(new)\nB=$A\n")
    assert (dict(config.values), set(config.unread)) == ({}, {"A", "B"})
