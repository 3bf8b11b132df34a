"""The Caddyfile of deploy/caddy, run before a program that tells what came to it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from tests.external_api.server import PROJECT
from tests.live import wait_until
from tests.seaweedfs import free_ports
from tests.services.deploy.caddy import SAMPLE, Caddy, caddy
from tests.services.deploy.certificates import API, PORTAL, make_certificate

pytestmark = pytest.mark.full

LARGE = b"x" * 45_000_000


class Announced:
    """A body of so many bytes, none of which is sent."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def read(self, size: int = -1) -> bytes:
        return b""


class Mirror(BaseHTTPRequestHandler):
    """Answers with the headers it got, and how much came. Its database is away."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_PUT(self) -> None:
        self.answer()

    def answer(self) -> None:
        try:
            size = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        except OSError:
            return
        told = json.dumps({"size": size} | {name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(503 if self.path == "/ready" else 200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def program() -> Iterator[int]:
    """Its port."""
    behind = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    Thread(target=behind.serve_forever, daemon=True).start()
    yield behind.server_port
    behind.shutdown()
    behind.server_close()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    plain, tls = free_ports(2)
    with program() as behind, caddy(tmp_path_factory.mktemp("caddy"), (plain, tls), (behind, behind)) as running:
        yield running


def test_what_clients_write_into_a_proxys_headers_is_gone(proxied: Caddy) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http", "X-Request-Id": "mine", "Forwarded": "for=6"}
    told = proxied.ask(PORTAL, "/sign-in/", headers=forged).json()
    assert (told["host"], told["x-forwarded-for"], told["x-forwarded-proto"]) == (PORTAL, "127.0.0.1", "https")
    assert "forwarded" not in told and told["x-request-id"] not in ("", "mine")


def test_a_program_whose_database_is_away_is_asked_all_the_same(proxied: Caddy) -> None:
    assert proxied.ask(PORTAL, "/ready").status_code == 503
    assert proxied.ask(PORTAL, "/sign-in/").json()["host"] == PORTAL


def test_figures_stay_inside(proxied: Caddy) -> None:
    assert [proxied.ask(name, "/metrics").status_code for name in (PORTAL, API)] == [404, 404]


@pytest.mark.parametrize(
    ("name", "path", "size"),
    [
        (API, "/api/v1/workflows/1/tasks", 40_000_000),
        (API, "/api/v1/workflows/1/tasks", 100_000_000),
        (PORTAL, "/keys/1/workflows/2/import/", 100_000_000),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_sent(proxied: Caddy, name: str, path: str, size: int) -> None:
    assert proxied.ask(name, path, "POST", data=Announced(size)).status_code == 413


@pytest.mark.parametrize(("name", "path"), [(API, "/storage/some.zip"), (PORTAL, "/keys/1/workflows/2/import/")])
def test_archives_and_imports_are_not(proxied: Caddy, name: str, path: str) -> None:
    assert proxied.ask(name, path, "PUT", data=LARGE).json()["size"] == len(LARGE)


def test_what_lets_people_in_is_in_no_log(proxied: Caddy) -> None:
    proxied.ask(PORTAL, "/invitation/let-me-in/", headers={"Cookie": "let-me-in", "X-API-Key": "let-me-in"})
    proxied.ask(PORTAL, "/password/new/7/let-me-in/?and=let-me-in")
    proxied.ask(API, "/storage/some.zip?signature=let-me-in")
    wait_until(lambda: "/storage/some.zip…" in proxied.log.read_text(), "the log", 20)
    assert "/invitation/…" in proxied.log.read_text() and "/password/new/7/…" in proxied.log.read_text()
    assert "let-me-in" not in proxied.log.read_text()


def test_other_names_get_nothing(proxied: Caddy) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        proxied.ask("other.example.com", "/")


def test_without_an_external_api_only_the_portal_is_served(tmp_path: Any) -> None:
    """As Compose fills in the name that is missing."""
    plain, tls = free_ports(2)
    with program() as behind, caddy(tmp_path, (plain, tls), (behind, 1), api="http://unused.invalid") as running:
        assert running.ask(PORTAL, "/sign-in/").json()["host"] == PORTAL
        with pytest.raises(requests.exceptions.SSLError):
            running.ask(API, "/")


def test_a_portal_that_does_not_answer_is_told_in_words(tmp_path: Path) -> None:
    """The status stays, so that clients know that a POST may have been received."""
    plain, tls, nobody = free_ports(3)
    sample = SAMPLE.read_text().replace("lb_try_duration 30s", "lb_try_duration 1s")
    with caddy(tmp_path, (plain, tls), (nobody, nobody), sample=sample) as running:
        answer = running.ask(PORTAL, "/sign-in/")
    assert (answer.status_code, answer.text[:45]) == (502, "The portal does not answer at the moment (502")


def test_a_certificate_of_ones_own_is_used(tmp_path: Path) -> None:
    """By the line of the guide."""
    own = tmp_path / "own"
    make_certificate(own)
    page = (PROJECT / "docs/administrators/proxy.md").read_text()
    (line,) = re.findall(r"^tls (?:/etc/caddy/own/\S+ ?){2}$", page, re.MULTILINE)
    authority = (own / "fullchain.pem").rename(own / "certificate.pem")
    (own / "tls.caddy").write_text(line.replace("/etc/caddy/own/", f"{own}/"))
    plain, tls = free_ports(2)
    with program() as behind, caddy(tmp_path, (plain, tls), (behind, behind), authority=authority) as running:
        assert [running.ask(name, "/metrics").status_code for name in (PORTAL, API)] == [404, 404]
