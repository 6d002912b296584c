"""The summary says what happened, explains failures best, and always fits."""

from dataclasses import replace

import pytest
import yaml

from tests.unit.report.samples import image_run, report, step
from tfimages_action.core.plan.model import Plan
from tfimages_action.core.plan.preview import Outlook
from tfimages_action.core.problem import Problem, Severity
from tfimages_action.core.run.report import Failure, Flist, Outcome, Stage, StageRun
from tfimages_action.errors import Location
from tfimages_action.report.summary import LIMIT_BYTES, render_summary

FAILURE = Failure(
    stage=Stage.BUILD, message="RUN apt-get install x: exit code 100", hint="name a package",
    log_tail=("E: Unable to locate package x", "```", "</details>"),
)  # fmt: skip


def test_one_sentence_says_it_all() -> None:
    page = render_summary(
        report(
            image_run("a"),
            image_run("b", Outcome.FAILED, failure=FAILURE),
            image_run("c", Outcome.BLOCKED, blocked_by="b"),
            image_run("d", Outcome.SKIPPED),
        )
    )
    assert "❌ **1 published, 1 failed, 1 blocked, 1 left as it is** in 1 min 02 s" in page
    assert "compared with `v27`" in page


def test_nothing_to_do_is_said_as_good_news() -> None:
    page = render_summary(report(image_run("a", Outcome.SKIPPED)))
    assert "✅ **nothing to do: 1 image up to date**" in page


def test_the_title_says_what_kind_of_run_it_was() -> None:
    skipped = image_run("a", Outcome.SKIPPED)
    assert render_summary(report(skipped)).startswith("## tf-images: v28\n")
    page = render_summary(report(skipped, image_run("b", Outcome.SKIPPED), mode="refresh"))
    assert page.startswith("## tf-images: refresh of v28\n")
    # It compares bases, and may not have been told of all of them.
    assert "✅ **nothing to do: 2 images left as they are** in 1 min 02 s.\n" in page


def test_a_run_refused_after_the_plan_does_not_claim_that_all_is_well() -> None:
    page = render_summary(report(error="no `x`\n  -> mend it", plan=Plan(
        current="v2", previous="v1", steps=(step("a"),)), images=()))  # fmt: skip
    assert "❌ **nothing was done** in" in page
    assert "up to date" not in page
    assert "> [!CAUTION]\n> no `x`\n>\n> **What to do:** mend it" in page


def test_a_plan_for_other_jobs_is_shown_as_one() -> None:
    plan = Plan(current="v2", previous="v1", steps=(step("a", detail="new | old"),))
    page = render_summary(
        report(mode="plan", plan=plan, images=(), waves=(("a",),), sentence="planned: 1 to build")
    )
    assert "## tf-images: plan of v2\n\n✅ **planned: 1 to build** in" in page
    assert "| `a` | build | new \\| old |" in page


def test_a_column_that_says_nothing_is_left_out() -> None:
    page = render_summary(report(image_run("a", Outcome.BUILT, size_bytes=5)))
    assert "| Image | Why | Outcome | Size |\n" in page


def test_nothing_leads_to_an_flist_on_the_runs_own_machine() -> None:
    flist = Flist(
        name="a-0123.flist", address="file:///w/a-0123.flist", stable_address="file:///w/a.flist"
    )
    page = render_summary(report(image_run("a", flist=flist)))
    assert "`a-0123.flist`<br>also `a.flist`" in page
    assert "file:" not in page


def test_where_nothing_was_touched_no_graph_is_drawn() -> None:
    idle = (image_run("a", Outcome.SKIPPED), image_run("b", Outcome.SKIPPED, parents=("a",)))
    assert "Graph" not in render_summary(report(*idle))
    assert "Graph" in render_summary(report(*idle, image_run("c", parents=("b",))))


def test_a_notice_alone_needs_nobody() -> None:
    notice = Problem(severity=Severity.NOTICE, message="v1 abbreviates v1.0.0")
    page = render_summary(report(image_run("a"), problems=(notice,)))
    assert "### Notes\n" in page
    warning = replace(notice, severity=Severity.WARNING)
    page = render_summary(report(image_run("a"), problems=(notice, warning)))
    assert "### Needs a person\n" in page


