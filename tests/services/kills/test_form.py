"""The web process is killed while the API is slow, at each of the two calls of a typed task: it is never sent twice."""

import re
import socket
import threading
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from tests.faulty_api import FaultyApi, answer, faulty_api
from tests.live import Portal, portal

SCHEMA = answer(
    200,
    {
        "workflow_id": 42,
        "fields": [
            {"name": "input_text", "title": "Text to translate", "type": "long_text", "required": True},
            {"name": "target_language", "title": "Language", "type": "select", "options": ["French"], "required": True},
        ],
    },
)
NO_TASKS = answer(200, {"tasks": [], "next_cursor": None, "has_more": False})
WHO = {"email": "ana@example.com", "password": "right-Horse-7"}
CREATED = answer(200, {"success_count": 1, "error_count": 0, "errors": [], "task_ids": [7]})
TASKS = "/api/v1/workflows/42/tasks"
PAGE = "/keys/1/workflows/42/tasks/new/"
VALUES = {"field-input_text": "Hello", "field-target_language": "French"}


def post(running: Portal, session: requests.Session, token: str) -> requests.Response:
    html = session.get(f"{running.url}{PAGE}", timeout=30).text
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert csrf
    form = VALUES | {"token": token, "csrfmiddlewaretoken": csrf[1]}
    headers = {"Referer": running.url}
    return session.post(f"{running.url}{PAGE}", form, headers=headers, timeout=60, allow_redirects=False)


def posts(api: FaultyApi) -> int:
    return sum(request.startswith("POST") for request in api.requests)


def killed_at(running: Portal, session: requests.Session, api: FaultyApi, place: str, token: str) -> None:
    is_there, may_end = threading.Event(), threading.Event()

    def hang(connection: socket.socket) -> None:
        is_there.set()
        may_end.wait(60)

    def press() -> None:
        with pytest.raises(requests.ConnectionError):
            post(running, session, token)

    normal, api.routes[place] = api.routes[place], hang
    pressing = threading.Thread(target=press)
    pressing.start()
    assert is_there.wait(60)
    running.kill()
    may_end.set()
    pressing.join()
    api.routes[place] = normal
    running.start()


@pytest.mark.parametrize(
    ("place", "then"),
    [pytest.param(f"GET {TASKS}", "/tasks/", marks=pytest.mark.full), (f"POST {TASKS}", "/submissions/")],
)
def test_the_form_again_after_a_kill_is_one_sending(place: str, then: str, tmp_path: Path) -> None:
    """Nothing had left at the first call; at the second one nobody knows, and it is not sent again."""
    token = str(uuid4())
    with faulty_api(SCHEMA) as api, portal(tmp_path, api.url) as running:
        api.routes = {f"GET {TASKS}": NO_TASKS, f"POST {TASKS}": CREATED}
        running.run("make_person_with_key", **WHO, key="k" * 40, workflow_id=42)
        session = running.sign_in(**WHO)
        killed_at(running, session, api, place, token)
        again = post(running, session, token)
        assert again.status_code == 302
        assert then in again.headers["Location"]
        assert "/submissions/" in post(running, session, token).headers["Location"]
        assert posts(api) == 1
