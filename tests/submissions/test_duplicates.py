"""A draft whose values were sent since is sent only by a person who has been told so."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sent_rows import find_duplicates
from tests.factories import BAD, GOOD, Desk, send
from tests.fake_api import FakeApi, error, hang_up, task_list
from tests.pages import text_of

OTHER = GOOD | {"input_text": "Something else"}
CONFIRM = r'name="duplicate" value="([^"]+)"'
SAME = "The same values were sent"


def page_of(desk: Desk, submission: Submission) -> Any:
    return desk.browser.get(reverse("submissions:detail", args=[submission.pk]))


def press_send(desk: Desk, submission: Submission, duplicate: str = "") -> str:
    """Press "Send" or "Create anyway". Return the text of the page that follows."""
    url = reverse("submissions:send", args=[submission.pk])
    return text_of(desk.browser.post(url, {"duplicate": duplicate} if duplicate else {}, follow=True))


def mark_on(desk: Desk, submission: Submission) -> str:
    found = re.search(CONFIRM, page_of(desk, submission).content.decode())
    return found[1] if found else ""


def test_a_rejected_form_that_was_sent_again_since_is_not_retried_unnoticed(desk: Desk, api: FakeApi) -> None:
    """Pipelines found the request too large, the person posted the form again, and then retries the first one."""
    url = reverse("new_task:create", args=[desk.key.pk, desk.workflow.workflow_id])
    form = {f"field-{name}": value for name, value in GOOD.items()}
    api.routes["POST /api/v1/workflows/42/tasks"] = error(413, "payload_too_large", "Too large")
    token = re.findall(r'name="token" value="([^"]+)"', desk.browser.get(url).content.decode())[0]
    shown_again = desk.browser.post(url, form | {"token": token}).content.decode()
    api.routes.clear()
    token = re.findall(r'name="token" value="([^"]+)"', shown_again)[0]
    assert desk.browser.post(url, form | {"token": token}).status_code == 302
    rejected = Submission.objects.get(status=Submission.Status.REJECTED)
    draft_url = desk.browser.post(reverse("submissions:retry", args=[rejected.pk]))["Location"]
    draft = Submission.objects.get(pk=draft_url.split("/")[2])
    assert SAME in press_send(desk, draft) and len(api.tasks) == 1
    assert "1 task created" in press_send(desk, draft, mark_on(desk, draft))
    assert len(api.tasks) == 2


def test_the_page_of_the_draft_names_the_task(desk: Desk) -> None:
    draft, sent = desk.draft(GOOD), send(desk.draft(GOOD), desk.client)
    html = page_of(desk, draft).content.decode()
    task_id = sent.rows.get().task_id
    assert f"View task {task_id}" in html and "Create anyway" in html and "Send 1 row" not in html


def test_other_values_are_sent_at_once(desk: Desk, api: FakeApi) -> None:
    send(desk.draft(OTHER), desk.client)
    assert "1 task created" in press_send(desk, desk.draft(GOOD)) and len(api.tasks) == 2


def test_rejected_values_are_no_duplicates(desk: Desk, api: FakeApi) -> None:
    rejected = desk.draft(BAD)
    api.routes["POST /api/v1/workflows/42/tasks"] = error(413, "payload_too_large", "Too large")
    press_send(desk, rejected)
    api.routes.clear()
    assert mark_on(desk, rejected.draft_rejected_rows()) == ""


@pytest.mark.parametrize("is_called_off", [False, True])
def test_a_request_that_waits_in_its_import_counts(desk: Desk, is_called_off: bool) -> None:
    waiting, draft = desk.draft(GOOD), desk.draft(GOOD)
    values = {"group": uuid4(), "kind": Submission.Kind.IMPORT, "is_called_off": is_called_off}
    Submission.objects.filter(pk=waiting.pk).update(**values)
    assert (find_duplicates(draft) is None) is is_called_off


def test_an_unconfirmed_send_counts(desk: Desk, scripted_api: FakeApi) -> None:
    scripted_api.script = [task_list(), hang_up]
    first, second = desk.draft(GOOD), desk.draft(GOOD)
    press_send(desk, first)
    assert "That send is unconfirmed" in press_send(desk, second)
    second.refresh_from_db()
    assert second.status == Submission.Status.DRAFT


def test_a_send_that_is_on_its_way_counts(desk: Desk, api: FakeApi) -> None:
    first, second = desk.draft(GOOD), desk.draft(GOOD)
    first.claim(0, until=None)
    assert "The same values are being sent right now" in press_send(desk, second) and not api.tasks


def test_rows_of_which_some_were_sent_are_counted(desk: Desk) -> None:
    send(desk.draft(GOOD), desk.client)
    assert "1 of 2 rows was sent before" in press_send(desk, desk.draft(GOOD, OTHER))


def test_what_was_confirmed_holds_for_what_the_page_showed(desk: Desk, api: FakeApi) -> None:
    """Another window sends the same values between the page and its button."""
    draft = desk.draft(GOOD)
    send(desk.draft(GOOD), desk.client)
    mark = mark_on(desk, draft)
    send(desk.draft(GOOD), desk.client)
    assert SAME in press_send(desk, draft, mark) and len(api.tasks) == 2
    press_send(desk, draft, mark_on(desk, draft))
    assert len(api.tasks) == 3


@pytest.mark.parametrize("fields", [{}, {"input_text": ""}])
def test_tasks_without_values_are_no_duplicates(desk: Desk, fields: dict[str, str]) -> None:
    first = desk.draft(fields)
    first.rows.update(status="created", task_id=7)
    Submission.objects.filter(pk=first.pk).update(status="created")
    assert mark_on(desk, desk.draft(fields)) == ""
