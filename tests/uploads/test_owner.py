"""Every page and action of an upload is its owner's alone."""

from django.test import Client
from django.urls import reverse

from pipelines_portal.uploads.models import Stage, ZipUpload
from tests.conftest import TRANSLATIONS
from tests.each_case import each_case
from tests.factories import Desk, make_upload, open_desk
from tests.fake_api import FakeApi

GETS = ("send", "confirm", "result", "errors")
POSTS = ("start", "stored", "cancel", "heartbeat", "release", "poll", "retry")


def ask(browser: Client, name: str, upload: ZipUpload, **changed: int) -> int:
    where = {"key_id": upload.submission.key_id, "workflow_id": upload.submission.workflow_id} | changed
    form = {"form": "csv"} if name == "errors" else {}
    url = reverse(f"uploads:{name}", kwargs=where | {"zip_id": upload.pk} | form)
    method = browser.get if name in GETS else browser.post
    return method(url).status_code


def test_wrong_paths_get_404(desk: Desk, api: FakeApi) -> None:
    upload = make_upload(desk, Stage.PROCESSING)
    other = open_desk(api, "paul@acme.example")
    for name in (*GETS, *POSTS):
        assert ask(other.browser, name, upload, key_id=other.key.pk) == 404, name
        assert ask(desk.browser, name, upload, workflow_id=TRANSLATIONS) == 404, name


def test_owner_of_a_key_someone_else_sent_with_sees_only_the_result(desk: Desk, api: FakeApi) -> None:
    """An upload follows its person. Its result is part of what was sent with the key."""
    upload = make_upload(desk, Stage.PROCESSING)
    upload.submission.owner = open_desk(api, "paul@acme.example").person
    upload.submission.save()
    assert {name: ask(desk.browser, name, upload) for name in (*GETS, *POSTS)} == {
        **dict.fromkeys((*GETS, *POSTS), 404), "result": 200, "errors": 200,
    }  # fmt: skip


@each_case(
    ("stage", "step"),
    [("chosen", "send"), ("uploading", "send"), ("stored", "confirm"), ("processing", "result"), ("failed", "result")],
)
def test_wrong_step_leads_to_the_right_one(stage: str, step: str, desk: Desk) -> None:
    upload = make_upload(desk, stage, next_poll_at=None)
    ZipUpload.objects.update(next_poll_at=None)
    for name in {"send", "confirm", "result"} - {step}:
        url = reverse(f"uploads:{name}", args=[desk.key.pk, upload.submission.workflow_id, upload.pk])
        right = reverse(f"uploads:{step}", args=[desk.key.pk, upload.submission.workflow_id, upload.pk])
        assert desk.browser.get(url)["Location"] == right
        assert desk.browser.get(url, headers={"HX-Request": "true"})["HX-Redirect"] == right
