"""The grid: empty, of rows that the person types, or of an import."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.entry.import_requests import settle_overdue
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.permissions import can_type
from pipelines_portal.entry.rows.fixing import LARGEST_NUMBER
from pipelines_portal.entry.rows.page import grid_context
from pipelines_portal.entry.rows.row_list import next_error, page_of_row
from pipelines_portal.entry.rows.selection import Selection
from pipelines_portal.entry.rows.typed import (
    current_typed,
    follow_schema,
)
from pipelines_portal.entry.sheets.typed_page import address_of, typed_context
from pipelines_portal.entry.sheets.views.loading import go_to, loads_import
from pipelines_portal.entry.transitions import give_back_typed
from pipelines_portal.keys.clients import client_for
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import cached_schema, forget_schema
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow


@require_safe
@never_cache
@signed_in
@senders_only
def sheet_new(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show an empty grid, or go to the rows that the person is typing."""
    workflow = _as_it_is_now(usable_workflow(request.user, key_id, workflow_id))
    if address := _address_without_grid(workflow):
        return redirect(address)
    if current := current_typed(request.user, workflow):
        query = request.GET.urlencode()
        return redirect(f"{address_of(workflow, current)}{'?' if query else ''}{query}")
    _remember_view(request.user)
    schema = cached_schema(workflow, client_for(workflow.key))
    context = typed_context(request, workflow, schema, None, Selection.load(request.GET))
    return render_page(request, "entry/grid/page.html", context, partials=("sheet",))


@require_safe
@never_cache
@signed_in
@loads_import
def sheet_page(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Show the grid: rows with their errors, groups of errors with a remedy, and the duplicates."""
    is_typing = can_type(sheet, request.user)
    is_checking = sheet.status == Sheet.Status.CHECKING
    if not sheet.can_change_rows and not (is_typing and is_checking):
        return go_to(request, sheet.get_absolute_url())
    if is_typing:
        workflow = _as_it_is_now(workflow)
        if address := _address_without_grid(workflow):
            return redirect(address)
        _remember_view(request.user)
        _bring_up_to_date(sheet, workflow)
    if "error_after" in request.GET:
        return _to_next_error(request, sheet)
    return grid_page(request, workflow, sheet, Selection.load(request.GET))


def _as_it_is_now(workflow: OpenedWorkflow) -> OpenedWorkflow:
    """Ask Pipelines again about a workflow that did not accept tasks."""
    return workflow if workflow.accepts_tasks else refresh(workflow, client_for(workflow.key))


def _address_without_grid(workflow: OpenedWorkflow) -> str:
    """Return where tasks of a workflow are created that has no grid, or ""."""
    place = [workflow.key_id, workflow.workflow_id]
    if not workflow.accepts_tasks:
        return f"{reverse('new_task:create', args=place)}?view=form"
    schema = cached_schema(workflow, client_for(workflow.key))
    return reverse("uploads:choose", args=place) if schema.has_file_upload_fields else ""


def _remember_view(user: User) -> None:
    if not user.uses_grid:
        User.objects.filter(pk=user.pk).update(uses_grid=True)


def _bring_up_to_date(sheet: Sheet, workflow: OpenedWorkflow) -> None:
    """Follow the fields of the workflow, and what became of rows on their way."""
    client = client_for(workflow.key)
    schema = cached_schema(workflow, client)
    if sheet.schema != schema.model_dump(mode="json"):
        # Another process may have read a newer one than this process has cached.
        forget_schema(workflow)
        schema = cached_schema(workflow, client)
    follow_schema(sheet, schema)
    sheet.reuse_schema(schema)
    if sheet.counts_as_read.requested:
        give_back_typed(sheet)
    settle_overdue(sheet)


def _to_next_error(request: SignedInRequest, sheet: Sheet) -> HttpResponse:
    """Redirect to the page with the next row that has an error, whose cell takes the focus there."""
    number = next_error(sheet, number_in(request.GET["error_after"], LARGEST_NUMBER) or 0)
    page = page_of_row(sheet, number, sheet.counts_as_read) if number else 1
    address = reverse("sheets:page", args=[sheet.pk])
    return redirect(f"{address}?page={page}&at={number or ''}")


def grid_page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    sheet: Sheet,
    selection: Selection,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    if can_type(sheet, request.user):
        context = typed_context(request, workflow, sheet.parsed_schema, sheet, selection, **more)
    else:
        context = grid_context(request, workflow, sheet, selection, **more)
    return render_page(request, "entry/grid/page.html", context, status=status, partials=("sheet",))
