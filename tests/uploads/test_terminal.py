"""The page with the command to paste: what it shows, and how it notices that the file arrived."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.uploads.models import Stage, ZipUpload
from tests.factories import Desk, make_upload
from tests.fake_api import FakeApi, error

from .conftest import CONFIRMED, NOT_THERE

LINK = "http://127.0.0.1:9/put?signature=secret"


@pytest.fixture(autouse=True)
def known_host(settings: Any) -> None:
    settings.UPLOAD_ORIGINS = ["http://127.0.0.1:9"]


def address(name: str, upload: ZipUpload) -> str:
    return reverse(f"uploads:{name}", args=[upload.submission.key_id, upload.submission.workflow_id, upload.pk])


def press(desk: Desk, name: str, upload: ZipUpload, *, htmx: bool = False, **form: str) -> Any:
    return desk.browser.post(address(name, upload), form, headers={"HX-Request": "true"} if htmx else {})


def shown(desk: Desk, name: str, upload: ZipUpload, **how: Any) -> str:
    answer = press(desk, name, upload, **how)
    assert answer.status_code == 200
    return answer.content.decode()


def test_commands_hold_the_link(desk: Desk, scripted_api: FakeApi) -> None:
    html = shown(desk, "terminal", make_upload(desk, Stage.UPLOADING))
    assert LINK in html
    assert "Waiting for the file" in html
    assert scripted_api.requests == []


def test_the_link_ends_by_the_persons_clock(desk: Desk, scripted_api: FakeApi) -> None:
    """A deadline that is read hours off is one that is missed."""
    upload = make_upload(desk, Stage.UPLOADING)
    ZipUpload.objects.update(expires_at=timezone.now().replace(hour=12, minute=30) + timedelta(days=1))
    desk.browser.cookies["zone"] = "Asia/Kathmandu"
    words = " ".join(shown(desk, "terminal", upload).split("can upload until")[1].split(":</p>")[0].split())
    assert "18:15</time>" in words


def test_without_a_link_there_is_no_command_but_a_reason(desk: Desk, scripted_api: FakeApi) -> None:
    scripted_api.routes["/tasks/upload "] = error(422, "validation_error", "Workflow must be ACTIVE")
    html = shown(desk, "terminal", make_upload(desk))
    assert "Upload not started" in html
    assert "Workflow must be ACTIVE" in html
    assert "paste one of these" not in html


def test_saying_that_it_arrived_asks_at_once(desk: Desk, scripted_api: FakeApi) -> None:
    scripted_api.routes["/confirm"] = CONFIRMED
    upload = make_upload(desk, Stage.UPLOADING)
    ZipUpload.objects.update(next_poll_at=timezone.now() + timedelta(hours=1))
    assert press(desk, "arrived", upload, now="1")["Location"] == address("result", upload)


def test_the_page_itself_asks_when_it_is_time(desk: Desk, scripted_api: FakeApi) -> None:
    scripted_api.routes["/confirm"] = CONFIRMED
    upload = make_upload(desk, Stage.UPLOADING)
    ZipUpload.objects.update(next_poll_at=timezone.now() + timedelta(hours=1))
    assert "Waiting for the file" in shown(desk, "arrived", upload, htmx=True)
    assert scripted_api.requests == []
    ZipUpload.objects.update(next_poll_at=timezone.now() - timedelta(seconds=1))
    answer = press(desk, "arrived", upload, htmx=True)
    assert answer["HX-Redirect"] == address("result", upload)


def test_what_is_not_there_yet_is_said_and_the_commands_stay(desk: Desk, scripted_api: FakeApi) -> None:
    """Without htmx the whole page comes, with what to paste; with it only the part that changed."""
    scripted_api.routes["/confirm"] = NOT_THERE
    upload = make_upload(desk, Stage.UPLOADING)
    page = shown(desk, "arrived", upload, now="1")
    assert "The file hasn’t arrived yet" in page
    assert LINK in page
    part = shown(desk, "arrived", upload, htmx=True, now="1")
    assert "The file hasn’t arrived yet" in part
    assert "signature" not in part


def test_an_archive_that_was_only_chosen_is_not_asked_for(desk: Desk, scripted_api: FakeApi) -> None:
    """There is no upload at the API yet; a link is asked for to show the command, and nothing is confirmed."""
    shown(desk, "arrived", make_upload(desk), now="1")
    assert scripted_api.calls("POST", "/confirm") == []


@pytest.mark.parametrize("name", ["terminal", "arrived"])
def test_past_the_step_it_leads_on(name: str, desk: Desk, scripted_api: FakeApi) -> None:
    upload = make_upload(desk, Stage.PROCESSING)
    assert press(desk, name, upload)["Location"] == address("result", upload)
    assert scripted_api.requests == []
