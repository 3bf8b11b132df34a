"""Tasks of an import are counted by status while somebody looks."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.entry.import_requests import sent_before
from pipelines_portal.entry.imports import task_counts
from pipelines_portal.entry.imports.task_counts import _count_own, count_next
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.task_index.models import KeyThrottle, TaskNote, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_task
from tests.fake_api import FakeApi, error, fake_api
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct
from .test_sending import address, send


def send_five(page: Any, checked: Checked) -> ImportJob:
    """Make five tasks of an import."""
    import_job = checked(distinct(5))
    send(page, import_job, 5)
    work()
    return import_job


def count_all() -> int:
    """Read all pages of a scan like the worker. Return how many there were."""
    pages = 0
    while count_next():
        pages += 1
        KeyThrottle.objects.update(next_call_at=timezone.now())
        ImportJob.objects.filter(next_page_at__lt=timezone.now() + timedelta(seconds=5)).update(
            next_page_at=timezone.now()
        )
    return pages


def test_the_scan_ends_at_the_oldest_task_of_the_import(
    page: Any, checked: Checked, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S7, S70: three pages of two hold one task of others and five of the import. Nothing is read if nobody looks."""
    sent = send_five(page, checked)
    api.create(1)
    monkeypatch.setattr(task_counts, "PAGE", 2)
    assert not count_next()
    words = text_of(page.get(address(sent, "progress")))
    assert "Task status" in words and "Loading…" in words
    assert count_all() == 3
    sent.refresh_from_db()
    assert sent.task_counts["by_status"] == {"pending": 5}
    words = text_of(page.get(address(sent, "progress")))
    assert "Task status" in words and "Tasks: 5 pending" in words
    none = text_of(page.get(address(sent, "progress") + "?status=attention"))
    assert "No rows" in none and "still loading" not in none
    counts = {"as_of": timezone.now().isoformat(), "by_status": {"finished": 3}}
    ImportJob.objects.update(task_counts=counts)
    assert "Tasks: 3 finished, 2 being checked" in text_of(page.get(address(sent, "progress")))


def test_an_interrupted_scan_restarts(page: Any, checked: Checked, settings: Any) -> None:
    """S77: after a failed call, an invalid cursor, and after nobody has looked for a while."""
    sent = send_five(page, checked)
    page.get(address(sent, "progress"))
    url = settings.PIPELINES_API_URL
    with fake_api(error(500, "internal_error", "Broken")) as other:
        settings.PIPELINES_API_URL = other.url
        assert count_next()
    settings.PIPELINES_API_URL = url
    sent.refresh_from_db()
    assert not sent.task_counts and sent.next_page_at is not None
    assert sent.next_page_at > timezone.now() + timedelta(seconds=30)
    now = timezone.now()
    ImportJob.objects.update(counts_wanted_until=now - timedelta(seconds=1), next_page_at=now)
    assert count_next() and not count_next()
    sent.refresh_from_db()
    assert not sent.task_counts
    page.get(address(sent, "progress"))
    ImportJob.objects.update(scan={"cursor": "nonsense", "counts": {"failed": 9}, "oldest": 1, "as_of": "x"})
    count_all()
    sent.refresh_from_db()
    assert sent.task_counts["by_status"] == {"pending": 5}


def test_the_index_of_the_workflow_shortens_the_scan(page: Any, checked: Checked, api: FakeApi) -> None:
    """Indexed tasks are shown at once. Only the others are requested from the API."""
    sent = send_five(page, checked)
    index = WorkflowIndex.objects.start(OpenedWorkflow.objects.get(key=sent.key, workflow_id=sent.workflow_id))
    ids = list(SubmissionRow.objects.order_by("task_id").values_list("task_id", flat=True))
    now = timezone.now()
    WorkflowIndex.objects.filter(pk=index.pk).update(open_as_of=now)
    record_tasks(index, [make_task(int(id_ or 0), "escalated", now) for id_ in ids[:4]], now)
    words = text_of(page.get(address(sent, "progress")))
    assert "Loading…" not in words and "Tasks: 4 escalated, 1 being checked" in words
    api.requests.clear()
    assert count_next() and len(api.requests) == 1
    assert "Tasks: 4 escalated, 1 pending" in text_of(page.get(address(sent, "progress")))
    record_tasks(index, [make_task(int(id_ or 0), "escalated", now) for id_ in ids], now)
    ImportJob.objects.update(next_page_at=now)
    assert count_next() and len(api.requests) == 1
    sent.refresh_from_db()
    assert sent.task_counts["by_status"] == {"escalated": 5}


