"""Save, rename and delete presets."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.entry.form.drafts import save_unsent
from pipelines_portal.entry.form.initial import misfits
from pipelines_portal.entry.form.pins import pin_posted
from pipelines_portal.entry.form.presets import (
    changeable_preset,
    forget_stored,
    name_error,
    offered_preset,
    rename_preset,
    save_preset,
)
from pipelines_portal.entry.form.views.page import form_page, form_token
from pipelines_portal.keys.clients import client_for
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import schema_of_form
from pipelines_portal.workflows.permissions import usable_workflow
from pipelines_portal.workflows.schema_form import SchemaForm


@require_POST
@signed_in
@senders_only
def preset_save(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Save what is filled in under a name. Nothing is sent."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = schema_of_form(workflow, client_for(workflow.key), request.POST.get("schema", ""))
    pin_posted(request.user, workflow, schema, request.POST)
    form = SchemaForm(schema, request.POST)
    values = form.values_so_far()
    empty = "Fill in at least one field."
    if "preset_pinned" in request.POST:
        empty = "None of the pinned fields has a value. Pin a field that does, or clear “Only pinned fields”."
        pinned = set(request.POST.getlist("keep"))
        values = {field: value for field, value in values.items() if field in pinned}
    name = request.POST.get("preset", "").strip()
    error = name_error(name) or ("" if values or form.errors else empty)
    if error or form.errors:
        shown: dict[str, Any] = {"preset_error": error, "preset_name": name, "error_title": "Preset not saved"}
        return form_page(request, workflow, form, status=422, **shown)
    is_shared = "preset_shared" in request.POST
    preset, is_new = save_preset(request.user, workflow, name, values, is_shared=is_shared)
    messages.success(request, f"Preset “{preset}” saved" if is_new else f"Preset “{preset}” replaced")
    forget_stored(workflow)
    # People who leave the page now find what they typed among the drafts.
    token = form_token(request)
    seen = save_unsent(request.user, workflow, request.POST, token) or request.POST.get("draft_seen", "")
    return form_page(request, workflow, SchemaForm.as_typed(schema, request.POST), token=token, draft_seen=seen)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
def preset_apply(request: SignedInRequest, key_id: int, workflow_id: int, preset_id: int) -> HttpResponse:
    """Show the form with the preset's values in place of what was typed into their fields."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    preset = offered_preset(request.user, workflow, preset_id)
    if request.method != "POST":  # reloaded, or a link that was copied
        return redirect(f"{reverse('new_task:create', args=[key_id, workflow_id])}?preset={preset.pk}")
    schema = schema_of_form(workflow, client_for(workflow.key), request.POST.get("schema", ""))
    form = SchemaForm.as_typed(schema, request.POST)
    form.fill_in(preset.fields)
    return form_page(request, workflow, form, left_out=misfits(schema, preset.fields))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
def preset_rename(request: SignedInRequest, key_id: int, workflow_id: int, preset_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    found = changeable_preset(request.user, workflow, preset_id)
    name = request.POST.get("name", found.name).strip()
    error = name_error(name)
    if request.method == "POST" and not error:
        if rename_preset(found, name):
            messages.success(request, f"Preset renamed to “{name}”")
            return redirect("new_task:create", key_id, workflow_id)
        error = "You already have a preset with this name. Choose another one."
    context = {"key": workflow.key, "workflow": workflow, "tab": "create"}
    context |= {"preset": found, "name": name, "error": error}
    return render_page(request, "entry/form/preset_rename.html", context, status=422 if error else 200)


@require_POST
@signed_in
@senders_only
def preset_delete(request: SignedInRequest, key_id: int, workflow_id: int, preset_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    found = changeable_preset(request.user, workflow, preset_id)
    found.delete()
    messages.success(request, f"Preset “{found.name}” deleted")
    return redirect("new_task:create", key_id, workflow_id)
