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
from pipelines_portal.uploads.archive.directory import Tail, TailTooShort, Unusable, read_directory
from pipelines_portal.uploads.archive.rows import rows_to_complete, table_to_complete
from pipelines_portal.uploads.choices import (
    check_archive,
    discard_choice,
    earlier_uploads,
    paths_of,
    save_choice,
    token_beside,
)
from pipelines_portal.uploads.forms import ChosenFileForm
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.row_errors import RowErrors
from pipelines_portal.uploads.rows import RowSource, judge_used_values, posted_row_forms, read_row_source
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.web.time_budget import OutOfTime, TimeBudget, page_budget
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import notes_of
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow

NONE = UUID(int=0)  # nothing has it


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@senders_only
def upload_choose(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    client = client_for(workflow.key)
    if not workflow.accepts_tasks:
        workflow = refresh(workflow, client)
    schema = cached_schema(workflow, client)
    if request.method == "POST" and schema.file_fields:
        try:
            with page_budget(request.user.pk) as budget:  # one archive at a time for each person
                return _check(request, workflow, schema, budget)
        except OutOfTime:
            return _ask_again()
        except TailTooShort as error:
            # The browser sends the same form again with more bytes: static/js/zip-upload/archive-check.js.
            trigger = {"tail-too-short": {"needed": error.needed}}
            return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(trigger)})
    # After a reload or on another device, the page shows what an earlier check found.
    upload = (
        ZipUpload.objects.select_related("submission")
        .filter(
            pk=uuid_in(request.GET.get("upload", "")) or NONE,
            submission__owner=request.user,
            submission__key=workflow.key,
            submission__workflow_id=workflow.workflow_id,
            stage=Stage.CHOSEN,
        )
        .first()
    )
    if upload is None:
        return _page(request, workflow, schema)
    earlier = earlier_uploads(request.user, upload)
    return _page(request, workflow, schema, upload=upload, preview=upload.preview, earlier=earlier)


def _check(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, budget: TimeBudget) -> HttpResponse:
    """Check the archive with its rows, and store the choice if a task can be created. Raise TailTooShort, OutOfTime."""
    unfit = 200 if request.htmx else 422  # browsers log other statuses as errors
    form = ChosenFileForm(request.POST, request.FILES)
    file = form.chosen_file() if form.is_valid() else None
    paths = paths_of(file) if file and "rows_file" in request.FILES else frozenset[str]()
    rules = workflow.rules()
    given = read_row_source(
        request.user, workflow.workflow_id, schema, request.POST, request.FILES, paths, budget, rules
    )
    judge_used_values(given, request.user, workflow, schema, rules, uuid_in(request.POST.get("token", "")))
    if "add_row" in request.POST:
        return _page(request, workflow, schema, given=given)
    if given.is_being_read:
        return _ask_again()
    if file is None or given.problem:
        return _page(request, workflow, schema, status=unfit, given=given, error=None if file else form.error)

    rows = [] if given.is_missing else given.rows
    checked = check_archive(file, schema, rows, given.corrections, leaves_out_errors=given.leaves_out_errors)
    shown: dict[str, Any] = {"given": given, "preview": checked.preview, "chosen": file}
    shown["errors"] = RowErrors(schema, given.rows or [], given.corrections) if given.corrections else None
    token, rows_from = form.cleaned_data["token"], request.POST.get("rows_from", "")
    # Typed rows that are left out would be lost with the page.
    is_held_back = given.is_typed and checked.preview.odd_count > 0
    if is_held_back or not checked.preview.can_go_on:
        discard_choice(request.user, token, rows_from)
        return _page(request, workflow, schema, status=unfit, **shown)
    if checked.preview.odd_count and not given.leaves_out_errors:
        token = token_beside(request.user, token, rows_from)
    upload = save_choice(request.user, workflow, file, checked, token)
    shown["earlier"] = earlier_uploads(request.user, upload)
    response = _page(request, workflow, schema, upload=upload, **shown)
    url = reverse("uploads:choose", args=[workflow.key_id, workflow.workflow_id])
    response["HX-Replace-Url"] = f"{url}?upload={upload.pk}"
    return response


def _ask_again() -> HttpResponse:
    """Let the browser send the same form again in a moment: static/js/zip-upload/archive-check.js."""
    return HttpResponse(status=204, headers={"HX-Trigger": "rows-being-read"})


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
    # After a reload, the page has lost the file of rows: the submission has them.
    stored_rows = str(upload.submission_id) if upload and upload.sends_rows else ""
    context = {
        "largest_made": settings.FOLDER_ZIP_BYTES,
        "key": workflow.key,
        "workflow": workflow,
        "tab": "create",
        "schema": schema,
        "instructions": notes_of(workflow).get("", ""),
        "token": uuid_in(request.POST.get("token", "")) or _first_token(request, upload),
        "given": given,
        "typed": posted_row_forms(schema, request.POST or None, workflow.rules()),
        "rows_from": request.GET.get("rows") or request.POST.get("rows_from", "") or stored_rows,
        "upload": upload,
        **more,
    }
    return render_page(request, "uploads/choose.html", context, partials=("preview", "typed-rows"), status=status)


def _first_token(request: SignedInRequest, upload: ZipUpload | None) -> UUID:
    """Return the token that all checks of this page share. It may be that of a draft with rows made for this page."""
    if upload:
        return upload.submission.token
    given = Submission.objects.filter(pk=uuid_in(request.GET.get("rows", "")) or NONE, owner=request.user)
    unsent = given.filter(kind=Submission.Kind.ZIP, status=Submission.Status.DRAFT, zip_upload=None).first()
    return unsent.token if unsent else uuid4()


@require_POST
@signed_in
@senders_only
def upload_rows(request: SignedInRequest, key_id: int, workflow_id: int, form: str) -> HttpResponseBase:
    """Download a file of rows with the archive's paths, to complete. Nothing of the post is stored."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    chosen = ChosenFileForm(request.POST, request.FILES)
    missing = Unusable("The list of files is missing", "Go back and choose the files again.")
    try:
        if not chosen.is_valid() or not schema.file_fields:
            raise missing
        file = chosen.chosen_file()
        rows = rows_to_complete(read_directory(Tail(file.tail, file.size)), schema)
    except (Unusable, TailTooShort) as error:
        context = {"key": workflow.key, "workflow": workflow, "tab": "create"}
        context |= {"error": missing if isinstance(error, TailTooShort) else error}
        return render_page(request, "uploads/no_rows.html", context, status=422)
    return table_response(request, "rows", form, *table_to_complete(rows, schema))
