"""Whatever the API answers to an upload: its pages say something, and never a 500.

ANY_ANSWER_EXAMPLES sets how many answers are tried for each step.
"""

from typing import Any

import pytest
from hypothesis import given

from pipelines_portal.uploads.models import Stage
from tests.any_json import any_answer
from tests.contract.test_any_answer import STARTED, STATUS, TASKS, tried
from tests.faulty_api import Answer, FaultyApi

from .conftest import MakeUpload


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.api_client.client.time.sleep", lambda seconds: None)


def address(upload: Any, step: str = "") -> str:
    key_id, workflow_id = upload.submission.key_id, upload.submission.workflow_id
    return f"/keys/{key_id}/workflows/{workflow_id}/upload/{upload.pk}/{step}"


def test_any_status(desk: Any, make_upload: MakeUpload, told_api: FaultyApi) -> None:
    @tried
    @given(any_answer(STATUS | {"status": "completed"}))
    def try_it(status: Answer) -> None:
        upload = make_upload(Stage.PROCESSING)
        told_api.routes = {"/upload/": status}
        assert desk.browser.post(address(upload, "poll/")).status_code == 302
        for page in ("result/", "confirm/", ""):
            assert desk.browser.get(address(upload, page), follow=True).status_code == 200
        assert desk.browser.get(f"/submissions/{upload.submission_id}/").status_code == 200

    try_it()


def test_any_confirm(desk: Any, make_upload: MakeUpload, told_api: FaultyApi) -> None:
    @tried
    @given(any_answer({"status": "processing"}), any_answer(TASKS))
    def try_it(confirmed: Answer, listed: Answer) -> None:
        upload = make_upload(Stage.STORED)
        told_api.routes = {"/confirm": confirmed, "/tasks?limit=1": listed}
        assert desk.browser.post(address(upload, "poll/")).status_code == 302
        assert desk.browser.get(address(upload, "confirm/"), follow=True).status_code == 200

    try_it()


def test_any_start(desk: Any, make_upload: MakeUpload, told_api: FaultyApi) -> None:
    @tried
    @given(any_answer(STARTED))
    def try_it(started: Answer) -> None:
        upload = make_upload(Stage.CHOSEN)
        told_api.routes = {"POST": started}
        told = desk.browser.post(address(upload, "start/"), {"tab": "t1"})
        assert told.status_code in (200, 403, 404, 409, 422, 429, 502, 503)
        assert desk.browser.get(address(upload), follow=True).status_code == 200

    try_it()
