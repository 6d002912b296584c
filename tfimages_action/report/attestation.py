"""What a later step may attest: the images and flists that this run itself made.

A signature by Sigstore takes a client of its own (the Python one is larger than all that is left
of the action's image), and GitHub has an action for it: this gives that action its subjects.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfimages_action.core.run.report import ImageRun, Outcome, RunReport, Stage


def subjects(report: RunReport) -> str:
    """A line each, as `sha256sum` writes it: the input `subject-checksums` of `actions/attest*`.

    An image that stands in the registry counts, even if its flist failed: the next run takes it
    over without building it. What an earlier run made (reused, promoted) is that run's to attest.
    """
    lines = (line for run in report.images for line in _subjects(run))
    return "\n".join(dict.fromkeys(lines))


def _subjects(run: ImageRun) -> Iterator[str]:
    done = {stage.stage for stage in run.stages if stage.ok}
    made = run.outcome is not Outcome.REUSED and {Stage.BUILD, Stage.PUSH} <= done
    if made and run.digest:
        yield f"{run.digest.removeprefix('sha256:')}  {run.step.image.reference.name}"
    flist = run.flist
    if flist and flist.verified and flist.sha256 and Stage.CONVERT in done:
        yield f"{flist.sha256}  {flist.name}"
