"""What starts a job on GitHub: events, their payloads, and the variables that follow from them.

https://docs.github.com/en/webhooks/webhook-events-and-payloads,
https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

NO_COMMIT: Final = "0" * 40
RUN_ID: Final = "1658821493"
_PULL: Final = {"base_ref": "main", "head_ref": "topic"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job: the event that started it, and where it runs."""

    event: str
    ref: str
    sha: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    repository: str = "octo-org/images"
    actor: str = "octocat"
    token: str = field(default="ghs_jobtoken0000000000000000000000000000", repr=False)
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    base_ref: str = ""
    head_ref: str = ""

    @property
    def owner(self) -> str:
        return self.repository.partition("/")[0]

    @property
    def ref_name(self) -> str:
        for prefix in ("refs/tags/", "refs/heads/", "refs/pull/"):
            if self.ref.startswith(prefix):
                return self.ref.removeprefix(prefix)
        return self.ref

    @property
    def ref_type(self) -> str:
        return "tag" if self.ref.startswith("refs/tags/") else "branch"

    def context(self) -> dict[str, str]:
        """Return what expressions of action.yml may ask of `github`."""
        return {
            "token": self.token,
            "actor": self.actor,
            "repository": self.repository,
            "repository_owner": self.owner,
            "ref": self.ref,
            "ref_name": self.ref_name,
            "sha": self.sha,
            "event_name": self.event,
            "api_url": self.api_url,
            "server_url": self.server_url,
        }

    def variables(self) -> dict[str, str]:
        """Return the `GITHUB_*` variables that hold no path."""
        return {
            "GITHUB_ACTION": "publish",
            "GITHUB_ACTION_REF": "",
            "GITHUB_ACTION_REPOSITORY": "",
            "GITHUB_ACTOR": self.actor,
            "GITHUB_ACTOR_ID": "583231",
            "GITHUB_API_URL": self.api_url,
            "GITHUB_BASE_REF": self.base_ref,
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_GRAPHQL_URL": f"{self.api_url}/graphql",
            "GITHUB_HEAD_REF": self.head_ref,
            "GITHUB_JOB": "publish",
            "GITHUB_REF": self.ref,
            "GITHUB_REF_NAME": self.ref_name,
            "GITHUB_REF_PROTECTED": "false",
            "GITHUB_REF_TYPE": self.ref_type,
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_REPOSITORY_ID": "1296269",
            "GITHUB_REPOSITORY_OWNER": self.owner,
            "GITHUB_REPOSITORY_OWNER_ID": "9919",
            "GITHUB_RETENTION_DAYS": "90",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": RUN_ID,
            "GITHUB_RUN_NUMBER": "3",
            "GITHUB_SERVER_URL": self.server_url,
            "GITHUB_SHA": self.sha,
            "GITHUB_TRIGGERING_ACTOR": self.actor,
            "GITHUB_WORKFLOW": "Publish",
            "GITHUB_WORKFLOW_REF": f"{self.repository}/.github/workflows/publish.yml@{self.ref}",
            "GITHUB_WORKFLOW_SHA": self.sha,
        }


def tag_push(tag: str, sha: str, **job: str) -> Job:
    ref = f"refs/tags/{tag}"
    # A tag's push names no commits of its own, and the branch that has its commit as `base_ref`.
    payload = {**_push(ref, NO_COMMIT, sha), "created": True, "base_ref": "refs/heads/main"}
    return _job("push", ref, sha, payload, job)


def branch_push(branch: str, before: str, after: str, **job: str) -> Job:
    ref = f"refs/heads/{branch}"
    payload = _push(ref, before, after)
    payload["commits"] = [payload["head_commit"]]
    return _job("push", ref, after, payload, job)


def release(tag: str, sha: str, **job: str) -> Job:
    """A release was published on GitHub's page, which made its tag."""
    described = {"id": 1, "tag_name": tag, "name": tag, "draft": False, "prerelease": False}
    payload = {"action": "published", "release": {**described, "target_commitish": "main"}}
    return _job("release", f"refs/tags/{tag}", sha, payload, job)


def pull_request(number: int, base: str, head: str, merge: str, **job: str) -> Job:
    """A stranger's fork asks; `base` and `head` are commits, `merge` is what is checked out."""
    payload = _pull(number, base, head, merge, job)
    return _job("pull_request", f"refs/pull/{number}/merge", merge, payload, _PULL | job)


def pull_request_target(number: int, base: str, head: str, merge: str, **job: str) -> Job:
    """The same, `on: pull_request_target`: the job has the base's commit, and secrets."""
    payload = _pull(number, base, head, merge, job)
    return _job("pull_request_target", "refs/heads/main", base, payload, _PULL | job)


def _pull(number: int, base: str, head: str, merge: str, job: Mapping[str, str]) -> dict[str, Any]:
    fork = {"name": "images", "full_name": "stranger/images", "fork": True, "private": False}
    own = {"name": "images", "full_name": job.get("repository", "octo-org/images"), "fork": False}
    return {
        "action": "synchronize",
        "number": number,
        "before": base,
        "after": head,
        "pull_request": {
            "number": number,
            "state": "open",
            "draft": False,
            "title": "Mend $(a) `thing` ${{ github.token }}",
            "user": {"login": "stranger", "type": "User"},
            "author_association": "FIRST_TIME_CONTRIBUTOR",
            "merge_commit_sha": merge,
            "base": {"label": "octo-org:main", "ref": "main", "sha": base, "repo": own},
            "head": {"label": "stranger:topic", "ref": "topic", "sha": head, "repo": fork},
        },
    }


def scheduled(branch: str, sha: str, **job: str) -> Job:
    return _job("schedule", f"refs/heads/{branch}", sha, {"schedule": "17 3 * * 1"}, job)


def dispatched(branch: str, sha: str, **job: str) -> Job:
    ref = f"refs/heads/{branch}"
    return _job("workflow_dispatch", ref, sha, {"ref": ref, "inputs": {}}, job)


def _push(ref: str, before: str, after: str) -> dict[str, Any]:
    person = {"name": "Octo Cat", "email": "octocat@example.org", "username": "octocat"}
    commit = {
        "id": after,
        "distinct": True,
        "message": "A change\n\n::error::of no meaning",
        "timestamp": "2026-11-23T20:51:18Z",
        "author": person,
        "committer": person,
        "added": [],
        "removed": [],
        "modified": ["images/nextcloud/site"],
    }
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "base_ref": None,
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": f"https://github.com/octo-org/images/compare/{before[:12]}...{after[:12]}",
        "commits": [],
        "head_commit": commit,
        "pusher": {"name": "octocat", "email": "octocat@example.org"},
    }


def _job(event: str, ref: str, sha: str, payload: dict[str, Any], more: Mapping[str, str]) -> Job:
    plain = replace(Job(event=event, ref=ref, sha=sha), **more)  # type: ignore[arg-type]
    owner, _, name = plain.repository.partition("/")
    repository = {
        "id": 1296269,
        "name": name,
        "full_name": plain.repository,
        "owner": {"login": owner, "type": "Organization"},
        "default_branch": "main",
        "private": False,
        "visibility": "public",
        "fork": False,
        "archived": False,
        "html_url": f"{plain.server_url}/{plain.repository}",
    }
    full = {**payload, "repository": repository, "sender": {"login": plain.actor}}
    return replace(plain, payload=full)
