"""What the list shows, as a file: at once, or from a page that tells how far it is."""

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
from pipelines_portal.core.clocks import name_of
from pipelines_portal.core.csv_download import csv_response
from pipelines_portal.core.rendering import render_page
from pipelines_portal.submissions.exports import all_entries, begin, entries_in, file_of, is_small
from pipelines_portal.submissions.filters import LedgerForm
from pipelines_portal.submissions.models import Export

FORMATS = ("csv", "json")
TOO_MANY = "Not exported: three exports of yours are being prepared. Try again when one is ready."


@require_POST
@signed_in
def submission_export(request: SignedInRequest) -> HttpResponseBase:
    """The filters stand in the address, as the list has them."""
    form = LedgerForm(request.user, request.GET)
    format_ = request.POST.get("format", "")
    if not form.is_valid() or format_ not in FORMATS:
        return render_page(request, "submissions/list.html", {"form": form}, status=422)
    if not is_small(form):
        zone = name_of(timezone.get_current_timezone())
        export = begin(form, format_, zone)
        if export is None:
            messages.error(request, TOO_MANY)
            return redirect(f"{reverse('submissions:list')}?{request.GET.urlencode()}")
        return redirect("submissions:export_progress", export.pk)
    entries = [entry.as_dict() for entry in all_entries(form)]
    names = list(dict.fromkeys(name for entry in entries for name in entry["values"]))
    _tell(request, len(entries))
    return _answer(file_of(entries, names, format_), format_)


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
    _tell(request, export.done)
    return _answer(file_of(entries_in(export), export.names, export.format), export.format)


def _tell(request: SignedInRequest, rows: int) -> None:
    record(Verb.SUBMISSIONS_EXPORTED, by=request.user, label="submissions", rows=rows)


def _answer(lines: Iterable[Any], format_: str) -> StreamingHttpResponse:
    name = f"submissions-{timezone.localdate().isoformat()}.{format_}"
    if format_ == "csv":
        return csv_response(name, lines)
    response = StreamingHttpResponse(lines, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
