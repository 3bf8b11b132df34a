"""The portal's process dies with the request on the wire."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests import samples
from tests.faulty_api import FaultyApi, answer, faulty_api, pause, silence
from tests.live import portal, wait_until

EMAIL, PASSWORD = "maria@acme.example", "pipelines-demo"


@pytest.fixture
def stuck_api() -> Iterator[FaultyApi]:
    """Answers what comes before a sending, and never the sending itself."""
    page = answer(200, {"tasks": [samples.task(7)], "next_cursor": None, "has_more": False})
    with faulty_api(page, silence(30)) as api:
        yield api


def post(session: requests.Session, address: str) -> None:
    headers = {"X-CSRFToken": session.cookies[settings.CSRF_COOKIE_NAME]}
    try:
        session.post(address, headers=headers, timeout=30)
    except requests.ConnectionError:
        pass  # its server was killed


def test_a_sending_killed_on_the_wire_is_unknown_and_not_repeated(tmp_path: Path, stuck_api: FaultyApi) -> None:
    """The claim stands in the database before the request leaves, so whoever looks next knows that it did."""
    with portal(tmp_path / "portal", stuck_api.url) as running:
        running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key="pk_live_" + "0" * 40, workflow_id=42)
        draft = running.run("make_draft", workflow_id=42, rows=[{"input_text": "Hello"}])
        address = f"{running.url}/submissions/{draft}/"
        session = running.sign_in(EMAIL, PASSWORD)
        sending = threading.Thread(target=post, args=(session, f"{address}send/"))
        sending.start()
        wait_until(lambda: posts(stuck_api) == 1, "the tasks to be on the wire")
        running.kill()
        sending.join()
        running.start()
        assert says(session, address, "Waiting for Pipelines")
        assert running.run("end_lease") == 1
        assert says(session, address, "We don’t know if this task was created")
        post(session, f"{address}send/")
        pause(0.5)
        assert posts(stuck_api) == 1


def posts(api: FaultyApi) -> int:
    return sum(request.startswith("POST") for request in api.requests)


def says(session: requests.Session, address: str, words: str) -> bool:
    """Whether the page says so, once the new worker serves it."""
    wait_until(lambda: session.get(address, timeout=10).status_code == 200, "the page")
    return words in session.get(address, timeout=10).text
