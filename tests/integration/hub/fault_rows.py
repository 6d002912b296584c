"""Every way in which the Hub was seen to fail: the rows of the table in docs/hub.md.

`make generate` writes the table from here, test_faults.py runs what it says, and
tests/unit/test_fault_table.py holds that no fault and no test is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.standins.hub.faults import Fault

SAME: Final = "(the same)"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault, what a run makes of it that publishes v2 over v1, and what is served then."""

    what: str
    once: str = ""
    """What the run does when it happens once; v2 is served then."""
    lasting: str = ""
    """What the run ends with when it happens to every request."""
    serves: str = "v1"
    """What the stable address serves after the lasting one (or the only one)."""
    fault: Fault | None = None
    """The stand-in's switch; test_faults.py does the rest."""
    first: str = ""
    """What the first try of a run with it says, if it fails: a regular expression."""
    conversions: int = 1
    """How many conversions such a run asks for."""
    ends: str = ""
    """What a run fails with when the fault lasts: a regular expression."""
    tests: tuple[str, ...] = ()
    """Tests of its own: `module.function`."""


ROWS: Final = (
    Row(
        what="storage down: 200, statistics `{}`, an empty flist",
        once="condemns it, converts again: v2",
        lasting="FAILED: made empty or in part",
        fault=Fault.STORAGE_DOWN,
        first="empty or in part",
        conversions=2,
        ends="empty or in part",
    ),
    Row(
        what="storage lost midway: 500, a partial flist",
        once="the proof condemns it, converts again: v2",
        lasting="FAILED, with the paths that are missing",
        fault=Fault.PARTIAL_500,
        first="is not ubuntu:24.04",
        conversions=2,
        ends="is not ubuntu:24.04",
    ),
    Row(
        what="archive cut: 200, normal-looking statistics",
        once="the proof condemns it, converts again: v2",
        lasting="FAILED, with the paths that are missing",
        fault=Fault.CUT_ARCHIVE,
        first="is not ubuntu:24.04",
        conversions=2,
        ends="is not ubuntu:24.04",
    ),
    Row(
        what="commit failed: 200, normal statistics, no flist",
        once="sees that there is none, converts again: v2",
        lasting="FAILED: said yes, but there is no such flist",
        fault=Fault.LOST_COMMIT,
        first="there is no such flist",
        conversions=2,
        ends="there is no such flist",
    ),
    Row(
        what="500 in JSON although the flist was written",
        once="looks, finds it, proves it: v2",
        lasting=SAME,
        serves="v2",
        fault=Fault.WRITTEN_500,
    ),
    Row(
        what="500 in HTML, nothing written",
        once="converts again: v2",
        lasting="FAILED: 500, an HTML page",
        fault=Fault.HTML_500,
        first="500, an HTML page",
        conversions=2,
        ends="500, an HTML page",
    ),
    Row(
        what="`could not pull this image`",
        once="converts again: v2",
        lasting="FAILED, in the Hub's words",
        fault=Fault.PULL_FAILED,
        first="could not pull this image",
        conversions=2,
        ends="could not pull this image",
    ),
    Row(
        what="a proxy's 502, the conversion goes on",
        once="watches until it settles, proves it: v2",
        lasting=SAME,
        serves="v2",
        fault=Fault.PROXY_502,
    ),
    Row(
        what="a proxy's 504, the conversion goes on",
        once="watches until it settles, proves it: v2",
        lasting=SAME,
        serves="v2",
        fault=Fault.PROXY_504,
    ),
    Row(
        what="no answer, nothing written",
        lasting="FAILED: did not appear; not asked twice, the next run looks first",
        fault=Fault.HANG,
        ends="did not appear in",
    ),
    Row(
        what="connection reset in mid-answer",
        once="watches until it settles, proves it: v2",
        lasting=SAME,
        serves="v2",
        fault=Fault.RESET,
    ),
    Row(
        what="connection reset before any answer, the conversion goes on",
        once="watches until it settles, proves it: v2",
        lasting=SAME,
        serves="v2",
        fault=Fault.RESET_EARLY,
    ),
    Row(
        what="reader gets 404 amid a replacement",
        once="reads again: v2",
        lasting="Hub lost: can't be downloaded whole",
        fault=Fault.MISSING_DOWNLOAD,
        ends="can't be downloaded whole",
    ),
    Row(
        what="reader gets a truncated gzip",
        once="md5 differs, reads again: v2",
        lasting="Hub lost: can't be downloaded whole",
        fault=Fault.CUT_DOWNLOAD,
        ends="can't be downloaded whole",
    ),
    Row(
        what="link made in another user's folder, 200",
        once="not read back, so made again: v2",
        lasting="FAILED: could not be switched",
        fault=Fault.MISPLACED_LINK,
        ends="could not be switched",
        tests=("test_converter.test_a_misplaced_link_leaves_the_stable_name_alone",),
    ),
    Row(
        what="rename answered 200 and not done",
        once="not read back, so done again: v2",
        lasting="FAILED: could not be switched",
        fault=Fault.RENAME_LOST,
        ends="could not be switched",
    ),
    Row(
        what="rename done, its answer lost",
        once="read back: v2",
        lasting=SAME,
        serves="v2",
        fault=Fault.RENAME_RESET,
    ),
    Row(
        what="read-only Hub",
        lasting="refused",
        fault=Fault.READ_ONLY,
        ends="read-only",
    ),
    Row(
        what="bad token, or a `hub-user` that isn't granted",
        lasting="refused before anything is built (exit code 2)",
        tests=(
            "test_client.test_a_bad_token_is_found_before_anything_is_built",
            "test_client.test_an_active_user_that_is_not_granted_is_found_too",
        ),
    ),
    Row(
        what="clocks two hours apart, either way",
        lasting="v2",
        serves="v2",
        tests=("test_faults.test_a_clock_that_is_wrong",),
    ),
    Row(
        what="content's name taken by a link",
        lasting="FAILED, with who it leads to and the cure; v2 once it is removed",
        tests=("test_faults.test_a_content_name_that_is_taken_by_a_link",),
    ),
    Row(
        what="stable name is a file of the old way",
        lasting="replaced in one step: v2",
        serves="v2",
        tests=("test_faults.test_a_stable_name_that_is_a_file_of_the_old_way",),
    ),
    Row(
        what="two runs convert one name at once (one 200, one 500)",
        lasting="both prove the same flist: v2",
        serves="v2",
        tests=("test_converter.test_two_runs_at_once_on_one_content_name",),
    ),
    Row(
        what="Hub gone in mid-run",
        lasting="Hub lost (exit code 5)",
        serves="what it served, once the Hub is back",
        tests=("test_converter.test_a_hub_that_is_gone_is_tried_again_and_then_the_hub_is_lost",),
    ),
    Row(
        what="run killed (SIGKILL) before or after either rename of the switch",
        lasting="swept an hour later by the next run, which finishes: v2",
        serves="v1 until the stable name's rename, then v2",
        tests=(
            "test_killed.test_a_kill_around_the_renames",
            "test_converter.test_what_killed_runs_left_is_swept_and_what_runs_is_not",
        ),
    ),
)
UPLOADS: Final = (
    "test_converter.test_upload_through_faults",
    "test_vm.test_faults_on_the_way",
    "test_by_hand.test_a_failed_upload_leaves_what_was_served",
)
"""The same faults on the other way to the Hub."""


def table() -> str:
    """The table as Markdown."""
    head = "| fault | once: the run | lasting: the run ends with | stable address then |\n"
    cells = ((row.what, row.once, row.lasting, row.serves) for row in ROWS)
    lines = [f"| {' | '.join(line)} |\n" for line in cells]
    return head + "|---|---|---|---|\n" + "".join(lines).replace("|  |", "| |")
