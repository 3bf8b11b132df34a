"""An API whose certificate is not valid: nothing is sent to it, and it is said in a sentence, until it is renewed."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipelines_portal.api_client import CertificateRefused, PipelinesClient, RetryPolicy, Transport
from pipelines_portal.core.api_errors import explain
from pipelines_portal.keys.models import SavedKey
from tests.factories import open_workflow
from tests.pages import text_of

KEY = "pk_live_" + "5ec4e7" * 6 + "abcd"
KEYS = ec.generate_private_key(ec.SECP256R1())
ONCE = RetryPolicy(longest_wait=0, budget=0)
PEM = serialization.Encoding.PEM


def certificate(folder: Path, days: int, address: str = "127.0.0.1") -> Path:
    """Of the same key each time, good until so many days from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
    end = datetime.now(UTC) + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(KEYS.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=90)).not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(KEYS, hashes.SHA256())
    )  # fmt: skip
    secret = KEYS.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "api.pem").write_bytes(secret + made.public_bytes(PEM))
    (folder / "trusted.pem").write_bytes(made.public_bytes(PEM))
    return folder / "api.pem"


class Workflow(BaseHTTPRequestHandler):
    met: list[str] = []

    def do_GET(self) -> None:
        self.met.append(self.path)
        body = b'{"id": 42, "name": "French", "status": "ACTIVE"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def api(pem: Path, port: int = 0) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with ThreadingHTTPServer(("127.0.0.1", port), Workflow) as server:
        server.handle_error = lambda *args: None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("days", "address", "reason"),
    [(-1, "127.0.0.1", "certificate has expired"), (9, "127.0.0.2", "IP address mismatch")],
)
def test_it_is_said_and_goes_on_when_it_is_renewed(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    address: str,
    reason: str,
) -> None:
    # The authority of the test is trusted as the authorities of this machine are.
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "trusted.pem"))
    Workflow.met.clear()
    with api(certificate(tmp_path, days, address)) as port:
        caller = PipelinesClient(Transport(f"https://127.0.0.1:{port}/api/v1", timeout=5), KEY, ONCE)
        with pytest.raises(CertificateRefused, match=reason) as refused:
            caller.workflow(42)
    assert not refused.value.maybe_processed and Workflow.met == []
    words = explain(refused.value)
    assert (words.status, words.title, words.can_retry) == (503, "Pipelines’ certificate isn’t valid", True)
    assert "CertificateRefused" in caplog.text and reason in caplog.text and KEY not in caplog.text
    with api(certificate(tmp_path, 9)) as port:
        assert (
            PipelinesClient(Transport(f"https://127.0.0.1:{port}/api/v1", timeout=5), KEY, ONCE).workflow(42).name
            == "French"
        )


def test_the_page_says_so_and_keeps_what_was_typed(
    page: Any, saved_key: SavedKey, settings: Any, tmp_path: Path
) -> None:
    workflow = open_workflow(saved_key)
    place = f"/keys/{workflow.key_id}/workflows/42/tasks/"
    with api(certificate(tmp_path, -1)) as port:
        settings.PIPELINES_API_URL = f"https://127.0.0.1:{port}/api/v1"
        shown = page.get(place)
        typed = {"field-input_text": "Hello world", "field-target_language": "French", "token": str(uuid4())}
        refused = page.post(f"{place}new/", typed)
    for answer in (shown, refused):
        assert answer.status_code == 503
        assert "certificate isn’t valid" in text_of(answer)
    assert "Hello world" in text_of(refused)
