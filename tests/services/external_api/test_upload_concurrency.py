"""Sixteen clients in the ZIP flow at the same time: no errors, and nothing is lost or duplicated."""

from collections import Counter
from functools import partial
from typing import Any

import pytest

from pipelines_portal.external_api.models import Task, Upload
from tests import archives
from tests.external_api.factories import FILE_FIELD, LANGUAGE_FIELD, TEXT_FIELD, Tenant
from tests.external_api.server import Server
from tests.services.external_api.crowd import THREADS, crowd
from tests.services.external_api.workers import ServedStack, Worker

pytestmark = pytest.mark.usefixtures("worker")


def post(key: str, path: str, client: Server, _: int) -> int:
    return client.post(path, key=key).status_code


def test_confirming_one_upload_together(stack: ServedStack, tenant: Tenant) -> None:
    """S157, S160: one request of sixteen succeeds, and the others get 409."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    for _ in range(3):
        started = stack.stored(tenant, workflow, archives.flat_files())
        path = stack.path(workflow, started["upload_id"], "/confirm")
        statuses = crowd(stack.server, partial(post, tenant.key, path))
        assert Counter(statuses) == {202: 1, 409: THREADS - 1}
        assert stack.wait(tenant, workflow, started, 60)["success_count"] == 3
    assert Task.objects.filter(workflow=workflow).count() == 9


def test_uploading_creating_and_listing_together(stack: ServedStack, tenant: Tenant, worker: Worker) -> None:
    """S6, S7, S10, S85, S157: each client has an upload of its own, and creates tasks from JSON besides."""
    files = tenant.workflow(fields=[FILE_FIELD])
    texts = tenant.workflow(fields=[TEXT_FIELD, LANGUAGE_FIELD])
    row = {"fields": {"input_text": "Hello", "target_language": "French"}}

    def work(client: Server, number: int) -> dict[str, Any]:
        mine = ServedStack(client, stack.storage, stack.env)
        started = mine.stored(tenant, files, archives.flat_files())
        assert client.post(f"/workflows/{texts.pk}/tasks", key=tenant.key, json={"tasks": [row] * 20}).ok
        assert mine.confirm(tenant, files, started).status_code == 202
        assert client.get(f"/workflows/{files.pk}/tasks", key=tenant.key).ok
        return mine.wait(tenant, files, started, 120)

    states = crowd(stack.server, work)
    assert {(state["status"], state["success_count"]) for state in states} == {("completed", 3)}
    ids = [pk for state in states for pk in state["task_ids"]]
    assert len(ids) == len(set(ids)) == 3 * THREADS == Task.objects.filter(workflow=files).count()
    assert Task.objects.filter(workflow=texts).count() == 20 * THREADS
    assert Upload.objects.filter(workflow=files, status="completed").count() == THREADS
    assert "locked" not in stack.server.output() and "locked" not in worker.output()
