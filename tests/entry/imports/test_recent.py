"""The start page lists the last imports of a workflow, finished ones too, and how each ended."""

from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.statuses import RowCounts
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.statuses import Status
from pipelines_portal.task_index.models import TaskNote, WorkflowIndex
from pipelines_portal.task_index.recording import record_tasks
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import make_task
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct
from .test_sending import send


def start_page(page: Any, sheet: Sheet, query: str = "") -> str:
    new = f"/keys/{sheet.key_id}/workflows/{sheet.workflow_id}/import/"
    return text_of(page.get(new + query)).split("Recent imports")[1]


def test_a_finished_import_is_listed_with_its_tasks_that_need_attention(page: Any, checked: Checked) -> None:
    sheet = checked(distinct(4))
    assert ">4 ready</a>" in start_page(page, sheet) and "Draft" in start_page(page, sheet)
    send(page, sheet, 4)
    work()
    ids = sorted(int(row.task_id or 0) for row in SubmissionRow.objects.all())
    workflow = OpenedWorkflow.objects.get()
    record_tasks(
        WorkflowIndex.objects.start(workflow),
        [make_task(task_id, "failed", timezone.now()) for task_id in ids[:3]],
        timezone.now(),
    )
    TaskNote.objects.mark_as_mistakes(workflow, ids[:1], "", sheet.owner)
    words = start_page(page, sheet)
    assert "Created" in words and "4 created" in words and "2 need attention" in words
    assert f'href="/keys/{workflow.key_id}/workflows/42/tasks/?import={sheet.pk}&amp;status=attention"' in words


def test_more_imports_than_a_page_shows_are_on_the_next(
    page: Any, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines_portal.entry.imports.views.IMPORTS_PER_PAGE", 1)
    for name in ("first.csv", "second.csv"):
        last = checked(distinct(1))
        Sheet.objects.filter(pk=last.pk).update(file_name=name)
    assert "second.csv" in start_page(page, last) and "first.csv" not in start_page(page, last)
    assert "first.csv" in start_page(page, last, "?page=2")


@pytest.mark.parametrize(
    ("counts", "ending"),
    [
        (RowCounts(ready=3), Status.DRAFT),
        (RowCounts(to_fix=3, set_aside=1), Status.DRAFT),
        (RowCounts(created=3, set_aside=2), Status.CREATED),
        (RowCounts(created=3, rejected=1), Status.PARTLY_CREATED),
        (RowCounts(created=3, ready=1), Status.PARTLY_CREATED),
        (RowCounts(created=3, duplicate=1), Status.CREATED),
        (RowCounts(rejected=1, ready=4), Status.REJECTED),
        (RowCounts(created=3, unconfirmed=1), Status.UNCONFIRMED),
    ],
)
def test_the_end_of_an_import_follows_from_its_rows(counts: RowCounts, ending: Status) -> None:
    assert counts.ending is ending
