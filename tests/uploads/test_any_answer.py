"""Whatever the API answers to an upload: its pages say something, and never a 500."""

from typing import Any

import pytest
from hypothesis import given

from pipelines_portal.uploads.models import Stage
from tests.any_json import any_answer
from tests.contract.test_any_answer import STARTED, STATUS, TASKS
from tests.factories import make_upload
from tests.fake_api import Answer, FakeApi

pytestmark = pytest.mark.usefixtures("no_pauses")


def address(upload: Any, step: str = "") -> str:
    key_id, workflow_id = upload.submission.key_id, upload.submission.workflow_id
    return f"/keys/{key_id}/workflows/{workflow_id}/upload/{upload.pk}/{step}"


def test_any_status(desk: Any, scripted_api: FakeApi) -> None:
    @given(any_answer(STATUS | {"status": "completed"}))
    def try_it(status: Answer) -> None:
        upload = make_upload(desk, Stage.PROCESSING)
        scripted_api.routes = {"/upload/": status}
        assert desk.browser.post(address(upload, "poll/")).status_code == 302
        for page in ("result/", "confirm/", ""):
            assert desk.browser.get(address(upload, page), follow=True).status_code == 200
        assert desk.browser.get(f"/submissions/{upload.submission_id}/?details").status_code == 200

    try_it()


def test_any_confirm(desk: Any, scripted_api: FakeApi) -> None:
    @given(any_answer({"status": "processing"}), any_answer(TASKS))
    def try_it(confirmed: Answer, listed: Answer) -> None:
        upload = make_upload(desk, Stage.STORED)
        scripted_api.routes = {"/confirm": confirmed, "/tasks?limit=1": listed}
        assert desk.browser.post(address(upload, "poll/")).status_code == 302
        assert desk.browser.get(address(upload, "confirm/"), follow=True).status_code == 200

    try_it()


def test_any_start(desk: Any, scripted_api: FakeApi) -> None:
    @given(any_answer(STARTED))
    def try_it(started: Answer) -> None:
        upload = make_upload(desk, Stage.CHOSEN)
        scripted_api.routes = {"POST": started}
        started_upload = desk.browser.post(address(upload, "start/"), {"tab": "t1"})
        assert started_upload.status_code in (200, 403, 404, 409, 422, 429, 502, 503)
        assert desk.browser.get(address(upload), follow=True).status_code == 200

    try_it()
