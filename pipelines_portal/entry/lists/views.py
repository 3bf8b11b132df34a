"""The reference lists of a key, in the set-up of each of its workflows."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.entry.lists.files import (
    MOST_PROBLEMS,
    guess_columns,
    lines_of,
    list_budget,
    problems_of,
    read_list_file,
    store_file,
    stored_file,
)
from pipelines_portal.entry.lists.forms import ColumnsForm, FileForm, NameForm
from pipelines_portal.entry.lists.stored import (
    MOST_NAMED,
    Changes,
    NotStored,
    add_list,
    changes_in,
    delete_list,
    entries_of,
    missing_columns,
    rename_list,
    replace_list,
    rules_using,
    stored_list,
    workflow_names,
)
from pipelines_portal.keys.clients import client_for
from pipelines_portal.spreadsheets.downloads import table_response
from pipelines_portal.spreadsheets.limits import RowsFileError
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.web.time_budget import OutOfTime
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.lists import lists_of, matching_entries
from pipelines_portal.workflows.models import ListFile, OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.permissions import may_write_notes, require_notes_right, usable_workflow
from pipelines_portal.workflows.rules.stored import WorkflowRule

PAGE, LONGEST_QUERY = 50, 100
MOST_SAMPLES = 3


@require_safe
@signed_in
def list_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    lists = list(lists_of(workflow.key))
    rules = list(WorkflowRule.objects.filter(key=key_id, reference_list__isnull=False))
    names = workflow_names(rules) if rules else {}
    used: dict[int, set[str]] = {}
    for rule in rules:
        used.setdefault(rule.reference_list_id or 0, set()).add(names[rule.workflow_id])
    context = {
        **_context(workflow),
        "lists": [(each, sorted(used.get(each.pk, ()))) for each in lists],
        "list_count": len(lists),
        "rule_count": WorkflowRule.objects.filter(key=key_id, workflow_id=workflow_id).count(),
        "field_count": len(cached_schema(workflow, client_for(workflow.key)).fields),
        "may_write": may_write_notes(request.user, workflow),
    }
    return render_page(request, "entry/lists/list.html", context)


@require_safe
@signed_in
def list_detail(request: SignedInRequest, key_id: int, workflow_id: int, list_id: int) -> HttpResponse:
    """Show the entries, or those that begin with what is searched."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    shown = stored_list(workflow.key, list_id)
    words = request.GET.get("q", "")[:LONGEST_QUERY]
    page = Paginator(matching_entries(shown, words), PAGE).get_page(request.GET.get("page"))
    rules = rules_using(shown)
    names = workflow_names(rules) if rules else {}
    columns = _further_columns(shown)
    context = {
        **_context(workflow),
        "list": shown,
        "words": words,
        "page": page,
        "columns": columns,
        "rows": [(entry, [(name, entry.cells[place]) for place, name in columns]) for entry in page],
        "used_by": sorted({names[rule.workflow_id] for rule in rules}),
        "may_write": may_write_notes(request.user, workflow),
    }
    return render_page(request, "entry/lists/detail.html", context)


