"""What every server of the bed does with headers: reads who asks, answers with a whole body."""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler


def credential(handler: BaseHTTPRequestHandler, *schemes: str) -> str | None:
    """What stands in `Authorization` after one of these schemes; `None` for any other."""
    scheme, _, value = handler.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() in schemes else None


def send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    *,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a body of known length."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
