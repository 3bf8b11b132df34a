"""A file of rows to complete, with the archive's paths in it."""

from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Schema
from pipelines_portal.core.csv_download import csv_response
from pipelines_portal.core.rendering import render_page
from pipelines_portal.keys.clients import client_for
from pipelines_portal.uploads.archive.directory import read_directory
from pipelines_portal.uploads.archive.rows_to_complete import lines, rows_to_complete
from pipelines_portal.uploads.archive.tail import Tail, TailTooShort, Unusable
from pipelines_portal.uploads.forms import ChosenFile, ChosenFileForm
from pipelines_portal.workflows.access import usable_workflow

NOT_THERE = "The list of files did not come along.", "Go back and choose the ZIP file again."


@require_POST
@signed_in
@senders_only
def upload_rows(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponseBase:
    """Posted with the archive's end, as the check is: nothing of it is kept."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    key = workflow.key
    schema = client_for(key).schema(workflow_id)
    form = ChosenFileForm(request.POST, request.FILES)
    try:
        return csv_response("rows.csv", _lines(form.chosen_file() if form.is_valid() else None, schema))
    except Unusable as refusal:
        context = {"key": key, "workflow": workflow, "tab": "upload", "refusal": refusal}
        return render_page(request, "uploads/no_rows.html", context, status=422)


def _lines(file: ChosenFile | None, schema: Schema) -> list[list[str]]:
    """Raises Unusable."""
    if file is None or not schema.file_fields:
        raise Unusable(*NOT_THERE)
    try:
        directory = read_directory(Tail(file.tail, file.size))
    except TailTooShort:
        raise Unusable(*NOT_THERE) from None
    return lines(rows_to_complete(directory, schema), schema)
