"""Run the stand-in by hand: `python -m tests.standins.hub --port 0 --data DIR`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from tests.standins.hub.faults import ALWAYS, Fault
from tests.standins.hub.server import running_hub


def main() -> None:
    options = _options().parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running_hub(
        options.data,
        host=options.host,
        port=options.port,
        delay_s=options.delay,
        routes=dict(route.split("=", 1) for route in options.route),
    ) as hub:
        if options.token:
            hub.tokens.accept(options.token, options.user)
        for text in options.fault:
            name, _, times = text.partition(":")
            hub.faults.inject(Fault(name), int(times or ALWAYS))
        token = options.token or hub.tokens.issue(options.user)
        sys.stdout.write(f"url={hub.url}\nuser={options.user}\ntoken={token}\n")
        sys.stdout.flush()
        stop.wait()


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.standins.hub", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--data", type=Path, required=True, help="where the flists are kept")
    parser.add_argument("--user", default="alice.3bot")
    parser.add_argument("--token", help="accept this one for the user; default: sign a new one")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds a conversion takes")
    parser.add_argument(
        "--route",
        action="append",
        default=[],
        metavar="HOST=URL",
        help="a registry's real place",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:TIMES]",
        help=f"make it happen; one of {', '.join(Fault)}",
    )
    return parser


if __name__ == "__main__":
    main()
