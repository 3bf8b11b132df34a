"""Rows of an import as a file."""

from itertools import chain
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.csv_download import csv_response
from pipelines_portal.core.rendering import render_notice
from pipelines_portal.entry.imports.access import visible_import
from pipelines_portal.entry.imports.downloads import KINDS, table_of
from pipelines_portal.entry.imports.views.saving import CONTENT_TYPES, file_response
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.spreadsheets.limits import RowsFileError


@require_safe
@signed_in
def import_rows(
    request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID, kind: str, form: str
) -> HttpResponseBase:
    """Those of `kind`, with what is wrong with each, as `form` csv or xlsx."""
    _, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if kind not in KINDS or form not in CONTENT_TYPES:
        raise Http404
    try:
        response = _file(import_job, kind, form)
    except RowsFileError as error:
        context = {"title": "The rows cannot be saved as a file", "sentence": f"{error.title} {error.advice}"}
        return render_notice(request, "core/message.html", context, status=422)
    record(Verb.IMPORT_EXPORTED, by=request.user, target=import_job, label=import_job.label, rows=kind)
    return response


def _file(import_job: ImportJob, kind: str, form: str) -> HttpResponseBase:
    """Raises RowsFileError."""
    header, rows = table_of(import_job, kind)
    name = f"{kind}-{str(import_job.pk)[:8]}"
    if form == "csv":
        return csv_response(f"{name}.csv", chain([header], rows))
    # openpyxl is loaded where a spreadsheet is wanted: memory that most processes never need.
    from pipelines_portal.spreadsheets.writing import xlsx_bytes

    return file_response(name, form, xlsx_bytes(header, rows))
