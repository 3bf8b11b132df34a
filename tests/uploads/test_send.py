"""Asking for a link, handing it to one tab, and giving it up."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.uploads.models import TAB_SILENCE, Stage, ZipUpload
from tests.each_case import each_case
from tests.factories import UPLOAD_ID, Desk, make_upload
from tests.fake_api import FakeApi, answer, error, fake_api, hang_up
from tests.pages import text_of

from .conftest import status

SECRET = "signature=0f1e2d3c"


def address(name: str, upload: ZipUpload) -> str:
    return reverse(f"uploads:{name}", args=[upload.submission.key_id, upload.submission.workflow_id, upload.pk])


def start(browser: Client, upload: ZipUpload, tab: str = "tab-1", **more: str) -> Any:
    return browser.post(address("start", upload), {"tab": tab} | more)


def started(url: str, **more: Any) -> Any:
    expires = (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer(202, {"upload_id": str(UPLOAD_ID), "upload_url": url, "expires_at": expires} | more)


@pytest.fixture
def storage(scripted_api: FakeApi, settings: Any) -> Any:
    """The API's links lead to it."""
    with fake_api(answer(200, text="")) as storage:
        origin = storage.url.removesuffix("/api/v1")
        settings.UPLOAD_ORIGINS = [origin]
        scripted_api.routes["/tasks/upload "] = started(f"{origin}/put?{SECRET}")
        yield storage


def test_another_tab_is_named_with_when_it_was_active(desk: Desk, storage: FakeApi) -> None:
    upload = make_upload(desk)
    start(desk.browser, upload, tab="another")
    assert re.search(r"Last active <[^<]*(now|ago)</time>\. This", text_of(desk.browser.get(address("send", upload))))


def test_a_link_is_requested_with_the_true_size_and_not_shown(
    desk: Desk, scripted_api: FakeApi, storage: FakeApi
) -> None:
    """S139, S147: the upload id is saved at once, the link never in the clear, and no cache keeps the answer."""
    upload = make_upload(desk, size_bytes=12_345)
    answered = start(desk.browser, upload)
    assert answered.json()["outcome"] == "put"
    assert SECRET in answered.json()["url"]
    assert 3_000 < answered.json()["seconds"] <= 3_600
    assert "no-store" in answered["Cache-Control"]
    assert '"file_size_bytes": 12345' in scripted_api.requests[0].text
    assert '"tasks"' not in scripted_api.requests[0].text
    upload.refresh_from_db()
    assert (upload.remote_upload_id, upload.stage) == (UPLOAD_ID, Stage.UPLOADING)
    assert SECRET not in desk.browser.get(address("send", upload)).content.decode()


def test_rows_go_along_when_the_workflow_has_other_fields(desk: Desk, scripted_api: FakeApi, storage: FakeApi) -> None:
    """S138, S154."""
    start(desk.browser, make_upload(desk, sends_rows=True))
    assert '"tasks": [{"fields": {"scan": "a.png"}}, {"fields": {"scan": "b.png"}}]' in scripted_api.requests[0].text


def test_living_link_is_used_again_and_a_dead_one_renewed(desk: Desk, scripted_api: FakeApi, storage: FakeApi) -> None:
    """S142: a retry under the same link while it lives; else a new init."""
    upload = make_upload(desk)
    start(desk.browser, upload)
    start(desk.browser, upload)
    assert len(scripted_api.requests) == 1
    ZipUpload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    scripted_api.routes[f"/upload/{UPLOAD_ID}"] = status("pending")
    start(desk.browser, upload)
    assert sum(request.method == "POST" for request in scripted_api.requests) == 2


def test_earlier_link_that_was_confirmed_unheard_is_not_doubled(
    desk: Desk, scripted_api: FakeApi, storage: FakeApi
) -> None:
    """A confirm without an answer may have gone through: then no second upload is begun."""
    upload = make_upload(desk, Stage.UPLOADING)
    scripted_api.routes[f"/upload/{UPLOAD_ID}"] = status("processing")
    answered = start(desk.browser, upload, renew="1")
    assert (answered.status_code, answered.json()["outcome"]) == (409, "moved")
    assert answered.json()["url"] == address("result", upload)
    assert (start(desk.browser, upload).status_code, len(scripted_api.requests)) == (409, 1)
    assert not any(request.method == "POST" for request in scripted_api.requests)


def test_start_after_a_lost_answer_gets_the_same_upload(desk: Desk, before_api: FakeApi, settings: Any) -> None:
    """With an API that honours Idempotency-Key, which has no upload then that nobody confirms."""
    before_api.is_idempotent, settings.UPLOAD_ORIGINS = True, [before_api.origin]
    upload = make_upload(desk)
    before_api.fail("lost_answer", on="POST")
    for _ in range(2):
        start(desk.browser, upload)
    assert len(before_api.uploads) == 1
    (first, second) = before_api.calls("POST")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    next(iter(before_api.uploads.values())).status = "cancelled"
    ZipUpload.objects.update(link="")
    start(desk.browser, upload, renew="1")
    assert len(before_api.uploads) == 2


