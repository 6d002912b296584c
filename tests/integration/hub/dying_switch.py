"""A switch in a process of its own, that is killed where it is told to be: by SIGKILL.

    python -m tests.integration.hub.dying_switch URL FLIST before|after NUMBER NAME...

kills itself before (or after) the NUMBER-th rename; the token comes by TFHUB_TOKEN.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from tests.integration.hub.world import QUICK
from tfimages_action.adapters.hub.choices import Layout
from tfimages_action.adapters.hub.client import Hub
from tfimages_action.adapters.hub.switch import Switch
from tfimages_action.adapters.hub.token import Token
from tfimages_action.adapters.hub.transport import Transport
from tfimages_action.core.run.report import Flist


def main(url: str, flist: str, when: str, number: str, *names: str) -> None:
    left = int(number)

    class Dying(Hub):
        def replace(self, source: str, name: str) -> None:
            nonlocal left
            left -= 1
            if not left and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            super().replace(source, name)
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    hub = Dying.sign_in(Transport(url, token=Token(os.environ["TFHUB_TOKEN"])))
    switch = Switch(hub, Layout.LINKS, QUICK)
    switch.to(Flist(name=flist, address=""), names, log=print, stop=threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