def test_a_failure_names_step_cause_cure_log_and_victims() -> None:
    page = render_summary(
        report(
            image_run("b", Outcome.FAILED, failure=FAILURE),
            image_run("c", Outcome.BLOCKED, blocked_by="b"),
        )
    )
    for part in ("b: build failed", "exit code 100", "name a package", "Unable to locate", "`c`"):
        assert part in page
    assert page.index("Needs a person") < page.index("| Image |")
    assert "\n| `c` | Dockerfile changed | ⛔ blocked by `b` |\n" in page
    assert "\n\n\n" not in page


def test_a_failure_names_the_place_of_its_cause() -> None:
    place = Location(path="images/b/Dockerfile", line=4)
    failure = replace(FAILURE, location=place)
    page = render_summary(report(image_run("b", Outcome.FAILED, failure=failure)))
    assert "> `images/b/Dockerfile:4`: RUN apt-get install x: exit code 100" in page


def test_a_log_cannot_break_out_of_its_fence() -> None:
    page = render_summary(report(image_run("b", Outcome.FAILED, failure=FAILURE)))
    lines = page.splitlines()
    opened = next(index for index, line in enumerate(lines) if line.endswith("````text"))
    assert lines[opened + 1 : opened + 5] == [*FAILURE.log_tail, "````"]


def test_the_table_has_size_digest_and_flist() -> None:
    flist = Flist(
        name="x-0123.flist", address="https://hub/x-0123.flist",
        stable_address="https://hub/x.flist", verified=True,
        changes=("+38 MB: /usr/lib/" + "x" * 60 + "/libLLVM.so.19", "-1 MB: /a|b"),
    )  # fmt: skip
    page = render_summary(
        report(
            image_run(
                "a", digest="sha256:" + "0123456789abcdef" * 4, size_bytes=48_200_000,
                size_delta_bytes=-1_500_000, flist=flist,
                stages=(StageRun(stage=Stage.BUILD, started_s=1, ended_s=43, slot="build-1"),),
            )
        )
    )  # fmt: skip
    for part in ("48.2\N{NO-BREAK SPACE}MB (-1.5\N{NO-BREAK SPACE}MB)",
                     "`sha256:0123456789ab`", "42\N{NO-BREAK SPACE}s", "https://hub/x-0123.flist",
                 "✔\N{NO-BREAK SPACE}proved", "section build-1", "x/libLLVM.so.19`</sub>",
                 "<sub>-1\N{NO-BREAK SPACE}MB `/a\\|b`</sub>"):  # fmt: skip
        assert part in page


def test_a_plan_that_erred_is_explained() -> None:
    page = render_summary(
        report(plan=None, error="images/a/Dockerfile:3: no <such> stage\n  -> name one")
    )
    assert "the plan could not be made" in page
    assert "no &lt;such&gt; stage" in page


def test_warnings_stand_with_their_image() -> None:
    page = render_summary(report(image_run("a"), image_run("b", warnings=("one", "`/x` loses y"))))
    assert "- ⚠️ `b`: one\n\n- ⚠️ `b`: `/x` loses y\n" in page
    assert "`a`:" not in page


def test_problems_stand_with_their_place() -> None:
    problem = Problem(
        severity=Severity.WARNING, message="no folder makes it",
        location=Location(path="images/a/Dockerfile", line=2),
    )  # fmt: skip
    page = render_summary(report(image_run("a"), problems=(problem,)))
    assert "`images/a/Dockerfile:2`: no folder makes it" in page


@pytest.mark.parametrize("limit", [8_000, 60_000, LIMIT_BYTES])
def test_it_fits_whatever_happens(limit: int) -> None:
    huge = Failure(stage=Stage.BUILD, message="x" * 3000, log_tail=("y" * 500,) * 20)
    runs = [image_run(f"image-{n}", Outcome.FAILED, failure=huge) for n in range(600)]
    runs += [image_run(f"other-{n}", Outcome.SKIPPED) for n in range(3000)]
    page = render_summary(report(*runs), limit_bytes=limit)
    assert len(page.encode()) <= limit
    assert "600 failed" in page
    assert "Too large to show whole: what needs a person" in page


def test_the_graph_is_coloured_and_capped() -> None:
    page = render_summary(report(image_run("a:1"), image_run("b", parents=("a:1",))))
    assert 'n0["a:1"]:::published' in page
    assert "n0 --> n1" in page
    many = [image_run(f"i{n}", parents=(f"i{n - 1}",) if n else ()) for n in range(90)]
    assert "flowchart" not in render_summary(report(*many))


