"""GitHub's REST API over a real git repository: what this project and PyGithub ask of it.

From https://docs.github.com/en/rest (2022-11-28). By hand:
`python -m tests.standins.github --repository DIR --name OWNER/NAME`.
"""

from tests.standins.github.routes import Limits, Pull
from tests.standins.github.server import GitHubStandIn, running_github

__all__ = ["GitHubStandIn", "Limits", "Pull", "running_github"]
