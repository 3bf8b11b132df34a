"""Steps 3 and 4: confirming, processing, and what came of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.permissions import own_upload
from pipelines_portal.uploads.polling import poll_if_due, poll_now
from pipelines_portal.uploads.views.steps import context_for, poll_seconds, redirect_to_step
from pipelines_portal.web.error_sentences import is_about_unknown_file, row_message
from pipelines_portal.web.rendering import render_page

SHOWN = 100
CHUNK = 1000


@dataclass(frozen=True)
class RejectedTask:
    """A rejected row. `number` counts from 1. `label` is the title of the wrong field, or empty."""

    number: int
    entry: str
    field: str
    label: str
    message: str


@dataclass(frozen=True)
class CreatedTask:
    """A created task with its entry, which may be unknown."""

    task_id: int
    entry: str = ""


@require_safe
@never_cache
@signed_in
@senders_only
def upload_confirm(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Show step 3 until the API accepts the confirm."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if upload.page == "uploads:confirm":
        poll_if_due(upload)
    if upload.page != "uploads:confirm":
        return redirect_to_step(request, upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload))
    return render_page(request, "uploads/confirm.html", context, partials=("confirm-state",))


@require_safe
@never_cache
@signed_in
def upload_result(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Show step 4: processing, then counts, errors and tasks."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if upload.page != "uploads:result":
        return redirect_to_step(request, upload)
    poll_if_due(upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload), **_outcome(upload))
    return render_page(request, "uploads/result.html", context, partials=("result-state",))


@require_POST
@signed_in
@senders_only
def upload_poll(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Poll the API at once."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if upload.remote_upload_id and not upload.is_over:
        poll_now(upload)
    return redirect(upload)


@require_safe
@signed_in
def upload_errors(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID, form: str) -> HttpResponseBase:
    """Download all rejected tasks."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    submission = upload.submission
    record(Verb.SUBMISSION_EXPORTED, by=request.user, target=submission, label=submission.label)
    tasks = (_rejected_task(upload, row) for row in _rejected(upload).iterator(CHUNK))
    rows = ([task.number, task.entry, task.label, task.message or upload.problem] for task in tasks)
    header = ("Row", "File", "Field", "Problem")
    return table_response(request, f"errors-{str(submission.pk)[:8]}", form, header, rows)


@require_POST
@signed_in
@senders_only
def upload_retry(request: SignedInRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Create a draft with the rejected rows, for which an archive is chosen again."""
    upload = own_upload(request.user, key_id, workflow_id, zip_id)
    if not (upload.is_over and upload.sends_rows and upload.submission.error_count):
        return redirect(upload)
    rows = upload.submission.draft_rejected_rows()
    return redirect(f"{reverse('uploads:choose', args=[key_id, workflow_id])}?rows={rows.pk}")


def _outcome(upload: ZipUpload) -> dict[str, Any]:
    """Return the context of the result, with the first tasks only. Created tasks with an entry come first."""
    submission = upload.submission
    upload.refresh_from_db(fields=["entries", "preview"])
    rejected = [_rejected_task(upload, row) for row in _rejected(upload)[:SHOWN]]
    more_rejected = _rejected(upload).count() - SHOWN if len(rejected) == SHOWN else 0
    rows = submission.rows.filter(status=SubmissionRow.Status.CREATED, task_id__isnull=False)
    created = [
        CreatedTask(task_id, _entry(upload, index))
        for index, task_id in rows.values_list("index", "task_id")[:SHOWN]
        if task_id
    ]
    unattributed = submission.unattributed_tasks.values_list("task_id", flat=True)
    created = [*created, *map(CreatedTask, unattributed[:SHOWN])][:SHOWN]
    result_count = submission.success_count + submission.error_count
    return {
        "submission": submission,
        "rejected": rejected,
        "more_rejected": max(more_rejected, 0),
        "created": created,
        "more_tasks": submission.success_count - len(created),
        "result_count": result_count,
        "count_differs": result_count != upload.task_count,
    }


def _rejected(upload: ZipUpload) -> QuerySet[SubmissionRow]:
    return upload.submission.rows.filter(status=SubmissionRow.Status.REJECTED)


def _rejected_task(upload: ZipUpload, row: SubmissionRow) -> RejectedTask:
    message = row_message(row.error_message, upload.labels, has_one_file_field=upload.has_one_file_field)
    field = "" if is_about_unknown_file(row.error_message) else row.error_field
    return RejectedTask(row.index + 1, _entry(upload, row.index), field, upload.labels.get(field, field), message)


def _entry(upload: ZipUpload, index: int) -> str:
    return str(upload.entries[index]) if index < len(upload.entries) else ""
