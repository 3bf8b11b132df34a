"""A web program that is told to end answers what was begun, and lets nobody new in."""

import signal
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.faulty_api import Answer, answer, faulty_api
from tests.live import portal, wait_until

EMPTY = answer(200, {"tasks": [], "next_cursor": None, "has_more": False})
WORKFLOW = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})
PASSWORD = "pipelines-demo"


def once(said: threading.Event, then: Answer) -> Answer:
    def send(connection: socket.socket) -> None:
        said.wait(60)
        then(connection)

    return send


def is_refused(url: str) -> bool:
    place = urlsplit(url)
    try:
        socket.create_connection((place.hostname, place.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it was still in line as the door was closed
        return False
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.full)])
def test_what_was_begun_is_answered_and_nobody_new_comes_in(number: int, tmp_path: Path) -> None:
    api_may_answer, answers = threading.Event(), list[requests.Response]()
    with faulty_api(WORKFLOW) as api, portal(tmp_path / "portal", api.url) as running:
        running.run(
            "make_person_with_key", email="a@acme.example", password=PASSWORD, key="pk_live_" + "0" * 40, workflow_id=42
        )
        session = running.sign_in("a@acme.example", PASSWORD)
        api.routes["/tasks"] = once(api_may_answer, EMPTY)
        address = f"{running.url}/keys/1/workflows/42/tasks/"
        asking = threading.Thread(target=lambda: answers.append(session.get(address, timeout=60)))
        asking.start()
        wait_until(lambda: any("/tasks" in request for request in api.requests), "the page to ask the API")
        running.process.send_signal(number)
        wait_until(lambda: is_refused(running.url), "the door to be closed")
        api_may_answer.set()
        asking.join()
        assert running.process.wait(timeout=60) == 0
        assert [one.status_code for one in answers] == [200]


@pytest.mark.full
def test_told_a_second_time_it_ends_at_once(tmp_path: Path) -> None:
    never = threading.Event()
    with faulty_api(WORKFLOW) as api, portal(tmp_path / "portal", api.url) as running:
        running.run(
            "make_person_with_key", email="a@acme.example", password=PASSWORD, key="pk_live_" + "0" * 40, workflow_id=42
        )
        session = running.sign_in("a@acme.example", PASSWORD)
        api.routes["/tasks"] = once(never, EMPTY)
        failed = list[Exception]()

        def ask() -> None:
            try:
                session.get(f"{running.url}/keys/1/workflows/42/tasks/", timeout=60)
            except requests.RequestException as error:
                failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        wait_until(lambda: any("/tasks" in request for request in api.requests), "the page to ask the API")
        running.process.terminate()
        wait_until(lambda: is_refused(running.url), "the door to be closed")
        running.process.terminate()
        running.process.wait(timeout=15)
        never.set()
        asking.join()
        assert failed
