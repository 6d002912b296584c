"""What a run gives to be attested: what it made itself, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.report.samples import image_run, report
from tfimages_action.core.run.report import Failure, Flist, ImageRun, Outcome, Stage, StageRun
from tfimages_action.report.attestation import subjects
from tfimages_action.report.outputs import outputs_of

IMAGE, FILE = "1" * 64, "2" * 64
FLIST = Flist(name="web-1.flist", address="https://hub/web-1.flist", sha256=FILE, verified=True)


def stages(*done: Stage, failed: Stage | None = None) -> tuple[StageRun, ...]:
    every = [(stage, True) for stage in done] + ([(failed, False)] if failed else [])
    return tuple(
        StageRun(stage=stage, started_s=0, ended_s=1, slot="x-1", ok=ok) for stage, ok in every
    )


def run(**changes: object) -> ImageRun:
    whole = image_run("web", stages=stages(*Stage), digest=f"sha256:{IMAGE}", flist=FLIST)
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_images_by_digest_and_flists_by_their_files() -> None:
    told = subjects(report(run()))
    assert told.splitlines() == [f"{IMAGE}  ghcr.io/owner/web", f"{FILE}  web-1.flist"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"stages": stages(Stage.CONVERT, Stage.VERIFY)}, ["web-1.flist"]),
        ({"outcome": Outcome.REUSED, "flist": None}, []),
        ({"flist": replace(FLIST, verified=False)}, ["ghcr.io/owner/web"]),
        ({"flist": replace(FLIST, sha256="")}, ["ghcr.io/owner/web"]),
        ({"digest": None, "flist": None}, []),
        (
            {
                "outcome": Outcome.FAILED,
                "flist": None,
                "failure": Failure(stage=Stage.CONVERT, message="x"),
                "stages": stages(Stage.BUILD, Stage.PUSH, failed=Stage.CONVERT),
            },
            ["ghcr.io/owner/web"],
        ),
        ({"stages": stages(Stage.BUILD, failed=Stage.PUSH), "flist": None}, []),
    ],
    ids=["flist alone", "reused", "not proved", "not read", "not pushed", "unconverted", "cut"],
)
def test_what_this_run_did_not_make_is_not_its_to_attest(
    changes: dict[str, object], names: list[str]
) -> None:
    told = subjects(report(run(**changes)))
    assert [line.partition("  ")[2] for line in told.splitlines()] == names


def test_the_output_is_empty_unless_asked_for() -> None:
    assert outputs_of(report(run()), "")["attest-subjects"] == ""
    assert outputs_of(report(run()), "", attest=True)["attest-subjects"] == subjects(report(run()))
