"""Start an import, and download an empty table for one."""

from contextlib import suppress
from uuid import uuid4

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.preferences import possible_zones
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.api_client import AWAY
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.forms import ChooseForm
from pipelines_portal.entry.imports.jobs import work_if_small
from pipelines_portal.entry.imports.lists import MOST_STORED, count_stored, list_deleted, list_recent
from pipelines_portal.entry.imports.reading import start_import
from pipelines_portal.entry.imports.remembered import zone_of_file
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.tasks import attention_by_import
from pipelines_portal.keys.clients import client_for
from pipelines_portal.spreadsheets.downloads import table_response, xlsx_response
from pipelines_portal.spreadsheets.templates import header_for, xlsx_template
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow

IMPORTS_PER_PAGE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def new(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the form for a file or pasted rows with the recent imports, or start an import."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    if request.method == "POST":
        return _start(request, workflow)
    if request.user.may_send and not workflow.accepts_tasks:
        with suppress(*AWAY):
            workflow = refresh(workflow, client_for(workflow.key))
    return _new_page(request, workflow, ChooseForm(initial={"token": uuid4()}))


@senders_only
def _start(request: SignedInRequest, workflow: OpenedWorkflow) -> HttpResponse:
    """Start an import. After an error, pasted text is shown again; a browser needs a file to be chosen again."""
    form = ChooseForm(request.POST, request.FILES)
    if is_restoring(request):
        initial = {"token": request.POST.get("token"), "text": request.POST.get("text", "")}
        return _new_page(request, workflow, ChooseForm(initial=initial))
    if not workflow.accepts_tasks or workflow.has_file_fields or not form.is_valid():
        return _new_page(request, workflow, form, status=422)
    if _has_too_many(request, form):
        too_many = texts.TOO_MANY_IMPORTS.format(count=MOST_STORED)
        form.add_error("file" if form.cleaned_data["file"] else "text", too_many)
        return _new_page(request, workflow, form, status=422)
    file, name = form.chosen_file()
    zone = zone_of_file(workflow, possible_zones(request))
    sheet = start_import(request.user, workflow, file, name, form.cleaned_data["token"], zone)
    work_if_small(sheet, request.user)
    return redirect(sheet)


def _has_too_many(request: SignedInRequest, form: ChooseForm) -> bool:
    """Return whether a new import would be one too many. A form that is posted again has its import already."""
    if count_stored(request.user) < MOST_STORED:
        return False
    return not Sheet.objects.filter(owner=request.user, token=form.cleaned_data["token"]).exists()


def _new_page(
    request: SignedInRequest, workflow: OpenedWorkflow, form: ChooseForm, *, status: int = 200
) -> HttpResponse:
    form.focus_first_error()
    page = Paginator(list_recent(request.user, workflow), IMPORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "create",
        "form": form,
        "most_rows": settings.IMPORT_MAX_ROWS,
        "page": page,
        "attention": attention_by_import(workflow, [each.pk for each in page if each.counts_as_read.created]),
        "deleted": list_deleted(request.user, workflow),
    }
    return render_page(request, "entry/imports/new.html", context, status=status)


@require_safe
@signed_in
def template(request: SignedInRequest, key_id: int, workflow_id: int, form: str) -> HttpResponseBase:
    """Download an empty table with the workflow's columns."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    name = f"workflow-{workflow_id}"
    if form == "xlsx":
        return xlsx_response(name, xlsx_template(schema))
    return table_response(request, name, form, header_for(schema), [])
