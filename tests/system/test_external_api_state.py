"""What the System page says of the External API, whatever answers in its place: never an error, never late."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client

from pipelines_portal.system import external_api
from tests.each_case import each_case
from tests.external_api.server import free_port
from tests.factories import browser_of, make_person
from tests.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_root")]
PAGE = "/system/external-api/"
TOKEN = "a token for metrics"


@contextmanager
def answering(answer: bytes, *, drips: bool = False) -> Iterator[tuple[int, list[bytes]]]:
    """A server on a port that answers each request with these bytes. It keeps what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    with connection:
                        asked.append(connection.recv(65536))
                        for part in [answer[i : i + 1] for i in range(len(answer))] if drips else [answer]:
                            connection.sendall(part)
                            time.sleep(0.5 if drips else 0)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], asked


def http(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(text)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text


@pytest.fixture
def browser(settings: Any) -> Client:
    settings.METRICS_TOKEN = TOKEN
    return browser_of(make_person("maria@acme.example", role="administrator"))


def said(browser: Client, settings: Any, port: int) -> str:
    settings.PIPELINES_API_URL = settings.EMBEDDED_API_URL = f"http://127.0.0.1:{port}/api/v1"
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return words_of(answer)


def test_its_checks_are_shown(browser: Client, settings: Any) -> None:
    """Also of one that is not ready, which answers 503. It is asked with the token."""
    checks = {"database": "ok", "storage": "The storage does not answer.", "worker": "failed"}
    with answering(http({"status": "failed", "checks": checks}, "503 No")) as (port, asked):
        page = said(browser, settings, port)
    assert "Database OK: OK" in page
    assert "Storage Problem: Failed The storage does not answer." in page
    assert "Worker Problem: Failed Set METRICS_TOKEN" in page
    assert asked[0].startswith(b"GET /ready HTTP/1.1") and f"Authorization: Bearer {TOKEN}".encode() in asked[0]


@each_case(
    "answer",
    [
        b"", b"no HTTP at all\r\n\r\n", http(b"\xff not JSON"), http([]), http({"checks": "<b>"}),
        http({"checks": [1]}),
        http(b"", "302 Found", Location="http://127.0.0.1:1/"), http({"checks": {"a" * 500: {"b": [1]}}}),
        http(b"[" * 60_000), http(b"", "204 No Content"), http({"checks": None}),
    ],
)  # fmt: skip
def test_any_answer_is_a_page(answer: bytes, browser: Client, settings: Any) -> None:
    with answering(answer) as (port, _):
        assert "Problem:" in said(browser, settings, port)


def test_a_redirect_names_its_target(browser: Client, settings: Any) -> None:
    location = "https://api.example.com/ready?token=s3cret"
    with answering(http(b"", "301 Moved", Location=location)) as (port, _):
        page = said(browser, settings, port)
    assert "redirects to https://api.example.com/ready" in page and "s3cret" not in page


def test_no_connection_and_a_slow_answer(browser: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Connection refused" in said(browser, settings, free_port())
    monkeypatch.setattr(external_api, "DEADLINE", 1.0)
    with answering(http({"checks": {}}), drips=True) as (port, _):
        began = time.monotonic()
        assert "no answer within 1 seconds" in said(browser, settings, port)
        assert time.monotonic() - began < 5


def test_the_hosted_api_is_named_and_never_asked(browser: Client, settings: Any) -> None:
    with answering(http({})) as (port, asked):
        settings.PIPELINES_API_URL = f"http://127.0.0.2:{port}/api/v1"
        settings.ALLOWED_HOSTS = ["*", "portal.acme.example", "testserver"]
        page = words_of(browser.get(PAGE))
    assert f"Hosted Pipelines API http://127.0.0.2:{port}/api/v1" in page
    assert asked == []


def test_an_api_under_a_host_name_of_this_installation_is_ours(settings: Any) -> None:
    settings.PIPELINES_API_URL, settings.ALLOWED_HOSTS = "http://external-api:8001/api/v1", ["portal.example.com"]
    assert not external_api.is_own_api()
    settings.ALLOWED_HOSTS = ["portal.example.com", "external-api"]
    assert external_api.is_own_api()


def test_a_refresh_gets_the_part_alone(browser: Client, settings: Any) -> None:
    settings.PIPELINES_API_URL = settings.EMBEDDED_API_URL = f"http://127.0.0.1:{free_port()}/api/v1"
    part = browser.get(PAGE, headers={"HX-Request": "true", "HX-Target": "external-api"}).content.decode()
    assert part.strip().startswith('<section class="card" id="external-api"')
    assert 'hx-get="/system/external-api/"' in browser.get("/system/").content.decode()
