"""A desk at a workflow with files, and an API that answers as a test says."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from tests.conftest import FILES
from tests.factories import UPLOAD_ID, Desk, open_workflow
from tests.fake_api import FakeApi, answer, error, task_list

NOT_THERE = error(422, "validation_error", "ZIP archive has not been uploaded yet")
CONFIRMED = answer(202, {"upload_id": str(UPLOAD_ID), "status": "processing"})


def status(value: str, **result: Any) -> Any:
    empty = {"success_count": None, "error_count": None, "errors": None, "task_ids": None, "error_message": None}
    return answer(200, {"upload_id": str(UPLOAD_ID), "status": value} | empty | result)


@pytest.fixture
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The time stands still until the test ends, so that waits are exact on a busy machine too."""
    moment = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The desk of a person at a workflow whose tasks have files."""
    desk.workflow = open_workflow(desk.key, FILES, name="Invoices", has_file_fields=True)
    return desk


@pytest.fixture
def scripted_api(scripted_api: FakeApi) -> FakeApi:
    """An API whose task list is empty, and whose other answers stand in `routes`."""
    scripted_api.script = [error(500, "internal_server_error", "The test has no answer to this")]
    scripted_api.routes["/tasks?limit=1"] = task_list()
    return scripted_api
