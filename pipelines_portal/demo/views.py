from uuid import uuid4

from django.contrib import messages
from django.core.files.base import ContentFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.demo.story import NOVEMBER
from pipelines_portal.demo.try_it import longer_file, november, order_entry, rows_to_paste, sent_orders
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.jobs import work_if_small
from pipelines_portal.entry.imports.reading import start_import
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.entry.rows.saving import Cell, PostedRow, save_rows
from pipelines_portal.entry.rows.typed import current_typed, get_or_start_typed, give_name
from pipelines_portal.keys.clients import client_for
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.models import OpenedWorkflow

HIDDEN = "hides_things_to_try"


def _order_entry(request: SignedInRequest) -> OpenedWorkflow:
    workflow = order_entry(request.user)
    if workflow is None:
        raise Http404
    return workflow


@require_POST
@signed_in
@senders_only
def paste(request: SignedInRequest) -> HttpResponse:
    """Put six orders into an empty grid, as if the person had pasted them there. Rows that are in it become a draft."""
    workflow = _order_entry(request)
    sent = sent_orders(request.user, workflow)
    if not sent:
        raise Http404
    posted = [
        PostedRow(number, {name: Cell("", str(value)) for name, value in row.items()}, is_new=True)
        for number, row in enumerate(rows_to_paste(workflow, sent), 1)
    ]
    try:
        if (current := current_typed(request.user, workflow)) and current.counts_as_read.total:
            give_name(current, request.user, workflow, "")
        sheet = get_or_start_typed(request.user, workflow, cached_schema(workflow, client_for(workflow.key)))
        save_rows(sheet, request.user, posted, texts.PASTE_ROWS)
    except CannotChange as error:
        messages.error(request, str(error))
    return redirect("sheets:new", workflow.key_id, workflow.workflow_id)


@require_POST
@signed_in
@senders_only
def file(request: SignedInRequest) -> HttpResponse:
    """Import the file of Friday once more, with new orders below."""
    workflow = _order_entry(request)
    earlier, sent = november(request.user, workflow), sent_orders(request.user, workflow)
    if earlier is None or not sent:
        raise Http404
    data = longer_file(earlier, cached_schema(workflow, client_for(workflow.key)), sent)
    sheet = start_import(request.user, workflow, ContentFile(data), NOVEMBER, uuid4())
    work_if_small(sheet, request.user)
    return redirect(sheet)


@require_POST
@signed_in
def hide(request: SignedInRequest) -> HttpResponse:
    """Hide the things to try until the person signs in again."""
    request.session[HIDDEN] = True
    return redirect("overview:home")
