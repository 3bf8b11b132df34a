from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.api_client import NotFound, PipelinesError
from pipelines_portal.saved_keys.access import client_for, usable_key
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.web.api_errors import explain
from pipelines_portal.web.rendering import render_page

from .access import opened_workflow
from .forms import OpenWorkflowForm
from .opening import open_workflow, refresh_if_old


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(keep_typed=True)
def workflow_list(request: SignedInRequest, key_id: int) -> HttpResponse:
    """The workflows this key opened, and the form that opens another."""
    key = usable_key(request.user, key_id)
    form = OpenWorkflowForm(request.POST or None, initial={"workflow": request.GET.get("open", "")})
    if request.method == "POST" and not is_restoring(request) and form.is_valid():
        return _open(request, key, form)
    return _page(request, key, form, status=422 if form.errors else 200)


def _open(request: SignedInRequest, key: SavedKey, form: OpenWorkflowForm) -> HttpResponse:
    """Whatever goes wrong, the form comes back with the ID in it."""
    workflow_id = form.cleaned_data["workflow"]
    try:
        opened = open_workflow(key, client_for(key), workflow_id)
    except NotFound:
        sentence = f"This key reaches no workflow {workflow_id}. The ID is wrong, or it is in another organization."
        form.add_error("workflow", sentence)
        return _page(request, key, form, status=422)
    except PipelinesError as error:
        words = explain(error)
        return _page(request, key, form, status=words.status, error=words, asked_for=str(workflow_id))
    return redirect("tasks:list", key.pk, opened.workflow_id)


def _page(request: SignedInRequest, key: SavedKey, form: OpenWorkflowForm, *, status: int, **more: Any) -> HttpResponse:
    context = {"key": key, "workflows": key.workflows.all(), "form": form, **more}
    return render_page(request, "workflows/list.html", context, status=status)


@require_safe
@signed_in
def workflow_fields(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Its fields as the API states them: titles, names, types, options (S111 to S113, S180)."""
    key = usable_key(request.user, key_id)
    workflow = opened_workflow(key, workflow_id)
    client = client_for(key)
    schema = client.schema(workflow_id)
    context = {"key": key, "workflow": refresh_if_old(workflow, client), "schema": schema, "tab": "fields"}
    return render_page(request, "workflows/fields.html", context)


@require_POST
@signed_in
def workflow_forget(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Take it off the list; it can be opened again at any time."""
    key = usable_key(request.user, key_id)
    opened_workflow(key, workflow_id).delete()
    return redirect("workflows:list", key.pk)
