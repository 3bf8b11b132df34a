"""A sheet as a whole: its page while it is read, its downloads; transfer, delete and restore it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.downloads import ALL_ROWS, KINDS, status_table, table_of
from pipelines_portal.entry.imports.forms import ReadingForm, TransferForm
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.permissions import can_type
from pipelines_portal.entry.rows.cells import plain_text
from pipelines_portal.entry.rows.page import count_listed, import_context
from pipelines_portal.entry.rows.typed import clear_created, give_name
from pipelines_portal.entry.sheets.views.loading import changes_import, loads_import, redirect_to
from pipelines_portal.entry.sheets.views.typing import require_typing
from pipelines_portal.entry.transitions import delete_import, restore_import, transfer_import
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.web.rendering import htmx_of, render_page
from pipelines_portal.workflows.models import OpenedWorkflow

# The page waits while the portal works on the import.
WAITING = (Sheet.Status.READING, Sheet.Status.CHECKING)


@require_safe
@never_cache
@signed_in
@loads_import
def sheet_detail(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Redirect to the page for the import's status, or show that it is being read, unreadable or deleted."""
    is_waiting = sheet.status in WAITING
    if htmx_of(request) and htmx_of(request).target == "import-wait":
        return HttpResponse(status=204) if is_waiting else HttpResponseClientRedirect(sheet.get_absolute_url())
    if sheet.status == Sheet.Status.DELETED:
        return render_page(request, "entry/imports/deleted.html", import_context(request, workflow, sheet))
    if not is_waiting and sheet.status != Sheet.Status.UNREADABLE:
        return redirect(sheet)
    context = {
        **import_context(request, workflow, sheet),
        "reading": ReadingForm(initial=sheet.reading_options, label_suffix=""),
        "seen": sheet.version,
    }
    return render_page(request, "entry/imports/detail.html", context)


@require_safe
@signed_in
@loads_import
def sheet_rows(
    request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, kind: str, form: str
) -> HttpResponseBase:
    """Download the rows of a kind with their errors, or all rows with their tasks, as CSV or XLSX."""
    if kind not in (*KINDS, ALL_ROWS):
        raise Http404
    record(Verb.IMPORT_EXPORTED, by=request.user, target=sheet, label=sheet.label, rows=kind)
    header, rows = status_table(sheet) if kind == ALL_ROWS else table_of(sheet, kind)
    return table_response(request, f"{kind}-{str(sheet.pk)[:8]}", form, header, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
@loads_import
def sheet_transfer(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    if sheet.status in (Sheet.Status.SENDING, Sheet.Status.DELETED):
        messages.error(request, "Not transferred. Rows are being sent. Pause first.")
        return redirect(sheet)
    own = {} if sheet.owner_id == request.user.pk else {"owner": request.user.email}
    form = TransferForm(sheet, request.POST if request.method == "POST" else None, initial=own)
    if not form.is_valid():
        context = import_context(request, workflow, sheet) | {"form": form, "back": sheet.get_absolute_url()}
        return render_page(request, "entry/imports/transfer.html", context, status=422 if form.is_bound else 200)
    person = form.cleaned_data["owner"]
    if transfer_import(sheet, person, request.user):
        messages.success(request, f"{sheet.file_name} transferred to {person}")
    else:
        messages.info(request, "Not transferred. This import has just changed.")
    # A former owner may not see it any more.
    is_visible = Sheet.objects.visible_to(request.user).filter(pk=sheet.pk).exists()
    return redirect(sheet) if is_visible else redirect("overview:home")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
@loads_import
def sheet_delete(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Ask before an import is deleted, or delete it."""
    if request.method == "POST":
        shown = count_listed(sheet, sheet.counts_as_read)
        if not delete_import(sheet, request.user):
            messages.error(request, "Not deleted. Rows are being sent or are unconfirmed.")
        elif sheet.is_typed and sheet.owner_id == request.user.pk:
            messages.success(request, texts.rows_deleted(shown))
            return redirect("sheets:new", workflow.key_id, workflow.workflow_id)
        return redirect_to(sheet)
    if not sheet.can_be_deleted:
        return redirect(sheet)
    context = {
        **import_context(request, workflow, sheet),
        # Rows that somebody else typed in the grid have no cells of a file.
        "fixes": sheet.lines.exclude(edits={}).exclude(cells=[]).count(),
        "shown": count_listed(sheet, sheet.counts_as_read),
        "back": _page_before(request, sheet),
    }
    return render_page(request, "entry/imports/delete.html", context)


def _page_before(request: SignedInRequest, sheet: Sheet) -> str:
    """Return the address of the grid if the person came from there, else that of the import."""
    if request.GET.get("to") != "grid" or not sheet.can_change_rows:
        return sheet.get_absolute_url()
    return reverse("sheets:page", args=[sheet.pk])


@changes_import
def sheet_restore(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    if restore_import(sheet, request.user):
        messages.success(request, f"{sheet.file_name} restored")
    return redirect_to(sheet, "page" if can_type(sheet, request.user) else "detail")


@changes_import
def sheet_name(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Keep typed rows under a name, and show an empty grid."""
    require_typing(request, sheet)
    give_name(sheet, request.user, workflow, plain_text(request.POST.get("name", "")))
    messages.success(request, "Rows put aside. Find them in the menu, or in Drafts.")
    return redirect("sheets:new", workflow.key_id, workflow.workflow_id)


@changes_import
def sheet_clear(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Show the created rows no longer."""
    require_typing(request, sheet)
    clear_created(sheet)
    return redirect("sheets:page", sheet.pk)