def test_a_preview_says_both_counts() -> None:
    outlook = Outlook(
        changed=("a",), next_builds=("base", "a", "b"), causes=(("base", 2),), since="v27"
    )
    page = render_summary(report(image_run("a", Outcome.BUILT), outlook=outlook))
    assert "This change touches **1 image**" in page
    assert "the next release would then build **3 images** since `v27`" in page
    assert "2 of them only because of `base`" in page


def test_a_missing_permission_is_mended_by_yaml_to_paste() -> None:
    failure = Failure(
        stage=Stage.PUSH,
        message="ghcr.io refused the push",
        hint="give the job `permissions: packages: write`, or check registry-password",
    )
    page = render_summary(report(image_run("a", Outcome.FAILED, failure=failure)))
    block = page.partition("```yaml\n")[2].partition("```")[0]
    granted = yaml.safe_load(block)["jobs"]["publish"]["permissions"]
    assert granted == {"contents": "read", "packages": "write"}
    assert "`permissions: packages: write`" in page
    assert "```yaml" not in render_summary(report(image_run("a")))


def test_a_settings_page_is_a_link() -> None:
    page = "https://github.com/users/some_one/packages/container/a_b/settings"
    failure = Failure(stage=Stage.CONVERT, message="private", hint=f"make it public: {page}.")
    assert f"<{page}>." in render_summary(report(image_run("a", Outcome.FAILED, failure=failure)))


def test_a_graph_too_large_for_a_chart_is_text() -> None:
    runs = [image_run("base"), *(image_run(f"i{n}", parents=("base",)) for n in range(80))]
    page = render_summary(report(*runs))
    assert "mermaid" not in page
    assert "✅ i79 <- base" in page


def test_what_is_cut_keeps_its_beginning_and_ends_every_fold() -> None:
    runs = [image_run(f"i{n}", Outcome.FAILED, failure=FAILURE) for n in range(60)]
    page = render_summary(report(*runs), limit_bytes=7_000)
    assert len(page.encode()) <= 7_000
    assert "i0: build failed" in page
    assert "Too large to show whole: what needs a person" in page
    assert page.count("<details>") == page.count("\n\n</details>\n") > 0


def test_the_timeline_is_in_milliseconds_for_mermaid_misreads_seconds() -> None:
    stages = (
        StageRun(stage=Stage.BUILD, started_s=1.5, ended_s=40, slot="build-1"),
        StageRun(stage=Stage.CHECK, started_s=40, ended_s=40.1, slot="build-1", ok=False),
    )
    page = render_summary(report(image_run("a:1", stages=stages)))
    assert "dateFormat x\n" in page
    assert "  a\N{RATIO}1 build :1500, 40000\n" in page
    assert "  a\N{RATIO}1 check :crit, 40000, 41000\n" in page


def test_what_has_nothing_to_do_with_the_run_is_not_in_the_chart() -> None:
    page = render_summary(
        report(
            image_run("base", Outcome.SKIPPED),
            image_run("child", parents=("base",)),
            image_run("alone", Outcome.SKIPPED),
        )
    )
    chart = page.partition("```mermaid")[2].partition("```")[0]
    assert '"base"' in chart
    assert '"child"' in chart
    assert "alone" not in chart


def test_a_preview_says_how_long_the_release_would_take_and_no_long_commit() -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    outlook = Outlook(changed=("a",), next_builds=("a",), since="v1", next_s=361.0)
    plan = Plan(current=commit, previous=commit[::-1], steps=())
    page = render_summary(
        replace(report(image_run("a", Outcome.BUILT), outlook=outlook), plan=plan)
    )
    assert "**1 image** since `v1` (about 6 min by an earlier run's report)" in page
    assert "## tf-images: 0123456789ab\n" in page
    assert "compared with `76543210fedc`" in page


def test_every_permission_that_a_cure_names_is_in_the_yaml() -> None:
    hint = "give the job `permissions: id-token: write` and `attestations: write`, and a step"
    page = render_summary(report(error=f"attest is on\n-> {hint}"))
    block = page.partition("```yaml\n")[2].partition("```")[0]
    granted = yaml.safe_load(block)["jobs"]["publish"]["permissions"]
    assert granted == {"attestations": "write", "contents": "read", "id-token": "write"}
    assert "beside those it has" in page
