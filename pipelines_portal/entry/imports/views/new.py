"""Step 1: a file or pasted rows."""

from typing import Any
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.core.rendering import render_page
from pipelines_portal.entry.imports.access import count_stored, deleted_imports, page_url, unfinished_imports
from pipelines_portal.entry.imports.beginning import begin_import, work_if_small
from pipelines_portal.entry.imports.forms import ChooseForm
from pipelines_portal.entry.imports.views.saving import CONTENT_TYPES, file_response
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.clients import client_for
from pipelines_portal.workflows.access import usable_workflow
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh

# Each has its file in the database.
MOST_STORED = 300
TOO_MANY = (
    f"You have {MOST_STORED} imports that are unfinished or were deleted in the last 30 days. Send some of them first, "
    "or hand them over."
)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def import_new(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """The form for a file or pasted rows, and the imports that are not done. Viewers look at those."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    if request.method == "POST":
        return _post(request, workflow)
    if request.user.may_send and not workflow.accepts_tasks:
        workflow = refresh(workflow, client_for(workflow.key))
    return _page(request, workflow, ChooseForm(initial={"token": uuid4()}))


@senders_only
def _post(request: SignedInRequest, workflow: OpenedWorkflow) -> HttpResponse:
    """What was pasted stays, whatever is wrong; a file has to be chosen again, which browsers insist on."""
    form = ChooseForm(request.POST, request.FILES)
    if is_restoring(request):
        initial = {"token": request.POST.get("token"), "text": request.POST.get("text", "")}
        return _page(request, workflow, ChooseForm(initial=initial))
    if not workflow.accepts_tasks or workflow.has_file_fields or not form.is_valid():
        return _page(request, workflow, form, status=422)
    if _has_too_many(request, form):
        form.add_error("file" if form.cleaned_data["file"] else "text", TOO_MANY)
        return _page(request, workflow, form, status=422)
    file, name = form.given()
    said = form.cleaned_data
    import_job = begin_import(request.user, workflow, file, name, said["token"], said["zone"])
    work_if_small(import_job, request.user)
    return redirect(page_url(import_job))


def _has_too_many(request: SignedInRequest, form: ChooseForm) -> bool:
    """Whether this would be one more than a person may have. A form that was posted before has its import."""
    if count_stored(request.user) < MOST_STORED:
        return False
    return not ImportJob.objects.filter(owner=request.user, token=form.cleaned_data["token"]).exists()


def _page(request: SignedInRequest, workflow: OpenedWorkflow, form: ChooseForm, *, status: int = 200) -> HttpResponse:
    form.focus_first_error()
    context: dict[str, Any] = {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "import",
        "form": form,
        "imports": unfinished_imports(request.user, workflow),
        "deleted": deleted_imports(request.user, workflow),
    }
    return render_page(request, "entry/imports/new.html", context, status=status)


@require_safe
@signed_in
def import_template(request: SignedInRequest, key_id: int, workflow_id: int, form: str) -> HttpResponse:
    """An empty table with the workflow's columns, to be filled in."""
    if form not in CONTENT_TYPES:
        raise Http404
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = client_for(workflow.key).schema(workflow_id)
    # With it comes openpyxl: memory that most processes never need.
    from pipelines_portal.spreadsheets.templates import csv_template, xlsx_template

    template = xlsx_template(schema) if form == "xlsx" else csv_template(schema)
    return file_response(f"workflow-{workflow_id}", form, template)
