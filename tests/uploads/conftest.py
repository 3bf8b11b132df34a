"""An upload at any stage, its owner's browser, and an API that answers as told."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.transitions import claim
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.web.encryption import encrypt
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.conftest import FILES
from tests.faulty_api import FaultyApi, answer, error, faulty_api
from tests.live import ExternalApi
from tests.submissions.conftest import EMPTY_LIST, Desk, open_desk

UPLOAD_ID = UUID("11111111-1111-4111-8111-111111111111")
NOT_THERE = error(422, "validation_error", "ZIP archive has not been uploaded yet")
CONFIRMED = answer(202, {"upload_id": str(UPLOAD_ID), "status": "processing"})
MakeUpload = Callable[..., ZipUpload]


def status(value: str, **result: Any) -> Any:
    empty = {"success_count": None, "error_count": None, "errors": None, "task_ids": None, "error_message": None}
    return answer(200, {"upload_id": str(UPLOAD_ID), "status": value} | empty | result)


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is that time until the test ends: waits are exact, however busy the machine is."""
    moment = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def desk(db: None, before_api: ExternalApi, org_key: str) -> Desk:
    desk = open_desk("maria@acme.example", org_key)
    desk.workflow = OpenedWorkflow.objects.create(
        key=desk.key, workflow_id=FILES, name="Invoices", status="ACTIVE", has_file_fields=True
    )
    return desk


@pytest.fixture
def make_upload(desk: Desk) -> MakeUpload:
    """An upload of two rows at the stage wanted, with a link that lives from `uploading` to `stored`."""

    def make(
        stage: str = Stage.CHOSEN, url: str = "http://127.0.0.1:9/put?signature=secret", **values: Any
    ) -> ZipUpload:
        submission = desk.draft({"scan": "a.png"}, {"scan": "b.png"}, kind=Submission.Kind.ZIP)
        given = {"file_name": "scans.zip", "size_bytes": 5, "task_count": 2, "entries": ["a.png", "b.png"]}
        upload = ZipUpload(submission=submission, stage=stage, **given | values)
        if stage != Stage.CHOSEN:
            upload.remote_upload_id, upload.next_poll_at = UPLOAD_ID, timezone.now() - timedelta(seconds=1)
        if stage in (Stage.UPLOADING, Stage.STORED):
            upload.encrypted_url, upload.expires_at = encrypt(url.encode()), timezone.now() + timedelta(hours=1)
        if stage == Stage.PROCESSING:
            claim(submission, 0, until=None)
        upload.save()
        return upload

    return make


@pytest.fixture
def told_api(desk: Desk, settings: Any) -> Iterator[FaultyApi]:
    """Set `routes` to what confirm, status and init shall answer; the task list is empty."""
    with faulty_api(error(500, "internal_server_error", "Not told what to answer")) as api:
        api.routes["/tasks?limit=1"] = EMPTY_LIST
        settings.PIPELINES_API_URL = api.url
        yield api


def new_token() -> str:
    return str(uuid4())
