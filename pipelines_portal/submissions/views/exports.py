"""The list of submissions, and the rejected rows of one, as a file."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.times import name_of
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.spreadsheets.writing import MOST_XLSX_ROWS
from pipelines_portal.submissions.exports import (
    all_entries,
    entries_in,
    header_and_rows,
    is_small,
    rejected_rows,
    start_export,
    titles_in,
)
from pipelines_portal.submissions.filters import SentFilterForm
from pipelines_portal.submissions.models import Export
from pipelines_portal.submissions.permissions import visible_submission
from pipelines_portal.submissions.typed_filters import TypedFilters, query_box
from pipelines_portal.submissions.views.list import wrong_filters
from pipelines_portal.web.rendering import render_page


@require_POST
@signed_in
def submission_export(request: SignedInRequest, form: str) -> HttpResponseBase:
    """Export what the list shows; the filters are in the URL."""
    filters = SentFilterForm(request.user, request.GET)
    if not filters.is_valid():
        return wrong_filters(request, filters, query_box(filters, TypedFilters()))
    if not is_small(filters):
        zone = name_of(timezone.get_current_timezone())
        export = start_export(filters, zone)
        if export is None:
            too_many = "Not exported. Three of your exports are still being prepared. Try again when one is ready."
            messages.error(request, too_many)
            return redirect(f"{reverse('submissions:list')}?{request.GET.urlencode()}")
        return redirect("submissions:export_progress", export.pk)
    entries = all_entries(filters)
    _record_export(request, len(entries))
    return table_response(request, _file_name(), form, *header_and_rows(entries, titles_in(entries)))


@require_safe
@signed_in
def submission_export_progress(request: SignedInRequest, export_id: UUID) -> HttpResponse:
    export = get_object_or_404(Export, pk=export_id, owner=request.user)
    share = min(export.done * 100 // export.total, 100) if export.total else 0
    context = {"export": export, "share": str(share), "fits_xlsx": export.done <= MOST_XLSX_ROWS}
    return render_page(request, "submissions/export.html", context, partials=("export",))


@require_safe
@signed_in
def submission_export_file(request: SignedInRequest, export_id: UUID, form: str) -> HttpResponseBase:
    export = get_object_or_404(Export, pk=export_id, owner=request.user)
    if export.status != Export.Status.READY:
        return redirect("submissions:export_progress", export.pk)
    _record_export(request, export.done)
    return table_response(request, _file_name(), form, *header_and_rows(entries_in(export), export.names))


def _record_export(request: SignedInRequest, rows: int) -> None:
    record(Verb.SUBMISSIONS_EXPORTED, by=request.user, label="submissions", rows=rows)


def _file_name() -> str:
    return f"sent-{timezone.localdate()}"


@require_safe
@signed_in
def submission_errors(request: SignedInRequest, submission_id: UUID, form: str) -> HttpResponseBase:
    submission = visible_submission(request.user, submission_id)
    record(Verb.SUBMISSION_EXPORTED, by=request.user, target=submission, label=submission.label)
    return table_response(request, f"errors-{str(submission.pk)[:8]}", form, *rejected_rows(submission))
