"""The Caddyfile of deploy/caddy, run as it is before a program that tells what came to it; another is not there."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from tests.external_api.server import PROJECT
from tests.live import wait_until
from tests.seaweedfs import free_ports
from tests.services.deploy.certificates import API, PORTAL, make_certificate
from tests.services.deploy.machines import Named

pytestmark = pytest.mark.full

SAMPLE = PROJECT / "deploy" / "caddy" / "Caddyfile"
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


@dataclass
class Proxied:
    """`tls` and `inside` are the ports it listens on."""

    tls: int
    inside: int
    folder: Path

    def ask(self, name: str, path: str, method: str = "GET", **options: Any) -> requests.Response:
        session = requests.Session()
        session.mount("https://", Named(name))
        session.trust_env, session.verify = False, str(self.folder / "tls/fullchain.pem")
        headers = {"Host": name} | options.pop("headers", {})
        return session.request(method, f"https://127.0.0.1:{self.tls}{path}", headers=headers, timeout=30, **options)


class OlderMirror(Mirror):
    """Of a version that lacks all static files."""

    def do_GET(self) -> None:
        if self.path.startswith("/static/"):
            self.send_error(404)
        else:
            self.answer()


@contextmanager
def program(kind: type[Mirror]) -> Iterator[int]:
    """Its port."""
    behind = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    Thread(target=behind.serve_forever, daemon=True).start()
    yield behind.server_port
    behind.shutdown()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Of the two programs one is there."""
    with program(Mirror) as behind, caddy(tmp_path_factory.mktemp("caddy"), free_ports(1)[0], behind) as running:
        yield running


@contextmanager
def caddy(folder: Path, first: int, second: int) -> Iterator[Proxied]:
    make_certificate(folder / "tls")
    plain, tls, inside = free_ports(3)
    file = folder / "Caddyfile"
    file.write_text(_filled_in(first, second, inside, folder).replace("{\n", _ports(plain, tls), 1))
    with (folder / "log").open("wb") as log:
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
        home = {"HOME": str(folder), "PATH": "/usr/bin"}
        process = subprocess.Popen(command, env=home, stdout=log, stderr=log)
    try:
        wait_until(lambda: _answers(inside), "caddy to start", 30)
        yield Proxied(tls, inside, folder)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _ports(plain: int, tls: int) -> str:
    return f"{{\n\tadmin off\n\tauto_https disable_redirects\n\thttp_port {plain}\n\thttps_port {tls}\n"


def _filled_in(first: int, second: int, inside: int, folder: Path) -> str:
    sample = SAMPLE.read_text()
    for given, taken in {
        "10.0.0.11:8000": f"127.0.0.1:{first}", "10.0.0.12:8000": f"127.0.0.1:{second}",
        "10.0.0.11:8001": f"127.0.0.1:{first}", "10.0.0.12:8001": f"127.0.0.1:{second}",
        "127.0.0.1:8080": f"127.0.0.1:{inside}", "/etc/ssl/pipelines-portal": str(folder / "tls"),
        "/var/log/caddy": str(folder),
    }.items():  # fmt: skip
        sample = sample.replace(given, taken)
    return sample


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=5).ok
    except requests.RequestException:
        return False


def test_what_clients_write_into_a_proxys_headers_is_gone(proxied: Proxied) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http", "X-Request-Id": "mine", "Forwarded": "for=6"}
    told = proxied.ask(PORTAL, "/sign-in/", headers=forged).json()
    assert (told["host"], told["x-forwarded-for"], told["x-forwarded-proto"]) == (PORTAL, "127.0.0.1", "https")
    assert "forwarded" not in told and told["x-request-id"] not in ("", "mine")


def test_a_program_whose_database_is_away_is_asked_all_the_same(proxied: Proxied) -> None:
    assert proxied.ask(PORTAL, "/ready").status_code == 503
    assert proxied.ask(PORTAL, "/sign-in/").json()["host"] == PORTAL


def test_the_portals_own_calls_keep_their_names(proxied: Proxied) -> None:
    told = requests.get(f"http://127.0.0.1:{proxied.inside}/", headers={"X-Request-Id": "ours"}, timeout=30).json()
    assert told["x-request-id"] == "ours"


def test_figures_stay_inside(proxied: Proxied) -> None:
    assert [proxied.ask(name, "/metrics").status_code for name in (PORTAL, API)] == [404, 404]


@pytest.mark.parametrize(
    ("name", "path", "size"),
    [
        (API, "/api/v1/workflows/1/tasks", 40_000_000),
        (API, "/api/v1/workflows/1/tasks", 100_000_000),
        (PORTAL, "/keys/1/workflows/2/import/", 100_000_000),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_sent(proxied: Proxied, name: str, path: str, size: int) -> None:
    assert proxied.ask(name, path, "POST", data=Announced(size)).status_code == 413


@pytest.mark.parametrize(("name", "path"), [(API, "/storage/some.zip"), (PORTAL, "/keys/1/workflows/2/import/")])
def test_archives_and_imports_are_not(proxied: Proxied, name: str, path: str) -> None:
    assert proxied.ask(name, path, "PUT", data=LARGE).json()["size"] == len(LARGE)


def test_what_lets_people_in_is_in_no_log(proxied: Proxied) -> None:
    proxied.ask(PORTAL, "/invitation/let-me-in/", headers={"Cookie": "let-me-in", "X-API-Key": "let-me-in"})
    proxied.ask(PORTAL, "/password/new/7/let-me-in/?and=let-me-in")
    proxied.ask(API, "/storage/some.zip?signature=let-me-in")
    said = proxied.folder / "pipelines-portal.log"
    wait_until(lambda: "/storage/some.zip…" in said.read_text(), "the log", 20)
    assert "/invitation/…" in said.read_text() and "/password/new/7/…" in said.read_text()
    assert "let-me-in" not in said.read_text()


@pytest.mark.parametrize("name", [PORTAL, API])
@pytest.mark.parametrize("versions", [(Mirror, OlderMirror), (OlderMirror, Mirror), (OlderMirror, OlderMirror)])
def test_a_static_file_that_one_program_has_not_is_asked_of_the_other(
    tmp_path: Path, versions: tuple[type[Mirror], type[Mirror]], name: str
) -> None:
    """And is not found where neither has it."""
    with program(versions[0]) as first, program(versions[1]) as second, caddy(tmp_path, first, second) as running:
        wanted = 200 if Mirror in versions else 404
        assert {running.ask(name, "/static/css/new.css").status_code for _ in range(6)} == {wanted}
        assert running.ask(name, "/").status_code == 200
