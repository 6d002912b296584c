"""Jobs carry the variables and payloads that GitHub gives them."""

from tests.bed import jobs

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40


def test_tag_push() -> None:
    job = jobs.tag_push("v1.2", ONE, repository="some/where")
    variables = job.variables()
    assert variables["GITHUB_REF_NAME"] == "v1.2"
    assert variables["GITHUB_REF_TYPE"] == "tag"
    assert variables["GITHUB_REPOSITORY_OWNER"] == "some"
    assert job.payload["before"] == jobs.NO_COMMIT
    assert job.payload["repository"]["full_name"] == "some/where"


def test_branch_push_names_what_was_before() -> None:
    job = jobs.branch_push("main", ONE, TWO)
    assert (job.payload["before"], job.payload["after"]) == (ONE, TWO)
    assert job.variables()["GITHUB_REF_TYPE"] == "branch"


def test_pull_request() -> None:
    job = jobs.pull_request(7, ONE, TWO, THREE)
    assert job.sha == THREE
    assert job.variables()["GITHUB_REF_NAME"] == "7/merge"
    assert job.payload["pull_request"]["head"]["sha"] == TWO


def test_no_token_in_its_repr() -> None:
    assert "ghs_" not in repr(jobs.tag_push("v1", ONE))
