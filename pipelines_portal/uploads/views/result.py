"""Steps 3 and 4: confirming, processing, and what came of it."""

import csv
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.access import signed_in
from pipelines_portal.submissions.again import draft_of_rejected
from pipelines_portal.web.pages import render_page

from ..access import step_url
from ..follow import look_if_due, look_now
from ..outcome import csv_rows, outcome_of
from .pages import context_for, is_at, poll_seconds, to_its_step, upload_of


@require_safe
@never_cache
@signed_in
def confirm(request: HttpRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Step 3, for as long as the API does not take the confirm."""
    upload = upload_of(request, key_id, workflow_id, zip_id)
    if is_at(upload, "uploads:confirm"):
        look_if_due(upload)
    if not is_at(upload, "uploads:confirm"):
        return to_its_step(request, upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload))
    return render_page(request, "uploads/confirm.html", context, partials=("confirm-state",))


@require_safe
@never_cache
@signed_in
def result(request: HttpRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Step 4: processing, then counts, errors and tasks."""
    upload = upload_of(request, key_id, workflow_id, zip_id)
    if not is_at(upload, "uploads:result"):
        return to_its_step(request, upload)
    look_if_due(upload)
    context = context_for(upload, poll_seconds=poll_seconds(upload), **outcome_of(upload))
    return render_page(request, "uploads/result.html", context, partials=("result-state",))


@require_POST
@signed_in
def look(request: HttpRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """Ask the API now."""
    upload = upload_of(request, key_id, workflow_id, zip_id)
    if upload.upload_id and not upload.is_over:
        look_now(upload)
    return redirect(step_url(upload))


@require_safe
@signed_in
def errors_csv(request: HttpRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    upload = upload_of(request, key_id, workflow_id, zip_id)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="errors-{upload.pk}.csv"'
    response.write("\ufeff")  # without it spreadsheets take UTF-8 for something else
    csv.writer(response).writerows(csv_rows(upload))
    return response


@require_POST
@signed_in
def again(request: HttpRequest, key_id: int, workflow_id: int, zip_id: UUID) -> HttpResponse:
    """A new draft with the rejected rows only; which archive they go with is chosen anew."""
    upload = upload_of(request, key_id, workflow_id, zip_id)
    if not (upload.is_over and upload.sends_rows and upload.submission.error_count):
        return redirect(step_url(upload))
    rows = draft_of_rejected(upload.submission)
    return redirect(f"{reverse('uploads:choose', args=[key_id, workflow_id])}?rows={rows.pk}")
