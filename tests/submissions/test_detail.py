"""The page of one submission."""

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from pipelines_portal.api_client import CreatedTasks, PipelinesError
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import outcome_of_answer
from tests.factories import BAD, GOOD, Desk, send
from tests.fake_api import FakeApi, hang_up, task_list
from tests.htmx_page import HtmxPage


def show(desk: Desk, submission: Submission, query: str = "", **headers: str) -> str:
    answer: HttpResponse = desk.browser.get(
        reverse("submissions:detail", args=[submission.pk]) + query, headers=headers
    )
    assert answer.status_code == 200
    return answer.content.decode()


def numbers(html: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r'data-label="Row">([\d,]+)<', html)]


def test_each_row_with_its_values_and_outcome(desk: Desk) -> None:
    """S126, S129: the rejected one with the API's words, the good one with a link to its task."""
    sent = send(desk.draft(GOOD, BAD), desk.client)
    html = show(desk, sent)
    task_id = sent.rows.first().task_id
    assert "1 task created, 1 rejected" in html
    assert f'href="/keys/{desk.key.pk}/workflows/42/tasks/{task_id}/"' in html
    assert "must be one of French, German, Spanish" in html
    assert "Klingon" in html and numbers(html) == [1, 2]


def test_values_are_escaped(desk: Desk) -> None:
    html = show(desk, desk.draft(GOOD | {"input_text": "<script>alert(1)</script>"}))
    assert "<script>alert(1)" not in html and "&lt;script&gt;alert(1)" in html


def test_rows_come_fifty_at_a_time(desk: Desk) -> None:
    submission = desk.draft(*[GOOD] * 120)
    assert numbers(show(desk, submission)) == list(range(1, 51))
    assert numbers(show(desk, submission, "?after=99")) == list(range(101, 121))
    assert numbers(show(desk, submission, "?after=nonsense")) == list(range(1, 51))
    assert 'href="?after=49"' in show(desk, submission)


def test_rejected_ones_alone(desk: Desk) -> None:
    sent = send(desk.draft(*[GOOD, BAD] * 60), desk.client)
    first = show(desk, sent, "?only=rejected")
    assert numbers(first) == list(range(2, 101, 2))
    assert numbers(show(desk, sent, "?only=rejected&after=99")) == list(range(102, 121, 2))


def test_draft_is_sent_from_its_page(desk: Desk) -> None:
    submission = desk.draft(GOOD, GOOD)
    assert "Send 2 rows" in show(desk, submission)
    desk.browser.post(reverse("submissions:send", args=[submission.pk]))
    assert "2 tasks created" in show(desk, submission)


def test_unreachable_api_is_told_where_one_looks(desk: Desk, settings: Any) -> None:
    submission = desk.draft()
    settings.PIPELINES_API_URL = "http://127.0.0.1:9/api/v1"
    answer = desk.browser.post(reverse("submissions:send", args=[submission.pk]), follow=True)
    assert "Not sent. " in answer.content.decode()
    assert "Send 1 row" in answer.content.decode()


def test_lost_answer_is_told_on_the_page(desk: Desk, scripted_api: FakeApi) -> None:
    submission = desk.draft()
    scripted_api.script = [task_list(), hang_up]
    answer = desk.browser.post(reverse("submissions:send", args=[submission.pk]), follow=True)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "We don’t know if this task was created" in html
    assert "Nothing was created: edit and resend" in html


def test_the_page_follows_a_sending_to_its_end(desk: Desk) -> None:
    submission = desk.draft()
    submission.claim(0, until=None)
    page = HtmxPage(desk.browser, reverse("submissions:detail", args=[submission.pk]))
    assert "Waiting for Pipelines" in page.find("#submission").text
    assert page.find("#submission")["hx-trigger"] == "every 2s"
    submission.record(outcome_of_answer(CreatedTasks(success_count=1, error_count=0, task_ids=[7]), 1))
    page.press(page.find("#submission"))
    assert "1 task created" in page.find("#submission").text and "hx-get" not in page.find("#submission").attributes
    page.assert_as_loaded("#submission")


def test_removed_key_keeps_the_page_and_refuses_to_send(desk: Desk) -> None:
    submission, sent = desk.draft(), send(desk.draft(GOOD), desk.client)
    desk.key.delete()
    html = show(desk, submission)
    assert "Acme Labeling" in html and "The key was removed from the portal" in html
    assert '<button class="btn primary">Send' not in html
    answer = desk.browser.post(reverse("submissions:send", args=[submission.pk]), follow=True)
    assert "Not sent. The key was removed" in answer.content.decode()
    sent.refresh_from_db()
    assert f"{sent.rows.first().task_id}" in show(desk, sent)


def test_sending_twice_from_the_page_sends_once(desk: Desk) -> None:
    submission = desk.draft()
    desk.browser.post(reverse("submissions:send", args=[submission.pk]))
    first = submission.rows.get().task_id
    desk.browser.post(reverse("submissions:send", args=[submission.pk]))
    newest = desk.client.list_tasks(42, limit=1).tasks[0].id
    assert (submission.rows.get().task_id, newest) == (first, first)


def test_key_never_stands_in_the_page(desk: Desk, scripted_api: FakeApi) -> None:
    submission = desk.draft()
    scripted_api.script = [task_list(), hang_up]
    with pytest.raises(PipelinesError):
        send(submission, desk.client)
    assert desk.key.decrypt() not in show(desk, submission)
