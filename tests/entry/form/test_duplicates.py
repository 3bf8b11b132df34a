"""The same values again: nothing is sent until the person says that a second task is meant."""

import re
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from tests.factories import make_colleague, make_team, open_workflow, share_key
from tests.fake_api import FakeApi

from .test_new import GOOD, address, newest


def post(page: Any, workflow: Any, **more: Any) -> Any:
    return page.post(address(workflow), GOOD | {"token": uuid4()} | more)


def mark(html: str) -> str:
    found = re.search(r'name="duplicate" value="([^"]+)"', html)
    assert found
    return found[1]


def test_the_same_again_is_asked_about_and_not_kept(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """Neither by the button that Enter presses. It is created a second time when that is said, and only once."""
    workflow, token = open_workflow(saved_key), uuid4()
    post(page, workflow)
    made = newest(api, org_key)["id"]
    asked = post(page, workflow, token=token)
    html = re.sub(r"\s+", " ", asked.content.decode())
    assert asked.status_code == 409
    assert f"You created task {made} with the same values" in html
    assert f'/tasks/{made}/"' in html
    assert "Possible duplicate" in html
    assert "Hello world" in html
    first = re.search(r'<button[^>]*form="task-form"[^>]*>', html)
    assert first and 'value="enter"' in first[0]
    assert post(page, workflow, then="enter").status_code == 409
    assert Submission.objects.count() == 1 and newest(api, org_key)["id"] == made
    again = post(page, workflow, token=token, duplicate=mark(html), then="list")
    assert again.status_code == 302 and "/tasks/" in again["Location"] and newest(api, org_key)["id"] > made
    assert "/submissions/" in post(page, workflow, token=token)["Location"]
    assert Submission.objects.count() == 2
    another = post(page, workflow, duplicate=mark(post(page, workflow).content.decode()), then="another")
    assert "?like=" in another["Location"] and Submission.objects.count() == 3


def test_what_was_said_of_other_values_is_not_said_of_these(page: Any, saved_key: SavedKey) -> None:
    workflow, other = open_workflow(saved_key), {"field-input_text": "Good evening"}
    post(page, workflow)
    post(page, workflow, **other)
    confirmation = mark(post(page, workflow).content.decode())
    assert post(page, workflow, duplicate=confirmation, **other).status_code == 409


def test_an_outcome_that_nobody_knows_counts(page: Any, saved_key: SavedKey) -> None:
    """So does what another tab is sending. What was rejected, or sent a day before, does not."""
    workflow = open_workflow(saved_key)
    post(page, workflow)
    first, until = Submission.objects.get(), timezone.now() + timedelta(minutes=2)
    Submission.objects.update(status="sending", sending_until=until, finished_at=None)
    first.rows.update(status="waiting", task_id=None)
    assert "is being created right now" in post(page, workflow).content.decode()
    Submission.objects.update(status="unconfirmed")
    first.rows.update(status="unconfirmed")
    assert "That send is unconfirmed" in re.sub(r"\s+", " ", post(page, workflow).content.decode())
    Submission.objects.update(status="rejected")
    first.rows.update(status="rejected")
    assert post(page, workflow).status_code == 302
    Submission.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    assert post(page, workflow).status_code == 302


def test_all_who_use_a_key_are_asked_about_what_was_sent_with_it(page: Any, saved_key: SavedKey) -> None:
    """As an import does. What they may not see is not linked."""
    colleague = make_colleague()
    workflow = open_workflow(saved_key)
    share_key(workflow.key, make_team(colleague))
    post(page, workflow)
    sent = Submission.objects.get()
    page.force_login(colleague)
    assert str(workflow.key.owner) in post(page, workflow).content.decode()
    Submission.objects.update(status="unconfirmed")
    sent.rows.update(status="unconfirmed", task_id=None)
    html = post(page, workflow).content.decode()
    assert "That send is unconfirmed" in re.sub(r"\s+", " ", html) and str(sent.pk) not in html


def test_a_row_that_an_import_is_about_to_send_counts(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    post(page, workflow)
    Submission.objects.update(kind="import", status="draft", sent_at=None)
    Submission.objects.get().rows.update(status="waiting", task_id=None)
    assert "An import will create a task with the same values" in post(page, workflow).content.decode()
    Submission.objects.update(is_called_off=True)
    assert post(page, workflow).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_several_tabs_at_once_make_one_task(page: Any, saved_key: SavedKey, api: FakeApi, org_key: str) -> None:
    """Each with a form of its own: the ledger alone can tell."""
    workflow, before = open_workflow(saved_key), newest(api, org_key)["id"]
    cookies, barrier = page.cookies, threading.Barrier(4)
    codes: list[int] = []

    def press() -> None:
        tab = Client()
        tab.cookies = cookies
        barrier.wait()
        codes.append(post(tab, workflow).status_code)
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [302, 409, 409, 409]
    listed = api.call("GET", "/workflows/42/tasks?limit=20", key=org_key).json()["tasks"]
    assert len([task for task in listed if task["id"] > before]) == 1
