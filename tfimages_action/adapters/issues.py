"""One issue of a repository that stands for something which fails, as long as it fails."""

from __future__ import annotations

from typing import Final

import github
import requests
from github.Issue import Issue

from tfimages_action.errors import GitHubError

_TIMEOUT_S: Final = 30
_RETRIES: Final = 3


class FailureIssue:
    """The issue of one title: opened once, kept current, closed when the failure is over."""

    def __init__(self, *, api_url: str, repository: str, token: str, title: str) -> None:
        """Make no request yet. `repository` is `owner/name`."""
        client = github.Github(
            auth=github.Auth.Token(token),
            base_url=api_url,
            timeout=_TIMEOUT_S,
            retry=_RETRIES,
            lazy=True,
        )
        self._repo = client.get_repo(repository)
        self._title = title
        # Found again by a mark that no edit of the title loses.
        self._mark = f"<!-- tf-images: {title} -->"

    def failing(self, text: str) -> str:
        """Open it, or bring the open one up to date. Returns its address."""
        body = f"{text}\n\n{self._mark}\n"
        try:
            issue = self._open_one()
            if issue is None:
                issue = self._repo.create_issue(title=self._title, body=body)
            else:
                issue.edit(body=body)
        except (github.GithubException, requests.RequestException) as error:
            raise _refused(error) from error
        return issue.html_url

    def passing(self, text: str) -> str | None:
        """Close it with a comment. Returns its address; `None` where none was open."""
        try:
            issue = self._open_one()
            if issue is not None:
                issue.create_comment(text)
                issue.edit(state="closed", state_reason="completed")
        except (github.GithubException, requests.RequestException) as error:
            raise _refused(error) from error
        return issue.html_url if issue is not None else None

    def _open_one(self) -> Issue | None:
        listed = self._repo.get_issues(state="open")
        ours = (one for one in listed if one.pull_request is None and self._is_ours(one))
        return next(ours, None)

    def _is_ours(self, issue: Issue) -> bool:
        return self._mark in (issue.body or "")


def _refused(error: Exception) -> GitHubError:
    status = error.status if isinstance(error, github.GithubException) else type(error).__name__
    return GitHubError(
        f"GitHub refused the issue about the failure: {status}",
        hint="the job needs `permissions: issues: write`, and the repository its issues",
    )
