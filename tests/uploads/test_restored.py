"""What a restore makes of archives on their way."""

import pytest
from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import Stage
from pipelines_portal.uploads.polling import enqueue_due, poll_if_due, stop_restored
from tests.factories import Desk, make_upload
from tests.fake_api import FakeApi

from .conftest import status


@pytest.mark.parametrize("stage", [Stage.UPLOADING, Stage.STORED])
def test_only_a_person_confirms_an_upload_that_was_on_its_way(desk: Desk, stage: str) -> None:
    upload = make_upload(desk, stage)
    stop_restored()
    upload.refresh_from_db()
    assert (upload.stage, upload.next_poll_at) == (stage, None)
    assert "restored from a backup" in upload.problem
    assert enqueue_due() in (0, None)


def test_the_api_says_what_came_of_an_upload_that_was_confirmed(desk: Desk, scripted_api: FakeApi) -> None:
    upload = make_upload(desk, Stage.PROCESSING, confirmed_at=timezone.now(), sends_rows=True)
    Submission.objects.all().unconfirm_restored()
    stop_restored()
    upload.refresh_from_db()
    assert upload.submission.status == "unconfirmed"
    scripted_api.routes["GET"] = status("completed", success_count=2, error_count=0, errors=[], task_ids=[7, 8])
    poll_if_due(upload)
    upload.submission.refresh_from_db()
    assert (upload.stage, upload.submission.status) == (Stage.COMPLETED, "created")
