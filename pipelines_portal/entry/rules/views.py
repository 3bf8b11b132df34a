"""The rules of a workflow: read by everybody who uses it, written by those who write its instructions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.api_client import Schema
from pipelines_portal.entry.rules.forms import NoteForm, RuleForm
from pipelines_portal.entry.rules.stored import (
    NotStored,
    accepted_by_rule,
    add_rule,
    change_rule,
    delete_rule,
    history_of,
    recorded_since,
    stored_rule,
    stored_rules,
    switch_rule,
)
from pipelines_portal.entry.rules.trying import last_rows, masks_in, try_rule
from pipelines_portal.entry.signals import NoteNotSent, rule_questioned
from pipelines_portal.keys.clients import client_for
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.lists import lists_of
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import may_write_notes, require_notes_right, usable_workflow
from pipelines_portal.workflows.rules.judge import Rules
from pipelines_portal.workflows.rules.stored import WorkflowRule


@dataclass(frozen=True)
class ShownRule:
    """A rule as its sentence. `gone` are its fields that the workflow no longer has."""

    stored: WorkflowRule
    label: str
    predicate: str
    gone: list[str]
    # Of a field that is used once: since when it is checked, until earlier values are known.
    since: datetime | None = None
    # How often what it warns of was accepted in the last 30 days.
    accepted: int = 0


def _shown(
    stored: WorkflowRule, rules: Rules, since: dict[str, datetime] | None = None, accepted: int = 0
) -> ShownRule:
    rule = stored.as_rule()
    gone = sorted(rule.fields - rules.known.keys())
    checked_since = (since or {}).get(rule.field) if rule.kind == Kind.ONCE and stored.is_on else None
    return ShownRule(stored, rules.label(rule.field), rules.predicate(rule), gone, checked_since, accepted)


@require_safe
@signed_in
def rule_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    rules, stored = Rules((), schema.fields), stored_rules(workflow)
    accepted = accepted_by_rule(each for each in stored if each.is_warning)
    has_once = any(each.kind == Kind.ONCE for each in stored)
    since = recorded_since(workflow) if has_once else {}
    shown = [_shown(each, rules, since, accepted.get(each.pk, 0)) for each in stored]
    on = sum(each.stored.is_on and not each.gone for each in shown)
    context = {
        **_context(workflow),
        "rules": shown,
        "on": on,
        "off": len(shown) - on,
        "field_count": len(schema.fields),
        "rule_count": len(stored),
        "list_count": lists_of(workflow.key).count(),
        "may_write": may_write_notes(request.user, workflow),
    }
    return render_page(request, "entry/rules/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def rule_add(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the form with its try-out; a POST tries again, or adds the rule."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    require_notes_right(request.user, workflow)
    schema = cached_schema(workflow, client_for(workflow.key))
    form = RuleForm(schema, request.POST if request.method == "POST" else None, lists=list(lists_of(workflow.key)))
    if not _is_saved(request) or not form.is_valid():
        return _form_page(request, workflow, schema, form)
    try:
        added = add_rule(workflow, form.rule(), schema, request.user)
    except NotStored as error:
        form.add_error(None, str(error))
        return _form_page(request, workflow, schema, form)
    messages.success(request, "Rule added. It checks every new row from now on.")
    return _list_at(workflow, f"rule-{added.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def rule_edit(request: SignedInRequest, key_id: int, workflow_id: int, rule_id: int) -> HttpResponse:
    """Show the form of a rule; a POST tries it, or saves it as its next version."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    require_notes_right(request.user, workflow)
    stored = stored_rule(workflow, rule_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    form = RuleForm(schema, request.POST if request.method == "POST" else None, stored, list(lists_of(workflow.key)))
    if not _is_saved(request) or not form.is_valid():
        return _form_page(request, workflow, schema, form, stored)
    seen = request.POST.get("version", "")
    refused = ""
    try:
        if seen != str(stored.version) or not change_rule(workflow, stored, form.rule(), schema, request.user):
            refused = "Someone else changed this rule. Reload the page to see their version."
    except NotStored as error:
        refused = str(error)
    if refused:
        form.add_error(None, refused)
        return _form_page(request, workflow, schema, form, stored)
    messages.success(request, "Rule saved. It checks every new row from now on.")
    return _list_at(workflow, f"rule-{stored.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def rule_read(request: SignedInRequest, key_id: int, workflow_id: int, rule_id: int) -> HttpResponse:
    """Show what a rule means to those who may not change it. A POST sends a note to those who may."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    stored = stored_rule(workflow, rule_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    rules, rule = Rules((), schema.fields), stored.as_rule()
    form = NoteForm(request.POST if request.method == "POST" and not is_restoring(request) else None, label_suffix="")
    if form.is_valid():
        note, about = form.cleaned_data["note"], {"rule": stored, "sentence": rules.sentence(rule)}
        try:
            rule_questioned.send(WorkflowRule, note=note, by=request.user, workflow=workflow, **about)
        except NoteNotSent as error:
            form.add_error("note", str(error))
        else:
            messages.success(request, "Note sent. The people who can change the rule are notified.")
            return redirect("rules:list", key_id, workflow_id)
    context = {
        **_context(workflow),
        "rule": _shown(stored, rules),
        "meaning": rules.meaning(rule),
        "form": form,
        "may_write": may_write_notes(request.user, workflow),
    }
    return render_page(request, "entry/rules/read.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def rule_switch(request: SignedInRequest, key_id: int, workflow_id: int, rule_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    require_notes_right(request.user, workflow)
    stored, is_on = stored_rule(workflow, rule_id), request.POST.get("on") == "yes"
    switch_rule(workflow, stored, cached_schema(workflow, client_for(workflow.key)), request.user, is_on=is_on)
    messages.success(request, "Rule switched on" if is_on else "Rule switched off")
    return _list_at(workflow, f"switch-{stored.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def rule_delete(request: SignedInRequest, key_id: int, workflow_id: int, rule_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    require_notes_right(request.user, workflow)
    stored = stored_rule(workflow, rule_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    if request.method != "POST":
        context = {**_context(workflow), "rule": _shown(stored, Rules((), schema.fields))}
        return render_page(request, "entry/rules/delete.html", context)
    delete_rule(workflow, stored, schema, request.user)
    messages.success(request, "Rule deleted")
    return _list_at(workflow, "add-rule")


def _list_at(workflow: OpenedWorkflow, element: str) -> HttpResponse:
    """Show the list. Its fragment gives the focus to the link or button with which a person goes on."""
    return redirect(f"{reverse('rules:list', args=[workflow.key_id, workflow.workflow_id])}#{element}")


def _context(workflow: OpenedWorkflow) -> dict[str, Any]:
    return {"key": workflow.key, "workflow": workflow, "tab": "setup"}


def _is_saved(request: SignedInRequest) -> bool:
    return request.method == "POST" and request.POST.get("do") == "save" and not is_restoring(request)


def _form_page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    schema: Schema,
    form: RuleForm,
    stored: WorkflowRule | None = None,
) -> HttpResponse:
    """Show the form, the rule as a sentence, and what it would have stopped. Only saving shows what is missing."""
    is_saved, rules = _is_saved(request), Rules((), schema.fields)
    rows = last_rows(request.user, workflow)
    is_whole = form.is_bound and form.is_valid()
    rule = form.rule() if is_whole else stored.as_rule() if stored and not form.is_bound else None
    if form.is_bound and not is_saved:
        form.forget_missing()
    context = {
        **_context(workflow),
        "form": form,
        "stored": stored,
        "history": history_of(workflow, stored.pk) if stored else [],
        "since": _shown(stored, rules, recorded_since(workflow)).since if stored else None,
        "rule": rule,
        "label": rules.label(rule.field) if rule else "",
        "predicate": rules.predicate(rule) if rule else "",
        "meaning": rules.meaning(rule) if rule else "",
        "trial": try_rule(rows, rule, schema, workflow.title_field) if rule else None,
        "masks": masks_in(rows, form.chosen.field.name) if form.shown_kind == Kind.PATTERN and form.chosen else [],
    }
    status = 422 if is_saved else 200
    return render_page(request, "entry/rules/form.html", context, status=status, partials=("rule",))
