"""The list of submissions, and the rejected rows of one, as a CSV file."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.csv_downloads import csv_response
from pipelines_portal.core.rendering import render_page
from pipelines_portal.core.times import name_of
from pipelines_portal.submissions.exports import (
    all_entries,
    csv_lines,
    csv_of_rows,
    entries_in,
    is_small,
    rejected_rows,
    start_export,
)
from pipelines_portal.submissions.filters import LedgerForm
from pipelines_portal.submissions.models import Export
from pipelines_portal.submissions.permissions import visible_submission
from pipelines_portal.submissions.texts import TOO_MANY_EXPORTS


@require_POST
@signed_in
def submission_export(request: SignedInRequest) -> HttpResponseBase:
    """Export what the list shows; the filters are in the address."""
    form = LedgerForm(request.user, request.GET)
    if not form.is_valid():
        return render_page(request, "submissions/list.html", {"form": form}, status=422)
    if not is_small(form):
        zone = name_of(timezone.get_current_timezone())
        export = start_export(form, zone)
        if export is None:
            messages.error(request, TOO_MANY_EXPORTS)
            return redirect(f"{reverse('submissions:list')}?{request.GET.urlencode()}")
        return redirect("submissions:export_progress", export.pk)
    entries = [entry.as_dict() for entry in all_entries(form)]
    names = list(dict.fromkeys(name for entry in entries for name in entry["values"]))
    _record_export(request, len(entries))
    return _download(csv_lines(entries, names))


@require_safe
@signed_in
def submission_export_progress(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    export = get_object_or_404(Export, pk=export_id, owner=request.user)
    share = min(export.done * 100 // export.total, 100) if export.total else 0
    context = {"export": export, "share": str(share)}
    return render_page(request, "submissions/export.html", context, partials=("export",))


@require_safe
@signed_in
def submission_export_file(request: SignedInRequest, export_id: UUID) -> HttpResponseBase:
    export = get_object_or_404(Export, pk=export_id, owner=request.user)
    if export.status != Export.Status.READY:
        return redirect("submissions:export_progress", export.pk)
    _record_export(request, export.done)
    return _download(csv_lines(entries_in(export), export.names))


def _record_export(request: SignedInRequest, rows: int) -> None:
    record(Verb.SUBMISSIONS_EXPORTED, by=request.user, label="submissions", rows=rows)


def _download(lines: Iterable[Any]) -> StreamingHttpResponse:
    return csv_response(f"sent-{timezone.localdate().isoformat()}.csv", lines)


@require_safe
@signed_in
def submission_errors(request: SignedInRequest, submission_id: UUID) -> StreamingHttpResponse:
    submission = visible_submission(request.user, submission_id)
    return csv_of_rows(submission, rejected_rows(submission), request.user)
