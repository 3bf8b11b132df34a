"""Steps 3 and 4: confirming, processing, and what came of it."""

from typing import Any
from uuid import UUID

from django.db.models import Q
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
from pipelines_portal.submissions.result import ResultSelection
from pipelines_portal.submissions.task_bar import task_bar
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.permissions import own_upload, visible_upload
from pipelines_portal.uploads.polling import poll_if_due, poll_now
from pipelines_portal.uploads.sent_rows import (
    FILTERS,
    count_rows,
    entry_of,
    reason_of,
    rejected_rows,
    sent_rows,
    upload_chips,
)
from pipelines_portal.uploads.views.steps import context_for, poll_seconds, redirect_to_step
from pipelines_portal.web.rendering import render_page

CHUNK = 1000
# How often the page looks for the status of the created tasks.
POLL_TASKS = 20


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
    """Show step 4: what became of all rows and of their tasks."""
    upload = visible_upload(request.user, key_id, workflow_id, zip_id)
    if upload.page != "uploads:result":
        return redirect_to_step(request, upload)
    poll_if_due(upload)
    context = context_for(upload, **_outcome(upload, ResultSelection.load(request.GET, FILTERS)))
    context["is_own"] = upload.submission.owner_id == request.user.pk
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
    upload = visible_upload(request.user, key_id, workflow_id, zip_id)
    submission = upload.submission
    record(Verb.SUBMISSION_EXPORTED, by=request.user, target=submission, label=submission.label)
    rows = (
        [row.index + 1, entry_of(upload, row), *reason_of(upload, row)] for row in rejected_rows(upload).iterator(CHUNK)
    )
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


def _outcome(upload: ZipUpload, selection: ResultSelection) -> dict[str, Any]:
    submission = upload.submission
    upload.refresh_from_db(fields=["entries", "preview"])
    index: WorkflowIndex | None = getattr(upload.opened, "index", None)
    counts = count_rows(upload)
    return {
        "submission": submission,
        "counts": counts,
        "is_sending": not upload.is_over,
        "is_done": upload.is_over,
        # Pipelines says at the end how many tasks there are.
        "time_left": "",
        "rows": sent_rows(upload, selection, index),
        "chips": upload_chips(upload, selection, counts, index),
        "tasks": task_bar(index, Q(submission=submission)) if submission.success_count else None,
        "tasks_address": reverse("tasks:list", args=[upload.opened.key_id, upload.opened.workflow_id]),
        "count_differs": upload.stage == Stage.COMPLETED and counts.total != upload.task_count,
        "poll_seconds": poll_seconds(upload) or (POLL_TASKS if upload.is_over and counts.created else 0),
    }
