"""Imports and drafts after a restore: what they may have sent since the backup, which only a person can decide."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_requests import record_sent_rows
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.models.form import TypedDraft
from pipelines_portal.entry.statuses import EDITABLE, UNDER_WAY, SheetStep
from pipelines_portal.submissions.appeared import Appeared, tasks_since
from pipelines_portal.submissions.models import Submission


def hold_restored(copied_at: datetime, newest: Mapping[int, int]) -> None:
    """Hold all imports that are not over, and the drafts of forms. Call after the submissions were marked.

    `newest` is the newest task of each workflow that was known when the restored database was copied.
    """
    unconfirmed = Submission.Status.UNCONFIRMED
    rows = Row.objects.filter(sheet=OuterRef("pk"))
    can_send = Exists(rows.filter(status__in=EDITABLE))
    is_over = Q(status=Sheet.Status.CHECKED) & ~can_send
    for sheet in Sheet.objects.filter(status__in=(*UNDER_WAY, Sheet.Status.CHECKED)):
        if sheet.rows.filter(submission__status=unconfirmed).update(status=Row.Status.UNCONFIRMED):
            sheet.store_counts()
        if sheet.has_unconfirmed and sheet.status != Sheet.Status.CHECKED:
            sheet.take_step(SheetStep.STOP_UNCONFIRMED, Sheet.Status.UNCONFIRMED, problem=texts.RESTORED)
        elif sheet.status == Sheet.Status.SENDING:
            sheet.take_step(SheetStep.PAUSE, Sheet.Status.PAUSED, problem=texts.RESTORED)
    _mark(Sheet.objects.exclude(is_over), copied_at, newest)
    _mark(TypedDraft.objects.all(), copied_at, newest)


def _mark(found: "models.QuerySet[Any]", copied_at: datetime, newest: Mapping[int, int]) -> None:
    # What is held already keeps its first mark: nobody has said what it had sent by the restore before.
    found = found.filter(restored_from=None).order_by()
    for workflow_id in list(found.values_list("workflow_id", flat=True).distinct()):
        values = {"restored_from": copied_at, "newest_task_id_before": newest.get(workflow_id, 0)}
        found.filter(workflow_id=workflow_id).update(**values)


def tasks_since_restore(held: Sheet | TypedDraft, client: PipelinesClient, rows: int) -> Appeared:
    """Return the tasks of the workflow that are new since the backup and belong to nothing that is known."""
    may_be_sent = Submission(
        workflow_id=held.workflow_id, restored_from=held.restored_from, row_count=rows,
        newest_task_id_before=held.newest_task_id_before,
    )  # fmt: skip
    return tasks_since(may_be_sent, client)


@transaction.atomic
def decide_sent(
    sheet: Sheet, numbers: list[int], task_ids: list[int], created: Mapping[int, datetime], by: User
) -> bool:
    """Record which of its ready rows were sent before the restore, and let it send the others.

    Return False if that is no longer possible, because a row or a task was taken by something else.
    """
    if numbers and not record_sent_rows(sheet, numbers, task_ids, created, by):
        return False
    held = Sheet.objects.filter(pk=sheet.pk, restored_from=sheet.restored_from)
    if held.update(restored_from=None):
        Sheet.objects.filter(pk=sheet.pk, problem=texts.RESTORED).update(problem="")
        record(Verb.RESTORED_IMPORT_DECIDED, by=by, target=sheet, label=sheet.label, rows=len(numbers))
    sheet.refresh_from_db()
    sheet.end_pause()
    return True
