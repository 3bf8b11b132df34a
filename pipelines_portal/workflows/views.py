from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.api_client import Field
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import owned_key, usable_key
from pipelines_portal.web.error_pages import log_cause
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows import texts
from pipelines_portal.workflows.cached_schemas import cached_schema, forget_schema, why_away
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.forms import OpenWorkflowsForm
from pipelines_portal.workflows.lists import lists_of
from pipelines_portal.workflows.marks import MANY, MARKS, by_name, mark, marked_workflows
from pipelines_portal.workflows.notes import (
    SUGGEST,
    NotesForm,
    fields_without_suggestions,
    input_name,
    notes_of,
    save_notes,
)
from pipelines_portal.workflows.opening import Opening, forget_workflow, open_workflows, refresh_if_old
from pipelines_portal.workflows.permissions import (
    may_write_notes,
    opened_workflow,
    require_notes_right,
    usable_workflow,
)
from pipelines_portal.workflows.rules.stored import WorkflowRule

PAGE, MOST_HIDDEN = 20, 200


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def workflow_list(request: SignedInRequest, key_id: int) -> HttpResponse:
    """Show the workflows of the key, and the form that opens more."""
    key = usable_key(request.user, key_id)
    form = OpenWorkflowsForm(request.POST or None, initial={"workflow": request.GET.get("open", "")})
    if request.method == "POST" and not is_restoring(request) and form.is_valid():
        return _open(request, key, form)
    return _page(request, key, form, status=422 if form.errors else 200)


def _open(request: SignedInRequest, key: SavedKey, form: OpenWorkflowsForm) -> HttpResponse:
    """Open the workflows. If some could not be opened, show the form with their IDs."""
    opening = open_workflows(key, client_for(key), form.cleaned_data["workflow"], request.user)
    if opening.missing or opening.error:
        return _show_unopened(request, key, form, opening)
    if len(opening.opened) == 1:
        if opening.known:
            _show_added(request, opening)
        return redirect("tasks:list", key.pk, opening.opened[0].workflow_id)
    _show_added(request, opening)
    return redirect("workflows:list", key.pk)


def _show_added(request: SignedInRequest, opening: Opening) -> None:
    new_count = len(opening.opened) - len(opening.known)
    level = messages.SUCCESS if new_count else messages.INFO
    messages.add_message(request, level, texts.added(new_count, [workflow.name for workflow in opening.known]))


def _show_unopened(request: SignedInRequest, key: SavedKey, form: OpenWorkflowsForm, opening: Opening) -> HttpResponse:
    if opening.opened:
        request.user.refresh_from_db(fields=["sidebar_version"])  # this page's sidebar shows what was just opened
        rest = ", ".join(map(str, opening.missing + opening.not_checked))
        _show_added(request, opening)
        form = OpenWorkflowsForm({"workflow": rest})
        form.is_valid()
    if opening.missing:
        form.add_error("workflow", texts.not_found(opening.missing))
    if opening.error is None:
        return _page(request, key, form, status=422)
    words = explain(opening.error)
    not_opened = texts.not_added(opening.not_checked)
    page = _page(request, key, form, status=words.status, error=words, not_opened=not_opened)
    log_cause(request, page, opening.error)
    return page


def _page(
    request: SignedInRequest, key: SavedKey, form: OpenWorkflowsForm, *, status: int, **more: Any
) -> HttpResponse:
    context = {"key": key, "form": form, **_list(request, key), **more}
    return render_page(request, "workflows/list.html", context, partials=("workflow-table",), status=status)


def _list(request: SignedInRequest, key: SavedKey) -> dict[str, Any]:
    """Return a page of the person's list. The last page also has the hidden workflows."""
    words, start = request.GET.get("q", "")[:100], number_in(request.GET.get("from", ""), 1_000_000) or 0
    marked = marked_workflows(request.user, key, words)
    found = list(marked.in_sight().recent_first()[start : start + PAGE + 1])
    shown, is_many = found[:PAGE], start + len(found) >= MANY
    is_last = len(found) <= PAGE
    return {
        "words": words, "workflows": shown if is_many else by_name(shown), "is_many": words or start or is_many,
        "start": start,
        "next_start": "" if is_last else str(start + PAGE), "previous_start": str(max(start - PAGE, 0)),
        "hidden": list(marked.hidden()[:MOST_HIDDEN]) if is_last else [],
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def workflow_fields(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show its fields: titles, names, types, options (S111 to S113, S180); a POST saves notes about them."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    if request.method == "POST":
        require_notes_right(request.user, workflow)
    client = client_for(workflow.key)
    if not why_away(workflow):
        forget_schema(workflow)  # this page shows the fields as they are now
    schema = cached_schema(workflow, client)
    notes = notes_of(workflow)
    without = fields_without_suggestions(workflow)
    form = NotesForm(schema, notes, request.POST or None, without_suggestions=without)
    is_sent = request.method == "POST" and not is_restoring(request)
    if is_sent and form.is_valid() and save_notes(workflow, form, request.user):
        messages.success(request, "Saved")
        return redirect("workflows:fields", key_id, workflow_id)
    context = {
        "key": workflow.key,
        "workflow": refresh_if_old(workflow, client),
        "tab": "setup",
        "field_count": len(schema.fields),
        "rule_count": WorkflowRule.objects.filter(key=workflow.key_id, workflow_id=workflow_id).count(),
        "list_count": lists_of(workflow.key).count(),
        "instructions": notes.get("", ""),
        "is_away": why_away(workflow) is not None,
        "form": form,
        "may_write": may_write_notes(request.user, workflow),
        "fields": [_described(field, form, notes) | {"is_quiet": field.name in without} for field in schema.fields],
    }
    return render_page(request, "workflows/fields.html", context, status=422 if form.errors else 200)


def _described(field: Field, form: NotesForm, notes: dict[str, str]) -> dict[str, Any]:
    """Return the field with its hint and the input for it, which a field with a very long name does not have."""
    name = input_name(field.name)
    form_input = form[name] if name in form.fields else None
    kind = type_of(field)
    switch = form[SUGGEST + field.name] if SUGGEST + field.name in form.fields else None
    return {
        "remote": field,
        "format": "" if kind.format == kind.label_in_portal else kind.format,
        "type": kind.label_in_portal,
        "hint": notes.get(field.name, ""),
        "input": form_input,
        "switch": switch,
    }


@require_POST
@signed_in
def workflow_mark(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Pin or hide it in the person's own list."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    name = request.POST.get("mark", "")
    if name not in MARKS:
        return HttpResponseBadRequest("Unknown mark")
    mark(workflow, request.user, name)
    return redirect("workflows:list", key_id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
def workflow_forget(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Remove it from everyone's list. Only the owner of the key may."""
    key = owned_key(request.user, key_id)
    workflow = opened_workflow(key, workflow_id)
    if request.method != "POST":
        return render_page(request, "workflows/forget.html", {"key": key, "workflow": workflow})
    forget_workflow(workflow, request.user)
    messages.success(request, f"{workflow.name} removed for everyone")
    return redirect("workflows:list", key.pk)
