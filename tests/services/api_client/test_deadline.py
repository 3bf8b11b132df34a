"""One deadline a call: whatever the API does with its bytes, no thread waits past it."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pipelines_portal.api_client import ConnectionFailed, PipelinesClient, RetryPolicy, Transport, deadline
from tests.faulty_api import Answer, answer, drip, drip_head, faulty_api, pause

KEY = "pk_live_" + "a" * 40
ONCE = RetryPolicy(longest_wait=0, budget=0)
GOOD = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})
# The bytes that drip would go on for 50 s.
LONG_BEFORE_THE_END = 20


@pytest.mark.parametrize("fault", [drip, drip_head], ids=["body", "head"])
def test_an_answer_that_drips_holds_no_thread_past_the_deadline(fault: Answer) -> None:
    """Neither in its head nor in its body; and the next call is none the worse for it."""
    started = time.monotonic()
    with faulty_api(fault, GOOD) as api:
        client = PipelinesClient(Transport(api.url, timeout=0.5), KEY, ONCE)
        with pytest.raises(ConnectionFailed, match="in time") as failure:
            client.workflow(42)
        assert client.workflow(42).name == "French"
    assert failure.value.timed_out
    assert time.monotonic() - started < LONG_BEFORE_THE_END


def test_a_body_that_nobody_reads_is_given_up() -> None:
    """A POST too large for the buffers on the way, to a server that accepts and reads nothing: it may have arrived."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        client = PipelinesClient(Transport(url, timeout=0.2), KEY, ONCE)
        started = time.monotonic()
        with pytest.raises(ConnectionFailed) as failure:
            client.create_tasks(42, [{"text": "x" * 1_000_000}] * 20)
    assert failure.value.maybe_processed
    assert time.monotonic() - started < LONG_BEFORE_THE_END


def test_a_dripped_head_is_given_up_over_tls_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = self_signed(tmp_path)
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    with tls_server(certificate) as port:
        transport = Transport(f"https://127.0.0.1:{port}/api/v1", timeout=0.5)
        started = time.monotonic()
        with pytest.raises(ConnectionFailed, match="in time"):
            PipelinesClient(transport, KEY, ONCE).workflow(42)
    assert time.monotonic() - started < LONG_BEFORE_THE_END


def test_connections_are_used_again() -> None:
    """Bounding the waits costs no connection."""
    with counting_server() as (url, connections):
        client = PipelinesClient(Transport(url), KEY, ONCE)
        for _ in range(5):
            assert client.workflow(42).name == "French"
    assert len(connections) == 1


@contextmanager
def nobody_answers() -> Iterator[str]:
    """An address where connecting itself hangs: its queue of connections is full, and nobody takes any."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        for _ in range(4):
            filler = waiting.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"


def test_a_host_that_takes_no_connection_has_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing left, so nothing was done; and it counts as silence, though the call's time is not over."""
    monkeypatch.setattr(deadline, "CONNECT_TIMEOUT", 0.3)
    with nobody_answers() as url, pytest.raises(ConnectionFailed, match="in time") as failure:
        PipelinesClient(Transport(url, timeout=60), KEY, ONCE).create_tasks(42, [{}])
    assert failure.value.timed_out
    assert not failure.value.maybe_processed


def test_many_addresses_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of a host's addresses is tried in turn, and none may take the whole time for itself."""
    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **more: found(*asked, **more) * 50)
    started = time.monotonic()
    with nobody_answers() as url, pytest.raises(ConnectionFailed):
        PipelinesClient(Transport(url, timeout=0.5), KEY, ONCE).workflow(42)
    assert time.monotonic() - started < LONG_BEFORE_THE_END


@contextmanager
def counting_server() -> Iterator[tuple[str, set[tuple[str, int]]]]:
    connections: set[tuple[str, int]] = set()

    class KeepAlive(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            connections.add(self.client_address)
            body = b'{"id": 42, "name": "French", "status": "ACTIVE"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *told: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), KeepAlive) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/v1", connections
        server.shutdown()


@contextmanager
def tls_server(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_drip_over_tls, args=(listener, context), daemon=True).start()
        yield listener.getsockname()[1]


def _drip_over_tls(listener: socket.socket, context: ssl.SSLContext) -> None:
    raw, _ = listener.accept()
    try:
        with context.wrap_socket(raw, server_side=True) as connection:
            connection.recv(65536)
            drip_head(connection)
    except OSError:
        pause(0)


def self_signed(folder: Path) -> Path:
    """Key and certificate for 127.0.0.1, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "tls.pem"
    file.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return file
