"""libgit2 by pygit2, loaded without the certificates that its import reads: 12 ms of every plan.

Nothing is fetched here, so none is ever asked for. Where OpenSSL looks for them is told by two
variables: https://docs.openssl.org/3.0/man3/SSL_CTX_set_default_verify_paths/
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_NOWHERE: Final = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.sep}


@contextmanager
def _without_certificates() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _NOWHERE}
    os.environ.update(_NOWHERE)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


with _without_certificates():
    import pygit2

__all__ = ["pygit2"]
