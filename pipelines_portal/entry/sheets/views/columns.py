"""How a person arranges the columns of the grid of a workflow, and what they pin."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.entry.form.pins import LONGEST_TEXT, pin_text
from pipelines_portal.entry.rows.layout import Layout, read_layout, remove_layout, store_layout
from pipelines_portal.entry.rows.selection import Selection
from pipelines_portal.entry.sheets.forms import ColumnsForm
from pipelines_portal.keys.clients import client_for
from pipelines_portal.web.parameters import uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.permissions import usable_workflow


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@senders_only
def sheet_columns(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show how the person arranged the columns; a POST stores it, or resets it with `do=reset`.

    Then the person goes back to the rows `sheet`.
    """
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema, selection = cached_schema(workflow, client_for(workflow.key)), Selection.load(request.GET)
    form = ColumnsForm(schema, read_layout(request.user, workflow), request.POST if request.method == "POST" else None)
    sheet = uuid_in(request.GET.get("sheet", ""))
    grid = reverse("sheets:page", args=[sheet]) if sheet else reverse("sheets:new", args=[key_id, workflow_id])
    is_reset = request.method == "POST" and request.POST.get("do") == "reset"
    if is_reset:
        remove_layout(request.user, workflow)
    elif form.is_valid():
        store_layout(request.user, workflow, Layout(form.columns()))
    else:
        context = {
            "key": workflow.key,
            "workflow": workflow,
            "tab": "create",
            "form": form,
            "back": grid + selection.here,
        }
        return render_page(request, "entry/grid/columns.html", context, status=422 if form.is_bound else 200)
    messages.success(request, "Columns reset" if is_reset else "Columns saved")
    # With all optional fields, the page would also show those that the person hides.
    return redirect(grid + selection.query(page=selection.page or "", fields=""))


@require_POST
@signed_in
@senders_only
def sheet_pin(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Pin the text of a column, so that new rows begin with it or, with `counts`, count up from it. Or unpin it."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    name, text = request.POST.get("field", ""), request.POST.get("text", "").replace("\0", "")[:LONGEST_TEXT]
    known = next((known for known in schema.fields if known.name == name), None)
    if known is None:
        return HttpResponseBadRequest()
    counts = "counts" in request.POST
    is_pinned = pin_text(request.user, workflow, schema, name, text, counts=counts)
    said = "{field} no longer pinned"
    if is_pinned:
        said = "{field} pinned: new rows count up" if counts else "{field} pinned"
    return JsonResponse({"said": said.format(field=known.label), "pinned": is_pinned})
