"""The relay: off unless switched on; then it passes on what it gets, and keeps nothing."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from pipelines_portal.uploads.models import Stage, ZipUpload
from tests.factories import Desk, make_upload
from tests.faulty_api import answer, faulty_api, hang_up

pytestmark = pytest.mark.full


def relay(browser: Client, upload: ZipUpload, body: bytes = b"PK..!", **headers: str) -> HttpResponse:
    where = [upload.submission.key_id, upload.submission.workflow_id, upload.pk]
    return browser.put(reverse("uploads:relay", args=where), body, content_type="application/zip", headers=headers)


@pytest.fixture
def is_on(settings: Any) -> None:
    settings.UPLOAD_RELAY = True


def test_off_by_default(desk: Desk) -> None:
    assert relay(desk.browser, make_upload(desk, Stage.UPLOADING)).status_code == 404


def test_bytes_arrive_as_a_browser_would_send_them(is_on: None, desk: Desk, settings: Any) -> None:
    """S155: Content-Type, Content-Length, no API key, no cookie of the portal."""
    with faulty_api(answer(200, text="")) as storage:
        settings.UPLOAD_ORIGINS = [storage.url.removesuffix("/api/v1")]
        assert (
            relay(desk.browser, make_upload(desk, Stage.UPLOADING, url=f"{storage.url}?signature=x")).status_code == 200
        )
    head, _, body = storage.requests[0].partition("\r\n\r\n")
    assert head.startswith("PUT /api/v1?signature=x ")
    assert "Content-Type: application/zip" in head
    assert "Content-Length: 5" in head
    assert not any(word in head.lower() for word in ("authorization", "cookie", "pk_live", "transfer-encoding"))
    assert body == "PK..!"


def test_cross_site_put_is_refused(is_on: None, desk: Desk) -> None:
    """The token goes in a header, as there is no form."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(desk.person)
    assert relay(browser, make_upload(desk, Stage.UPLOADING)).status_code == 403


def test_only_the_file_that_was_checked(is_on: None, desk: Desk) -> None:
    assert relay(desk.browser, make_upload(desk, Stage.UPLOADING), b"other size").status_code == 400


@pytest.mark.parametrize(
    ("storage_says", "status"),
    [
        (answer(403, text="expired"), 403),
        (answer(500, text="oops"), 502),
        (answer(301, text="", Location="http://127.0.0.1:9/"), 502),
        (hang_up, 502),
    ],
)
def test_storages_refusal_is_passed_on(storage_says: Any, status: int, is_on: None, desk: Desk, settings: Any) -> None:
    with faulty_api(storage_says) as storage:
        settings.UPLOAD_ORIGINS = [storage.url.removesuffix("/api/v1")]
        answered = relay(desk.browser, make_upload(desk, Stage.UPLOADING, url=storage.url))
    assert answered.status_code == status
    assert storage.url not in answered.content.decode()


@pytest.mark.parametrize("stage", ["chosen", "processing"])
def test_no_link_no_relay(stage: str, is_on: None, desk: Desk) -> None:
    assert relay(desk.browser, make_upload(desk, stage)).status_code == 403


def test_host_that_left_the_list_gets_nothing(is_on: None, desk: Desk, settings: Any) -> None:
    with faulty_api(answer(200, text="")) as storage:
        settings.UPLOAD_ORIGINS = ["https://bucket.example"]
        answered = relay(desk.browser, make_upload(desk, Stage.UPLOADING, url=storage.url))
    assert (answered.status_code, storage.requests) == (403, [])
