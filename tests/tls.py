"""Servers with a certificate of a private authority, as a company has one."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_KEY, SERVER_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Private authority")])
PEM = serialization.Encoding.PEM


def make_certificates(folder: Path, days: int = 9, address: str = "127.0.0.1") -> Path:
    """Write `authority.pem`, which is the same each time, and return what a server needs, valid for so many days."""
    end = datetime.now(UTC) + timedelta(days=days)
    authority = _sign("Private authority", AUTHORITY_KEY, datetime.now(UTC) + timedelta(days=9), is_authority=True)
    server = _sign("Server", SERVER_KEY, end, address=address)
    key = SERVER_KEY.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "authority.pem").write_bytes(authority.public_bytes(PEM))
    (folder / "server.pem").write_bytes(key + server.public_bytes(PEM) + authority.public_bytes(PEM))
    return folder / "server.pem"


def _sign(
    name: str, key: ec.EllipticCurvePrivateKey, end: datetime, *, address: str = "127.0.0.1", is_authority: bool = False
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(AUTHORITY).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=90)).not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(AUTHORITY_KEY, hashes.SHA256())
    )  # fmt: skip


def server_context(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


class Workflow(BaseHTTPRequestHandler):
    """Answers every GET with a workflow. `met` are the paths that were asked for."""

    met: list[str] = []

    def do_GET(self) -> None:
        self.met.append(self.path)
        body = b'{"id": 42, "name": "French", "status": "ACTIVE"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def https_server(pem: Path) -> Iterator[int]:
    """Yield the port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Workflow) as server:
        server.handle_error = lambda *args: None  # type: ignore[method-assign]
        server.socket = server_context(pem).wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
