"""Start an import, show, download, transfer, delete and restore it."""

from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.preferences import possible_zones
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.downloads import ALL_ROWS, KINDS, status_table, table_of
from pipelines_portal.entry.imports.forms import ChooseForm, ReadingForm, TransferForm
from pipelines_portal.entry.imports.jobs import work_if_small
from pipelines_portal.entry.imports.lists import count_stored, list_deleted, list_recent
from pipelines_portal.entry.imports.reading import start_import
from pipelines_portal.entry.imports.remembered import zone_of_file
from pipelines_portal.entry.imports.views.loading import changes_import, loads_import, redirect_to
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.rows.page import count_listed, import_context
from pipelines_portal.entry.rows.tasks import attention_by_import
from pipelines_portal.entry.rows.typed import current_typed
from pipelines_portal.entry.transitions import delete_import, restore_import, transfer_import
from pipelines_portal.keys.clients import client_for
from pipelines_portal.spreadsheets.downloads import table_response, xlsx_response
from pipelines_portal.spreadsheets.templates import header_for, xlsx_template
from pipelines_portal.web.rendering import htmx_of, render_page
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow

IMPORTS_PER_PAGE = 20
# Each import has its file in the database.
MOST_STORED = 300
# The page waits while the portal works on the import.
WAITING = (ImportJob.Status.READING, ImportJob.Status.CHECKING)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def import_new(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the form for a file or pasted rows with the recent imports, or start an import."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    if request.method == "POST":
        return _start(request, workflow)
    if request.user.may_send and not workflow.accepts_tasks:
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
    import_job = start_import(request.user, workflow, file, name, form.cleaned_data["token"], zone)
    work_if_small(import_job, request.user)
    return redirect(import_job)


def _has_too_many(request: SignedInRequest, form: ChooseForm) -> bool:
    """Return whether a new import would be one too many. A form that is posted again has its import already."""
    if count_stored(request.user) < MOST_STORED:
        return False
    return not ImportJob.objects.filter(owner=request.user, token=form.cleaned_data["token"]).exists()


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
def import_template(request: SignedInRequest, key_id: int, workflow_id: int, form: str) -> HttpResponseBase:
    """Download an empty table with the workflow's columns."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    name = f"workflow-{workflow_id}"
    if form == "xlsx":
        return xlsx_response(name, xlsx_template(schema))
    return table_response(request, name, form, header_for(schema), [])


@require_safe
@never_cache
@signed_in
@loads_import
def import_detail(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """Redirect to the page for the import's status, or show that it is being read, unreadable or deleted."""
    is_waiting = import_job.status in WAITING
    if htmx_of(request) and htmx_of(request).target == "import-wait":
        return HttpResponse(status=204) if is_waiting else HttpResponseClientRedirect(import_job.get_absolute_url())
    if import_job.status == ImportJob.Status.DELETED:
        return render_page(request, "entry/imports/deleted.html", import_context(workflow, import_job))
    if not is_waiting and import_job.status != ImportJob.Status.UNREADABLE:
        return redirect(import_job)
    context = {
        **import_context(workflow, import_job),
        "reading": ReadingForm(initial=import_job.reading_options, label_suffix=""),
        "seen": import_job.version,
    }
    return render_page(request, "entry/imports/detail.html", context)


@require_safe
@signed_in
@loads_import
def import_rows(
    request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob, kind: str, form: str
) -> HttpResponseBase:
    """Download the rows of a kind with their errors, or all rows with their tasks, as CSV or XLSX."""
    if kind not in (*KINDS, ALL_ROWS):
        raise Http404
    record(Verb.IMPORT_EXPORTED, by=request.user, target=import_job, label=import_job.label, rows=kind)
    header, rows = status_table(import_job) if kind == ALL_ROWS else table_of(import_job, kind)
    return table_response(request, f"{kind}-{str(import_job.pk)[:8]}", form, header, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
@loads_import
def import_transfer(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    if import_job.status in (ImportJob.Status.SENDING, ImportJob.Status.DELETED):
        messages.error(request, "Not transferred. Rows are being sent. Pause first.")
        return redirect(import_job)
    own = {} if import_job.owner_id == request.user.pk else {"owner": request.user.email}
    form = TransferForm(import_job, request.POST if request.method == "POST" else None, initial=own)
    if not form.is_valid():
        context = import_context(workflow, import_job) | {"form": form, "back": import_job.get_absolute_url()}
        return render_page(request, "entry/imports/transfer.html", context, status=422 if form.is_bound else 200)
    person = form.cleaned_data["owner"]
    if transfer_import(import_job, person, request.user):
        messages.success(request, f"{import_job.file_name} transferred to {person}")
    else:
        messages.info(request, "Not transferred. This import has just changed.")
    # A former owner may not see it any more.
    is_visible = ImportJob.objects.visible_to(request.user).filter(pk=import_job.pk).exists()
    return redirect(import_job) if is_visible else redirect("overview:home")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
@loads_import
def import_delete(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """Ask before an import is deleted, or delete it."""
    if request.method == "POST":
        shown = count_listed(import_job, import_job.counts_as_read)
        if not delete_import(import_job, request.user):
            messages.error(request, "Not deleted. Rows are being sent or are unconfirmed.")
        elif import_job.is_typed and import_job.owner_id == request.user.pk:
            messages.success(request, texts.rows_deleted(shown))
            return redirect("grid:page", workflow.key_id, workflow.workflow_id)
        return redirect_to(import_job)
    if not import_job.can_be_deleted:
        return redirect(import_job)
    context = {
        **import_context(workflow, import_job),
        # Rows that somebody else typed in the grid have no cells of a file.
        "fixes": import_job.lines.exclude(edits={}).exclude(cells=[]).count(),
        "shown": count_listed(import_job, import_job.counts_as_read),
        "back": _page_before(request, import_job),
    }
    return render_page(request, "entry/imports/delete.html", context)


def _page_before(request: SignedInRequest, import_job: ImportJob) -> str:
    """Return the address of the grid if the person came from there, else that of the import."""
    if request.GET.get("to") != "grid" or not import_job.can_change_rows:
        return import_job.get_absolute_url()
    return reverse("imports:check", args=[import_job.key_id, import_job.workflow_id, import_job.pk])


@changes_import
def import_restore(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    if restore_import(import_job, request.user):
        messages.success(request, f"{import_job.file_name} restored")
    if import_job.is_typed and current_typed(request.user, workflow) == import_job:
        return redirect("grid:page", workflow.key_id, workflow.workflow_id)
    return redirect_to(import_job)
