"""An API that accepts calls and never answers takes half of the portal's threads, and no more."""

import threading
import time
from pathlib import Path

import pytest
import requests

from tests.faulty_api import answer, faulty_api, silence
from tests.live import Portal, portal, wait_until

THREADS = 4
LONG = 120


def test_pages_that_need_no_api_are_answered_while_it_hangs(tmp_path: Path) -> None:
    """Ten people wait for their tasks, more than the portal has threads; those it does not ask for are told at once."""
    workflow = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})
    options = {"WEB_THREADS": str(THREADS), "API_TIMEOUT_SECONDS": str(LONG)}
    with faulty_api(workflow) as api, portal(tmp_path, api.url, **options) as running:
        api.routes["/schema"] = answer(200, {"fields": []})
        running.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given="pk_live_" + "a" * 40)
        person = running.sign_in("demo@example.com", "pipelines-demo")
        api.requests.clear()
        api.routes = {"/tasks": silence(LONG)}
        told = click(running, person, people=10)
        wait_until(lambda: len(told) >= 10 - THREADS // 2, "all but those who wait to be told")
        assert requests.get(f"{running.url}/sign-in/", timeout=LONG / 2).status_code == 200
        for page in ("/submissions/", "/keys/", "/password/", "/health"):
            assert person.get(running.url + page, timeout=LONG / 2).status_code == 200
        assert {status for status, _ in told} == {503}
        assert all("Try again in a minute" in html for _, html in told)
        assert len(told) == 10 - THREADS // 2
        assert len(api.requests) <= THREADS // 2  # the second may still wait for what the first is told
        running.kill()  # otherwise it would wait for the two hanging calls before it ends


@pytest.mark.full
def test_lists_that_refresh_themselves_take_no_more_threads(tmp_path: Path) -> None:
    """Whoever waits for what another is told holds a thread, too."""
    workflow = answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})
    options = {"WEB_THREADS": str(THREADS), "API_TIMEOUT_SECONDS": str(LONG)}
    with faulty_api(workflow) as api, portal(tmp_path, api.url, **options) as running:
        api.routes["/schema"] = answer(200, {"fields": []})
        running.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given="pk_live_" + "a" * 40)
        person = running.sign_in("demo@example.com", "pipelines-demo")
        person.headers.update({"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"})
        api.routes = {"/tasks": silence(LONG)}
        began = time.monotonic()
        told = click(running, person, people=30)
        wait_until(lambda: len(told) >= 30 - THREADS // 2, "all but those who wait to be told")
        assert time.monotonic() - began < 8
        running.kill()


def click(running: Portal, person: requests.Session, people: int) -> list[tuple[int, str]]:
    """Status and page of each click, as they are answered."""
    told: list[tuple[int, str]] = []

    def ask() -> None:
        session = requests.Session()
        session.cookies, session.headers = person.cookies.copy(), person.headers
        try:
            shown = session.get(f"{running.url}/keys/1/workflows/42/tasks/", timeout=LONG)
            told.append((shown.status_code, shown.text))
        except requests.RequestException:
            return  # the test kills the portal while two of them still wait

    for _ in range(people):
        threading.Thread(target=ask, daemon=True).start()
    return told