def test_lost_answer_is_harmless_and_said_so(desk: Desk, scripted_api: FakeApi) -> None:
    scripted_api.routes["/tasks/upload "] = hang_up
    upload = make_upload(desk)
    answered = start(desk.browser, upload)
    assert answered.status_code == 502
    assert "Nothing was created, so you can start again" in answered.json()["message"]
    upload.refresh_from_db()
    assert (upload.stage, upload.tab) == (Stage.CHOSEN, "")


def test_refusal_is_told_in_the_apis_words(desk: Desk, scripted_api: FakeApi) -> None:
    """S84."""
    message = "Workflow must be ACTIVE or PAUSED to create tasks"
    scripted_api.routes["/tasks/upload "] = error(422, "validation_error", message)
    assert message in start(desk.browser, make_upload(desk)).json()["message"]


def test_too_many_uploads_do_not_pause_the_key(desk: Desk, scripted_api: FakeApi) -> None:
    words = "The organization has 200 uploads open."
    full = error(429, "rate_limit_exceeded", words, reason="too_many_uploads", retry_after=60)
    scripted_api.routes["/tasks/upload "] = full
    assert "too many unfinished uploads" in start(desk.browser, make_upload(desk)).json()["message"]
    desk.key.refresh_from_db()
    assert desk.key.paused_until is None


def test_host_outside_the_list_is_neither_asked_nor_shown(
    desk: Desk, scripted_api: FakeApi, storage: FakeApi, settings: Any
) -> None:
    """A sentence for the administrator; the link goes nowhere."""
    settings.UPLOAD_ORIGINS = ["https://bucket.example"]
    answered = start(desk.browser, make_upload(desk))
    assert "UPLOAD_ORIGINS" in answered.content.decode()
    assert SECRET not in answered.content.decode()
    assert storage.requests == []


def test_second_tab_gets_no_link_until_the_first_falls_silent(desk: Desk, storage: FakeApi) -> None:
    upload = make_upload(desk)
    start(desk.browser, upload, "tab-1")
    refused = start(desk.browser, upload, "tab-2")
    assert (refused.status_code, refused.json()) == (409, {"outcome": "elsewhere"})
    ZipUpload.objects.update(tab_seen_at=timezone.now() - TAB_SILENCE - timedelta(seconds=1))
    assert start(desk.browser, upload, "tab-2").json()["outcome"] == "put"
    assert desk.browser.post(address("heartbeat", upload), {"tab": "tab-1"}).status_code == 409
    assert desk.browser.post(address("heartbeat", upload), {"tab": "tab-2"}).status_code == 204


def test_released_tab_frees_the_way_and_only_its_own(desk: Desk, storage: FakeApi) -> None:
    upload = make_upload(desk)
    start(desk.browser, upload, "tab-1")
    assert desk.browser.post(address("release", upload), {"tab": "tab-2"}).status_code == 204
    assert start(desk.browser, upload, "tab-2").status_code == 409
    desk.browser.post(address("release", upload), {"tab": "tab-1"})
    assert start(desk.browser, upload, "tab-2").status_code == 200


def test_cancel_forgets_link_and_upload(desk: Desk) -> None:
    upload = make_upload(desk, Stage.UPLOADING)
    desk.browser.post(address("cancel", upload))
    upload.refresh_from_db()
    assert (upload.stage, upload.remote_upload_id, upload.link, upload.next_poll_at) == (
        "chosen",
        None,
        "",
        None,
    )


def test_cancel_after_the_confirm_changes_nothing(desk: Desk) -> None:
    """Nobody is told that nothing was created."""
    upload = make_upload(desk, Stage.PROCESSING)
    answered = desk.browser.post(address("cancel", upload))
    assert (answered.status_code, answered.json()["url"]) == (409, address("result", upload))
    upload.refresh_from_db()
    assert (upload.stage, upload.remote_upload_id) == (Stage.PROCESSING, UPLOAD_ID)


@each_case("tab", ["", "tab\0-1", "x" * 41])
@each_case("way", ["start", "stored", "heartbeat", "release"])
def test_what_no_tab_calls_itself_is_asked_of_no_database(desk: Desk, storage: FakeApi, way: str, tab: str) -> None:
    """PostgreSQL refuses NUL in text, and what is longer than its column."""
    upload = make_upload(desk)
    with CaptureQueriesContext(connection) as asked:
        answer = desk.browser.post(address(way, upload), {"tab": tab})
    assert answer.status_code == (204 if way == "release" else 409)
    assert not tab or not any(tab in query["sql"] for query in asked.captured_queries)
    upload.refresh_from_db()
    assert upload.tab == ""
