"""A token server such as ghcr.io has: all may pull what is public, a user with password may push.

The registry trusts tokens that are signed by this server's certificate:
https://distribution.github.io/distribution/spec/auth/jwt/
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.bed.http import credential, send

SERVICE: Final = "tf-images-bed"
ISSUER: Final = "tf-images-bed"
_LIFE: Final = dt.timedelta(minutes=5)
_DENIED: Final = {"errors": [{"code": "UNAUTHORIZED", "message": "denied"}]}


class TokenServer:
    """Grants what `user`, `password` and the set of private repositories allow."""

    def __init__(self, *, user: str, password: str, folder: Path) -> None:
        self.user = user
        self.password = password
        self.private: set[str] = set()
        """Repositories that nobody may pull without signing in."""
        self.refused_pushes: set[str] = set()
        """Repositories that even `user` may not push to: made by another's token, at ghcr.io."""
        self.asked: list[tuple[tuple[str, ...], bool]] = []
        """The scopes of every token so far, and whether its bearer had signed in."""
        self.life = _LIFE
        self._key = ec.generate_private_key(ec.SECP256R1())
        certificate = _self_signed(self._key)
        self._chain = [
            base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
        ]
        self.certificate = folder / "tokens.pem"
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self._server = _Server(("127.0.0.1", 0), self)
        self.realm = f"http://127.0.0.1:{self._server.server_address[1]}/token"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def knows(self, user: str, password: str) -> bool:
        return (user, password) == (self.user, self.password)

    def token(self, scopes: list[str], *, signed_in: bool) -> str:
        """Sign a token for that part of the scopes which is allowed."""
        now = dt.datetime.now(dt.UTC)
        claims = {
            "iss": ISSUER,
            "aud": SERVICE,
            "sub": self.user if signed_in else "",
            "iat": now,
            "nbf": now - dt.timedelta(seconds=10),
            "exp": now + self.life,
            "jti": uuid.uuid4().hex,
            "access": [self._allowed(scope, signed_in=signed_in) for scope in scopes],
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"x5c": self._chain})

    def _allowed(self, scope: str, *, signed_in: bool) -> dict[str, Any]:
        kind, _, rest = scope.partition(":")
        name, _, wanted = rest.rpartition(":")
        allowed = {"pull"} if signed_in or name not in self.private else set()
        if signed_in and name not in self.refused_pushes:
            allowed |= {"push", "delete"}
        return {"type": kind, "name": name, "actions": sorted(allowed & set(wanted.split(",")))}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], tokens: TokenServer) -> None:
        super().__init__(address, _Handler)
        self.tokens = tokens


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        user, password = self._basic()
        self._grant(parse_qsl(urlsplit(self.path).query), user, password)

    def do_POST(self) -> None:
        # Docker asks by an OAuth2 form where it has a password.
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        form = parse_qs(body)
        pairs = [(key, value) for key, values in form.items() for value in values]
        named = dict(pairs)
        self._grant(pairs, named.get("username", ""), named.get("password", ""))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
        """Say nothing: passwords stand in the requests."""

    def _basic(self) -> tuple[str, str]:
        value = credential(self, "basic") or ""
        user, _, password = base64.b64decode(value).decode().partition(":")
        return user, password

    def _grant(self, pairs: list[tuple[str, str]], user: str, password: str) -> None:
        tokens = self.server.tokens
        signed_in = tokens.knows(user, password)
        if (user or password) and not signed_in:
            send(self, 401, json.dumps(_DENIED).encode())
            return
        scopes = [scope for key, value in pairs if key == "scope" for scope in value.split(" ")]
        tokens.asked.append((tuple(scopes), signed_in))
        token = tokens.token(scopes, signed_in=signed_in)
        seconds = int(tokens.life.total_seconds())
        granted = {"token": token, "access_token": token, "expires_in": seconds}
        send(self, 200, json.dumps(granted).encode())


@contextmanager
def running_tokens(folder: Path, *, user: str, password: str) -> Iterator[TokenServer]:
    server = TokenServer(user=user, password=password, folder=folder)
    try:
        yield server
    finally:
        server.stop()


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, ISSUER)])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
