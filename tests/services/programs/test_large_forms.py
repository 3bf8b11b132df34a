"""A form of more than 256 kB is read only after the portal has decided who sends it."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from tests.live import Portal, portal

PASSWORD = "a password of some length"
MADE_UP = f"portal_session={'x' * 32}; portal_csrf={'y' * 32}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("portal"), "http://127.0.0.1:9/api/v1") as running:
        yield running


@contextmanager
def unfinished(running: Portal, count: int, path: str, cookies: str = MADE_UP) -> Iterator[list[socket.socket]]:
    url = urlsplit(running.url)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {url.netloc}\r\nCookie: {cookies}\r\nContent-Length: 1500000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\ncsrf"
    )
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection((url.hostname, url.port), timeout=30)) for _ in range(count)
        ]
        for connection in connections:
            connection.sendall(head.encode())
        yield connections


@pytest.mark.parametrize("path", ["/sign-in/", "/password/forgotten/", "/"])
def test_large_form_of_a_stranger_is_refused_before_it_arrives(running: Portal, path: str) -> None:
    with unfinished(running, 1, path) as [connection]:
        began = time.monotonic()
        assert connection.recv(4096).split(b" ")[1] == b"413"
        assert time.monotonic() - began < 4


def test_cookie_whose_name_only_ends_like_the_session_s_is_none(running: Portal) -> None:
    """The server itself refuses it, by the header."""
    with unfinished(running, 1, "/sign-in/", "other_portal_session=x") as [connection]:
        answer = connection.recv(4096)
        assert answer.split(b" ")[1] == b"413"
        assert b"text/plain" in answer


def test_strangers_large_forms_do_not_hold_up_a_person_s(running: Portal) -> None:
    running.run("make_person", email="ben@example.com", password=PASSWORD)
    session = running.sign_in("ben@example.com", PASSWORD)
    page = session.get(f"{running.url}/account/", timeout=10).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "text": "x" * 1_500_000}
    with unfinished(running, 40, "/sign-in/"):
        began = time.monotonic()
        answer = session.post(f"{running.url}/no-such-page/", data=form, headers={"Referer": running.url}, timeout=60)
        while answer.status_code == 503 and time.monotonic() - began < 5:  # the same address has sent the others
            time.sleep(0.2)
            answer = session.post(f"{running.url}/no-such-page/", data=form, timeout=60)
        assert answer.status_code == 404
        assert time.monotonic() - began < 8


def test_a_person_s_unfinished_forms_do_not_hold_up_a_colleague_s(running: Portal) -> None:
    """Whichever of the person's sessions they come with."""
    running.run("make_person", email="ann@example.com", password=PASSWORD)
    running.run("make_person", email="eve@example.com", password=PASSWORD)
    cookies = [
        "; ".join(f"{one.name}={one.value}" for one in running.sign_in("eve@example.com", PASSWORD).cookies)
        for _ in range(2)
    ]
    session = running.sign_in("ann@example.com", PASSWORD)
    page = session.get(f"{running.url}/account/", timeout=10).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "text": "x" * 1_500_000}
    with unfinished(running, 5, "/no-such-page/", cookies[0]), unfinished(running, 5, "/no-such-page/", cookies[1]):
        time.sleep(0.5)
        began = time.monotonic()
        answer = session.post(f"{running.url}/no-such-page/", data=form, headers={"Referer": running.url}, timeout=60)
        assert answer.status_code == 404
        assert time.monotonic() - began < 5
