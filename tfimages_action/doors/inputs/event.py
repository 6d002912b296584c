"""What the runner says about the run: event, repository, places. The environment is a parameter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tfimages_action.errors import SettingsError

_NO_COMMIT: Final = "0" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One run on GitHub. At home `on_github` is false and most fields are empty."""

    on_github: bool = False
    name: str = ""
    """`push`, `pull_request`, `workflow_dispatch`, `schedule`, ..."""
    ref: str = ""
    ref_name: str = ""
    ref_type: str = ""
    sha: str = ""
    repository: str = ""
    """`owner/name`."""
    run_id: str = ""
    run_url: str = ""
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    workspace: Path = Path()
    temp: Path | None = None
    summary_file: Path | None = None
    output_file: Path | None = None
    debug: bool = False
    may_identify: bool = False
    """The job has `id-token: write`."""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        return self.repository.partition("/")[0]

    @property
    def is_tag(self) -> bool:
        return self.ref_type == "tag"

    @property
    def deletes(self) -> bool:
        """Whether it is the push that removed a branch or a tag."""
        return self.name == "push" and self.payload.get("deleted") is True

    @property
    def before(self) -> str | None:
        """For a branch push: the commit that the branch pointed to; `None` for a new branch."""
        before = str(self.payload.get("before") or "")
        return None if before in {"", _NO_COMMIT} else before

    @property
    def pull_request_commits(self) -> tuple[str, str] | None:
        """Base and head commits of a pull request."""
        request = self.payload.get("pull_request")
        if not isinstance(request, dict):
            return None
        return str(request["base"]["sha"]), str(request["head"]["sha"])


def read_event(environment: Mapping[str, str], *, workspace: Path, at_home: bool = False) -> Event:
    """Read the runner's variables and its event file. Raises `SettingsError` for a broken one.

    `at_home`: a command in a terminal, which works on `workspace` and asks no API, though it may
    itself run in a workflow's step.
    """
    get = environment.get
    repository, server = get("GITHUB_REPOSITORY", ""), get("GITHUB_SERVER_URL", "")
    server = server or "https://github.com"
    run_id = get("GITHUB_RUN_ID", "")
    on_github = get("GITHUB_ACTIONS") == "true" and not at_home
    runners = Path(get("GITHUB_WORKSPACE", ""))
    return Event(
        on_github=on_github,
        name=get("GITHUB_EVENT_NAME", ""),
        ref=get("GITHUB_REF", ""),
        ref_name=get("GITHUB_REF_NAME", ""),
        ref_type=get("GITHUB_REF_TYPE", ""),
        sha=get("GITHUB_SHA", ""),
        repository=repository,
        run_id=run_id,
        run_url=f"{server}/{repository}/actions/runs/{run_id}" if run_id else "",
        api_url=get("GITHUB_API_URL", "") or "https://api.github.com",
        server_url=server,
        workspace=runners if on_github and runners != Path() else workspace,
        temp=_path(get("RUNNER_TEMP", "")),
        summary_file=_path(get("GITHUB_STEP_SUMMARY", "")),
        output_file=_path(get("GITHUB_OUTPUT", "")),
        debug=get("RUNNER_DEBUG") == "1",
        may_identify=bool(get("ACTIONS_ID_TOKEN_REQUEST_URL")),
        payload=_payload(_path(get("GITHUB_EVENT_PATH", ""))),
    )


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _payload(path: Path | None) -> dict[str, Any]:
    if path is None or not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise SettingsError(f"the event file {path.name} is no JSON: {error}") from error
    return found if isinstance(found, dict) else {}
