"""`python -m tests.standins.github`: serve a repository until interrupted."""

from __future__ import annotations

import argparse
import threading
from contextlib import suppress
from pathlib import Path

from tests.standins.github.routes import Limits
from tests.standins.github.server import running_github


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.standins.github", description=__doc__)
    parser.add_argument("--repository", type=Path, default=Path.cwd(), help="a git repository")
    parser.add_argument("--name", default="octo-org/images", help="OWNER/NAME")
    parser.add_argument("--token", help="the one token that is let in; without it any is")
    parser.add_argument("--tree-entries", type=int, default=Limits().tree_entries)
    options = parser.parse_args()
    limits = Limits(tree_entries=options.tree_entries)
    with (
        running_github(
            options.repository, name=options.name, token=options.token, limits=limits
        ) as api,
        suppress(KeyboardInterrupt),
    ):
        print(f"GITHUB_API_URL={api.url} GITHUB_REPOSITORY={api.name}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