def test_the_time_of_the_counts_is_that_of_the_oldest(page: Any, checked: Checked) -> None:
    """The tasks were indexed after the last cycle began. One task was read again a moment ago."""
    sent = send_five(page, checked)
    index = WorkflowIndex.objects.start(OpenedWorkflow.objects.get(key=sent.key, workflow_id=sent.workflow_id))
    ids, now = [int(row.task_id or 0) for row in SubmissionRow.objects.all()], timezone.now()
    WorkflowIndex.objects.filter(pk=index.pk).update(open_as_of=now - timedelta(minutes=8))
    earlier = now - timedelta(minutes=5)
    record_tasks(index, [make_task(each, "pending", now) for each in ids], earlier)
    page.get(address(sent, "progress"))
    count_next()
    sent.refresh_from_db()
    assert sent.task_counts == {"as_of": earlier.isoformat(), "by_status": {"pending": 5}, "mistakes": 0}
    record_tasks(index, [make_task(ids[0], "failed", now)], now)
    ImportJob.objects.update(next_page_at=now)
    count_next()
    sent.refresh_from_db()
    assert sent.task_counts["as_of"] == earlier.isoformat() and sent.task_counts["by_status"]["failed"] == 1


def test_mistakes_are_left_out(page: Any, checked: Checked) -> None:
    """Those that the index knows, and those that the scan finds."""
    sent = send_five(page, checked)
    workflow = OpenedWorkflow.objects.get(key=sent.key, workflow_id=sent.workflow_id)
    index = WorkflowIndex.objects.start(workflow)
    ids = [int(row.task_id or 0) for row in SubmissionRow.objects.order_by("task_id")]
    now = timezone.now()
    WorkflowIndex.objects.filter(pk=index.pk).update(open_as_of=now)
    record_tasks(index, [make_task(task_id, "escalated", now) for task_id in ids[:3]], now)
    TaskNote.objects.mark_as_mistakes(workflow, [ids[0], ids[4]], "", sent.owner)
    page.get(address(sent, "progress"))
    count_all()
    sent.refresh_from_db()
    assert sent.task_counts["by_status"] == {"pending": 1, "escalated": 2} and sent.task_counts["mistakes"] == 2
    words = text_of(page.get(address(sent, "progress")))
    assert "Tasks: 2 escalated, 1 pending" in words and "not found" not in words


def test_a_task_with_an_id_given_again_is_not_counted(page: Any, checked: Checked, api: FakeApi) -> None:
    """Pipelines was restored from a backup. A note about the lost task is no reason either to send a row again."""
    sent = send_five(page, checked)
    workflow = OpenedWorkflow.objects.get(key=sent.key, workflow_id=sent.workflow_id)
    row = SubmissionRow.objects.order_by("task_id")[0]
    TaskNote.objects.mark_as_mistakes(workflow, [row.task_id or 0], "", sent.owner)
    assert not sent_before(ImportJob(key=sent.key, workflow_id=sent.workflow_id), [row.digest])
    TaskNote.objects.update(at=timezone.now() - timedelta(days=1))
    assert sent_before(ImportJob(key=sent.key, workflow_id=sent.workflow_id), [row.digest])
    day_ago = timezone.now() - timedelta(days=1)
    Submission.objects.update(created_at=day_ago - timedelta(days=1), finished_at=day_ago)
    kept = [int(one.task_id or 0) for one in SubmissionRow.objects.order_by("task_id")[1:]]
    tasks = [
        make_task(int(row.task_id or 0), "failed", timezone.now()),
        *(make_task(n, "failed", day_ago) for n in kept),
    ]
    assert _count_own(sent, tasks) == {"failed": 4}
