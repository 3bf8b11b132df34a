"""The portal's process dies with the request on the wire."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import samples
from tests.faulty_api import FaultyApi, answer, faulty_api, pause, silence
from tests.live import Portal, portal, wait_until

MAKE_DRAFT = """
from uuid import uuid4
from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.workflows.models import OpenedWorkflow
person = User.objects.create_user("maria@acme.example", "pipelines-demo")
key = SavedKey(owner=person, name="Acme", fingerprint="x")
key.seal("pk_live_" + "0" * 40)
key.save()
workflow = OpenedWorkflow.objects.create(key=key, workflow_id=42, name="Translations", status="ACTIVE")
print(save_draft(person, key, workflow, [{"input_text": "Hello"}], uuid4(), "form").pk)
"""
END_LEASE = """
from django.utils import timezone
from pipelines_portal.submissions.models import Submission
print(Submission.objects.filter(state="sending").update(sending_until=timezone.now()))
"""


@pytest.fixture
def stuck_api() -> Iterator[FaultyApi]:
    """Answers what comes before a sending, and never the sending itself."""
    page = answer(200, {"tasks": [samples.task(7)], "next_cursor": None, "has_more": False})
    with faulty_api(page, silence(30)) as api:
        yield api


def shell(running: Portal, code: str) -> str:
    return running.manage("shell", "--verbosity", "0", "-c", code).split()[-1]


def post(session: requests.Session, address: str) -> None:
    headers = {"X-CSRFToken": session.cookies["portal_csrf"]}
    try:
        session.post(address, headers=headers, timeout=30)
    except requests.ConnectionError:
        pass  # its server was killed


def test_a_sending_killed_on_the_wire_is_unknown_and_not_repeated(tmp_path: Path, stuck_api: FaultyApi) -> None:
    """The claim stands in the database before the request leaves, so whoever looks next knows that it did."""
    with portal(tmp_path / "portal", stuck_api.url) as running:
        address = f"{running.url}/submissions/{shell(running, MAKE_DRAFT)}/"
        session = running.sign_in("maria@acme.example", "pipelines-demo")
        sending = threading.Thread(target=post, args=(session, f"{address}send/"))
        sending.start()
        wait_until(lambda: posts(stuck_api) == 1, "the tasks to be on the wire")
        running.kill()
        sending.join()
        running.start()
        assert says(session, address, "On its way")
        assert shell(running, END_LEASE) == "1"
        assert says(session, address, "It is not known whether tasks were created")
        post(session, f"{address}send/")
        pause(0.5)
        assert posts(stuck_api) == 1


def posts(api: FaultyApi) -> int:
    return sum(request.startswith("POST") for request in api.requests)


def says(session: requests.Session, address: str, words: str) -> bool:
    """Whether the page says so, once the new worker serves it."""
    wait_until(lambda: session.get(address, timeout=10).status_code == 200, "the page")
    return words in session.get(address, timeout=10).text
