"""The Caddyfile of deploy/caddy, run before a program that tells what came to it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import requests

from tests.external_api.server import PROJECT
from tests.live import wait_until
from tests.seaweedfs import free_ports
from tests.services.deploy.caddy import SAMPLE, Caddy, Places, caddy, passes_posts_on, two_servers
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


class Broken(Mirror):
    """Breaks off when it has read a request. `received` holds the paths of these."""

    received: ClassVar[list[str]] = []

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.received.append(self.path)
        self.close_connection = True


@contextmanager
def program(handler: type[Mirror] = Mirror) -> Iterator[int]:
    """Its port."""
    behind = ThreadingHTTPServer(("127.0.0.1", 0), handler)
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


def test_the_log_says_which_program_was_asked(proxied: Caddy) -> None:
    name = proxied.ask(PORTAL, "/sign-in/").json()["x-request-id"]
    wait_until(lambda: name in proxied.log.read_text(), "the log", 20)
    assert re.search(rf'"user_id":"127\.0\.0\.1:\d+ {name}"', proxied.log.read_text())


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


@pytest.mark.parametrize("name", [PORTAL, API])
def test_a_program_that_does_not_answer_is_told_in_words(tmp_path: Path, name: str) -> None:
    """The status stays, so that clients know that a POST may have been received."""
    plain, tls, nobody = free_ports(3)
    sample = SAMPLE.read_text().replace("lb_try_duration 30s", "lb_try_duration 1s")
    with caddy(tmp_path, (plain, tls), (nobody, nobody), sample=sample) as running:
        answer = running.ask(name, "/?let-me-in", headers={"X-API-Key": "let-me-in"})
        wait_until(lambda: answer.headers["X-Request-Id"] in running.log.read_text(), "the log", 20)
    assert (answer.status_code, answer.text[:45]) == (502, "The server does not answer at the moment (502")
    assert "let-me-in" not in running.log.read_text()


@contextmanager
def two_programs(folder: Path, first: int, second: int) -> Iterator[tuple[Caddy, int]]:
    """Caddy before both, and its port for calls from the portals."""
    plain, tls, inside = free_ports(3)
    running = two_servers(folder, Places(plain, tls, inside, (first, second), (first, second)))
    running.service.start()
    try:
        yield running, inside
    finally:
        running.service.stop()


def test_a_post_that_a_program_may_have_received_is_sent_once(tmp_path: Path) -> None:
    """A GET goes to the other program."""
    paths = [f"/keys/{number}/" for number in range(4)]
    with program(Broken) as broken, program() as whole, two_programs(tmp_path, broken, whole) as (running, _):
        posted = {path: running.ask(PORTAL, path, "POST", data="once").status_code for path in paths}
        received = [*Broken.received]
        read = [running.ask(PORTAL, path).status_code for path in paths]
    assert sorted(posted.values()) == [200, 200, 502, 502]
    assert sorted(received) == [path for path in paths if posted[path] == 502]
    assert read == [200] * len(paths)


def test_a_program_that_is_stopped_is_passed_over(tmp_path: Path) -> None:
    (nobody,) = free_ports(1)
    with program() as whole, two_programs(tmp_path, nobody, whole) as (running, _):
        assert [running.ask(PORTAL, "/").status_code for _ in range(4)] == [200] * 4
        assert [running.ask(PORTAL, "/static/portal.css").status_code for _ in range(4)] == [200] * 4
        posted = {running.ask(PORTAL, "/", "POST", data="x").status_code for _ in range(4)}
    assert posted == {200} or not passes_posts_on()


def test_portals_call_by_a_port_of_their_own_and_keep_their_request_ids(tmp_path: Path) -> None:
    with program() as first, program() as second, two_programs(tmp_path, first, second) as (_, inside):
        url, headers = f"http://127.0.0.1:{inside}", {"X-Request-Id": "of-a-portal", "X-Forwarded-For": "6.6.6.6"}
        told = requests.get(f"{url}/api/v1/health", headers=headers, timeout=30).json()
        assert (told["x-request-id"], told["x-forwarded-for"]) == ("of-a-portal", "127.0.0.1")
        assert requests.get(f"{url}/metrics", timeout=30).status_code == 404


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