def _further_columns(shown: ReferenceList) -> list[tuple[int, str]]:
    """Return the columns besides code and name, each with its place in the cells."""
    taken = (shown.code_column, shown.name_column)
    return [(place, name) for place, name in enumerate(shown.columns) if place not in taken]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def list_upload(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Choose the file of a new list. Its columns are decided on the next page."""
    workflow = _changeable(request, key_id, workflow_id)
    return _choose_file(request, workflow, None)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def list_replace(request: SignedInRequest, key_id: int, workflow_id: int, list_id: int) -> HttpResponse:
    """Choose the file whose entries replace those of a list. The next page says what changes."""
    workflow = _changeable(request, key_id, workflow_id)
    return _choose_file(request, workflow, stored_list(workflow.key, list_id))


def _choose_file(request: SignedInRequest, workflow: OpenedWorkflow, replaced: ReferenceList | None) -> HttpResponse:
    is_sent = request.method == "POST" and not is_restoring(request)
    form = FileForm(request.POST, request.FILES) if is_sent else FileForm()
    if is_sent and form.is_valid():
        chosen = form.cleaned_data["file"]
        name = str(chosen.name or "List")
        try:
            with list_budget(request.user) as budget:
                lines = read_list_file(name, chosen.read(), budget)
        except RowsFileError as error:
            form.add_error("file", f"{error.title} {error.advice}".strip())
        except OutOfTime:
            form.add_error("file", "We can’t read it now. Try again in a minute, or save it as CSV.")
        else:
            file = store_file(workflow.key, request.user, name, lines, replaced)
            if problems_of(lines, guess_columns(lines, replaced)[0]):
                return _columns_page(request, workflow, file, is_wrong=True)
            return redirect("lists:columns", workflow.key_id, workflow.workflow_id, file.pk)
    context = {**_context(workflow), "form": form, "list": replaced}
    return render_page(request, "entry/lists/upload.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def list_columns(request: SignedInRequest, key_id: int, workflow_id: int, file_id: int) -> HttpResponse:
    """Show what the columns are and what changes. A POST shows it again, or stores the list."""
    workflow = _changeable(request, key_id, workflow_id)
    file = stored_file(workflow.key, request.user, file_id)
    if file is None:
        messages.warning(request, "You chose another file since, or a day has passed. Choose the file again.")
        return redirect("lists:list", key_id, workflow_id)
    try:
        with list_budget(request.user):
            return _columns_page(request, workflow, file)
    except OutOfTime:
        messages.warning(request, "Another page of yours is at work. Try again in a moment.")
        return redirect("lists:list", key_id, workflow_id)


def _columns_page(
    request: SignedInRequest, workflow: OpenedWorkflow, file: ListFile, *, is_wrong: bool = False
) -> HttpResponse:
    """Show the form of the columns, and what the file changes. `is_wrong`: it was just chosen, and has problems."""
    lines, replaced = lines_of(file), file.reference_list
    guess, data = guess_columns(lines, replaced), None if is_wrong else request.POST or None
    form = ColumnsForm(lines, guess, data, file_name=file.name, is_new=replaced is None)
    columns = (form.code_column, form.name_column) if form.is_bound and form.is_valid() else guess
    problems = problems_of(lines, columns[0])
    is_saved = form.is_bound and request.POST.get("do") == "save" and not is_restoring(request)
    if is_saved and form.is_valid() and not problems:
        try:
            return _stored(request, workflow, file, form)
        except NotStored as error:
            current = stored_file(workflow.key, request.user, file.pk)
            if current is None:  # the first of two presses of the button stored the list
                messages.warning(request, str(error))
                return redirect("lists:list", workflow.key_id, workflow.workflow_id)
            form.add_error(None if replaced else "name", str(error))
            replaced = current.reference_list
    has_changes = replaced is not None and not problems
    changes = changes_in(replaced, lines.columns, entries_of(lines, *columns)) if has_changes and replaced else None
    context = {
        **_context(workflow),
        "form": form,
        "file": file,
        "list": replaced,
        "line_count": len(lines.lines),
        "samples": [(name, lines.column(place)[:MOST_SAMPLES]) for place, name in enumerate(lines.columns)],
        "problems": problems[:MOST_PROBLEMS],
        "more_problems": len(problems) - MOST_PROBLEMS,
        "changes": _shown_changes(changes) if changes else [],
        "missing_columns": missing_columns(replaced, lines.columns) if replaced else [],
        "is_unchanged": changes is not None and changes.is_empty,
    }
    is_refused = is_wrong or (is_saved and (problems or form.errors))
    return render_page(request, "entry/lists/columns.html", context, status=422 if is_refused else 200)


def _stored(request: SignedInRequest, workflow: OpenedWorkflow, file: ListFile, form: ColumnsForm) -> HttpResponse:
    """Add the list, or replace the entries of one. Raise NotStored."""
    lines, columns, replaced = lines_of(file), (form.code_column, form.name_column), file.reference_list
    if replaced is None:
        stored = add_list(workflow.key, form.cleaned_data["name"], lines, *columns, request.user)
        messages.success(request, f"List added. A rule can use it now: its field is one of {stored.name}.")
    else:
        stored, seen = replaced, number_in(request.POST.get("version", "")) or 0
        replace_list(stored, seen, lines, *columns, request.user)
        messages.success(request, "List replaced. Open drafts and imports are checked again.")
    file.delete()
    return redirect("lists:detail", workflow.key_id, workflow.workflow_id, stored.pk)


def _shown_changes(changes: Changes) -> list[dict[str, Any]]:
    """Return each kind of change with its number, and the first entries."""
    kinds = (
        ("finished", "plus", "new", changes.new, " "),
        ("info", "draft", "changed", changes.changed, ": "),
        ("warning", "escalated", "gone", changes.gone, " "),
    )
    return [
        {
            "status": status, "icon": icon, "word": word, "count": len(found), "more": len(found) - MOST_NAMED,
            "named": [f"{code}{between}{said}".strip() for code, said in list(found.items())[:MOST_NAMED]],
        }
        for status, icon, word, found, between in kinds
        if found
    ]  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def list_rename(request: SignedInRequest, key_id: int, workflow_id: int, list_id: int) -> HttpResponse:
    workflow = _changeable(request, key_id, workflow_id)
    stored = stored_list(workflow.key, list_id)
    form = NameForm(request.POST or None, initial={"name": stored.name}, label_suffix="")
    if request.method == "POST" and not is_restoring(request) and form.is_valid():
        try:
            rename_list(stored, form.cleaned_data["name"], request.user)
        except NotStored as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "List renamed")
            return redirect("lists:detail", key_id, workflow_id, list_id)
    context = {**_context(workflow), "form": form, "list": stored}
    return render_page(request, "entry/lists/rename.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def list_delete(request: SignedInRequest, key_id: int, workflow_id: int, list_id: int) -> HttpResponse:
    workflow = _changeable(request, key_id, workflow_id)
    stored, refused = stored_list(workflow.key, list_id), ""
    if request.method == "POST":
        try:
            delete_list(stored, request.user)
        except NotStored as error:
            refused = str(error)
        else:
            messages.success(request, "List deleted")
            return redirect("lists:list", key_id, workflow_id)
    rules = rules_using(stored)
    used_by = sorted(set(workflow_names(rules).values())) if rules else []
    context = {**_context(workflow), "list": stored, "used_by": used_by, "refused": refused}
    return render_page(request, "entry/lists/delete.html", context, status=422 if refused else 200)


@require_safe
@signed_in
def list_export(request: SignedInRequest, key_id: int, workflow_id: int, list_id: int) -> HttpResponseBase:
    workflow = usable_workflow(request.user, key_id, workflow_id)
    stored = stored_list(workflow.key, list_id)
    rows = stored.entries.values_list("cells", flat=True).iterator(1_000)
    return table_response(request, f"list-{stored.pk}", "csv", stored.columns, rows)


def _changeable(request: SignedInRequest, key_id: int, workflow_id: int) -> OpenedWorkflow:
    """Return the workflow if the person may change its lists. Raise Http404 or NotAllowed."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    require_notes_right(request.user, workflow)
    return workflow


def _context(workflow: OpenedWorkflow) -> dict[str, Any]:
    return {"key": workflow.key, "workflow": workflow, "tab": "setup"}
