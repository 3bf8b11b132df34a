"""Step 1: choose an archive and see what will be created, before anything is sent."""

import json
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Schema
from pipelines_portal.keys.clients import client_for
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.archive.directory import Tail, TailTooShort, Unusable, read_directory
from pipelines_portal.uploads.archive.rows import rows_to_complete, table_to_complete
from pipelines_portal.uploads.choices import check_archive, discard_choice, earlier_uploads, paths_of, save_choice
from pipelines_portal.uploads.forms import ChosenFile, ChosenFileForm
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.row_errors import RowErrors
from pipelines_portal.uploads.rows import RowSource, posted_row_forms, read_row_source
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.web.time_budget import OutOfTime, TimeBudget, page_budget
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import notes_of
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow

TEMPLATE = "uploads/choose.html"
NONE = UUID(int=0)  # nothing has it


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@senders_only
def upload_choose(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    key = workflow.key
    client = client_for(key)
    if not workflow.accepts_tasks:
        workflow = refresh(workflow, client)
    schema = client.schema(workflow_id)
    if request.method == "POST":
        return _post(request, workflow, schema)
    return _page(request, workflow, schema, **_chosen_before(request, workflow))


def _post(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema) -> HttpResponse:
    """Check one archive at a time for each person. If it takes long, the page asks again."""
    try:
        with page_budget(request.user.pk) as budget:
            return _answer(request, workflow, schema, budget)
    except OutOfTime:
        return _ask_again()


def _answer(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, budget: TimeBudget) -> HttpResponse:
    form = ChosenFileForm(request.POST, request.FILES)
    file = form.chosen_file() if form.is_valid() else None
    try:
        paths = paths_of(file) if file and "rows_file" in request.FILES else frozenset[str]()
        given = read_row_source(request.user, workflow.workflow_id, schema, request.POST, request.FILES, paths, budget)
        if "add_row" in request.POST:
            return _page(request, workflow, schema, given=given)
        if given.is_being_read:
            return _ask_again()
        if file is None or given.problem:
            fault = None if file else form.fault
            return _page(request, workflow, schema, status=_unfit(request), given=given, fault=fault)
        return _checked(request, workflow, schema, file, form.cleaned_data["token"], given)
    except TailTooShort as more:
        return _ask_for_more(more)


def _checked(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, file: ChosenFile, token: UUID, given: RowSource
) -> HttpResponse:
    rows = [] if given.is_missing else given.rows
    checked = check_archive(file, schema, rows, leaves_out_errors=given.leaves_out_errors)
    shown: dict[str, Any] = {"given": given, "preview": checked.preview, "chosen": file}
    shown["errors"] = RowErrors(schema, given.rows or []) if given.corrections else None
    if not checked.preview.can_go_on:
        discard_choice(request.user, token, request.POST.get("rows_from", ""))
        return _page(request, workflow, schema, status=_unfit(request), **shown)
    upload = save_choice(request.user, workflow, file, checked, token)
    shown["earlier"] = earlier_uploads(request.user, upload)
    response = _page(request, workflow, schema, upload=upload, **shown)
    response["HX-Replace-Url"] = f"{_address(workflow)}?upload={upload.pk}"
    return response


def _unfit(request: SignedInRequest) -> int:
    """Return 200 for htmx, since browsers log other statuses as errors, and else 422."""
    return 200 if request.htmx else 422


def _ask_again() -> HttpResponse:
    """Let the browser send the same form again in a moment: static/js/zip-upload/archive-check.js."""
    return HttpResponse(status=204, headers={"HX-Trigger": "rows-being-read"})


def _ask_for_more(more: TailTooShort) -> HttpResponse:
    """Let the browser send the same form again with more bytes: static/js/zip-upload/archive-check.js."""
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"tail-too-short": {"needed": more.needed}})})


def _chosen_before(request: SignedInRequest, workflow: OpenedWorkflow) -> dict[str, Any]:
    """Return the context of an earlier check of this page, after a reload or on another device."""
    upload = ZipUpload.objects.filter(
        pk=uuid_in(request.GET.get("upload", "")) or NONE,
        submission__owner=request.user,
        submission__key=workflow.key,
        submission__workflow_id=workflow.workflow_id,
        stage=Stage.CHOSEN,
    ).select_related("submission")
    found = upload.first()
    if found is None:
        return {}
    return {"upload": found, "preview": found.preview, "earlier": earlier_uploads(request.user, found)}


def _page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    schema: Schema,
    *,
    status: int = 200,
    given: RowSource | None = None,
    upload: ZipUpload | None = None,
    **more: Any,
) -> HttpResponse:
    context = {
        "largest_made": settings.FOLDER_ZIP_BYTES,
        "key": workflow.key,
        "workflow": workflow,
        "tab": "create",
        "schema": schema,
        "instructions": notes_of(workflow).get("", ""),
        "token": uuid_in(request.POST.get("token", "")) or _first_token(request, upload),
        "given": given,
        "typed": posted_row_forms(schema, request.POST or None),
        "rows_from": request.GET.get("rows") or request.POST.get("rows_from", "") or _stored_rows(upload),
        "upload": upload,
        **more,
    }
    return render_page(request, TEMPLATE, context, partials=("preview", "typed-rows"), status=status)


def _stored_rows(upload: ZipUpload | None) -> str:
    """Return the submission that holds the rows. After a reload, the page has lost the file of rows."""
    return str(upload.submission_id) if upload and upload.sends_rows else ""


def _first_token(request: SignedInRequest, upload: ZipUpload | None) -> UUID:
    """Return the token that all checks of this page share. It may be that of a draft with rows made for this page."""
    if upload:
        return upload.submission.token
    given = Submission.objects.filter(pk=uuid_in(request.GET.get("rows", "")) or NONE, owner=request.user)
    unsent = given.filter(kind=Submission.Kind.ZIP, status=Submission.Status.DRAFT, zip_upload=None).first()
    return unsent.token if unsent else uuid4()


def _address(workflow: OpenedWorkflow) -> str:
    return reverse("uploads:choose", args=[workflow.key_id, workflow.workflow_id])


NOT_THERE = texts.NO_FILE_LIST, texts.CHOOSE_AGAIN


@require_POST
@signed_in
@senders_only
def upload_rows(request: SignedInRequest, key_id: int, workflow_id: int, form: str) -> HttpResponseBase:
    """Download a file of rows with the archive's paths, to complete. Nothing of the post is stored."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    key = workflow.key
    schema = client_for(key).schema(workflow_id)
    chosen = ChosenFileForm(request.POST, request.FILES)
    try:
        rows = _rows_to_complete(chosen.chosen_file() if chosen.is_valid() else None, schema)
    except Unusable as refusal:
        context = {"key": key, "workflow": workflow, "tab": "create", "refusal": refusal}
        return render_page(request, "uploads/no_rows.html", context, status=422)
    return table_response(request, "rows", form, *table_to_complete(rows, schema))


def _rows_to_complete(file: ChosenFile | None, schema: Schema) -> list[FieldValues]:
    """Return rows with the paths of the archive. Raise Unusable."""
    if file is None or not schema.file_fields:
        raise Unusable(*NOT_THERE)
    try:
        directory = read_directory(Tail(file.tail, file.size))
    except TailTooShort:
        raise Unusable(*NOT_THERE) from None
    return rows_to_complete(directory, schema)
