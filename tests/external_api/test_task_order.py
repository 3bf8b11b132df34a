"""On PostgreSQL, tasks of a workflow become visible in the order of their IDs."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from pipelines_portal.external_api.models import Task
from pipelines_portal.external_api.tasks import create
from tests.external_api.answers import error_of
from tests.external_api.factories import TEXT_FIELD, make_tenant
from tests.external_api.server import Api
from tests.external_api.threads import in_threads


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_no_task_appears_below_the_newest_one_seen(server: Api) -> None:
    """Two clients send 200 batches, large and small ones, while a third reads the newest tasks."""
    tenant = make_tenant()
    workflow = tenant.workflow(fields=[TEXT_FIELD])
    path = f"/workflows/{workflow.pk}/tasks"
    is_over = threading.Event()
    seen: set[int] = set()

    def send(size: int) -> None:
        for _ in range(100):
            body = {"tasks": [{"fields": {"input_text": "Hello"}}] * size}
            assert server.post(path, key=tenant.key, json=body).status_code == 200

    def follow() -> bool:
        is_in_order = True
        while not is_over.is_set():
            newest = max(seen, default=0)
            visible = set(Task.objects.filter(workflow=workflow).values_list("pk", flat=True))
            is_in_order &= all(pk > newest for pk in visible - seen)
            seen.update(visible)
        return is_in_order

    def send_both() -> None:
        in_threads(lambda: send(200), lambda: send(1))
        is_over.set()

    assert in_threads(follow, send_both)[0]
    assert len(seen) > 1000


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_request_that_waits_too_long_creates_nothing(server: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """S86: 503. Other workflows do not wait."""
    monkeypatch.setattr(create, "LOCK_SECONDS", 1)
    tenant = make_tenant()
    workflow, other = tenant.workflow(fields=[]), tenant.workflow(fields=[])
    body: Any = {"tasks": [{"fields": {}}]}
    with transaction.atomic():
        create.insert_tasks(workflow, [{}])
        waiting, free = in_threads(
            *[
                lambda each=each: server.post(f"/workflows/{each.pk}/tasks", key=tenant.key, json=body)
                for each in (workflow, other)
            ]
        )
        assert connection.in_atomic_block
    assert error_of(waiting)[:2] == (503, "service_unavailable")
    assert free.status_code == 200
    assert workflow.tasks.count() == 1
