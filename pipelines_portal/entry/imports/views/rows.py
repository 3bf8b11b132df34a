"""Step 2: the result of the check, and changes of rows before they are sent."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Field
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import htmx_of, render_page
from pipelines_portal.entry.imports import texts
from pipelines_portal.entry.imports.check_page import (
    LISTS,
    MatchLine,
    RowPage,
    Selection,
    ShownRow,
    find_earlier,
    first_duplicates,
    row_page,
    show_rows,
    shown_fields,
)
from pipelines_portal.entry.imports.fixing import (
    CannotChange,
    Correction,
    Outcome,
    PostedRow,
    Replacement,
    Saved,
    change_rows,
    edit_row,
    find_rows,
    last_change,
    read_posted_rows,
    replace_in_rows,
    save_rows,
    send_anyway,
    set_aside,
    show_posted,
    take_back,
    undo_change,
)
from pipelines_portal.entry.imports.forms import value_input
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.permissions import visible_import
from pipelines_portal.entry.imports.reasons import (
    MOST_SHOWN,
    Reason,
    add_row_numbers,
    counts_by_field,
    groups_of_reason,
    groups_with_rows,
    near_choice,
    numbers_in_groups,
    reasons_in,
)
from pipelines_portal.entry.imports.row_values import RowReader
from pipelines_portal.entry.imports.views.import_job import import_context
from pipelines_portal.entry.imports.words import choices_of, is_choice
from pipelines_portal.entry.models import LONGEST_VALUE, Counts, ImportJob, ImportRow
from pipelines_portal.workflows.models import OpenedWorkflow

REASONS_SHOWN = 12
LAST_PAGE = 100_000
# Decisions about one row or a whole list: the change, its label, and the status of the rows in the list.
DECISIONS = {
    "aside": (set_aside, "set {} aside", ImportRow.Status.DUPLICATE),
    "back": (take_back, "took {} back", ImportRow.Status.SET_ASIDE),
    "twice": (send_anyway, "chose to send {} anyway", ImportRow.Status.DUPLICATE),
}
View = Callable[[SignedInRequest, OpenedWorkflow, ImportJob], HttpResponse]


@require_safe
@never_cache
@signed_in
def import_check(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    """Show counts, errors with their fixes, duplicates, and the rows to fix."""
    workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if not import_job.can_change_rows:
        return redirect(import_job)
    return _check_page(request, workflow, import_job, _selection(request.GET))


def _selection(data: Any) -> Selection:
    """Read the selection from a query string, or from a form that carries it."""
    show, page = data.get("show", ""), number_in(data.get("page", ""), LAST_PAGE)
    field = data.get("field", "").replace("\0", "")[:200]
    return Selection(show if show in LISTS else "to-fix", data.get("reason", "")[:40], field, page or 1)


def _check_page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    import_job: ImportJob,
    selection: Selection,
    *,
    status: int = 200,
    rows: RowPage | None = None,
    posted: dict[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """Render the page. `rows` replace those of the page, and `posted` is a fix that had an error."""
    schema = import_job.parsed_schema
    counts, groups = import_job.counts(), list(groups_with_rows(import_job))
    reasons = reasons_in(groups, schema)
    add_row_numbers(reasons)
    rows = rows or row_page(import_job, selection, counts, groups)
    columns = shown_fields(import_job, rows.rows)
    names = {known.name for known in columns}
    matching = Matching.load(import_job.matching)
    earlier = find_earlier(import_job, request.user, counts)
    can_rematch = request.user.may_send and not counts.sent and not counts.requested
    context = {
        **import_context(workflow, import_job),
        **_send_context(import_job, counts),
        "can_change": request.user.may_send,
        "reasons": [_with_fix(reason, posted, matching, can_rematch=can_rematch) for reason in reasons[:REASONS_SHOWN]],
        "more_reasons": [
            _with_fix(reason, posted, matching, can_rematch=can_rematch) for reason in reasons[REASONS_SHOWN:MOST_SHOWN]
        ],
        "hidden_reasons": max(len(reasons) - MOST_SHOWN, 0),
        "reason_count": len(reasons),
        "by_field": counts_by_field(reasons),
        "earlier": earlier,
        "duplicates": [] if earlier else first_duplicates(import_job),
        "matching": matching,
        "match_line": MatchLine(matching, schema),
        "can_rematch": can_rematch,
        "has_dates": any(known.type == "datetime" for known in schema.fields),
        "selection": selection,
        "last": last_change(import_job),
        "schema": schema,
        "page": rows,
        "columns": columns,
        "table": [(row, _inputs(row, names)) for row in rows.rows],
        **more,
    }
    return render_page(request, "entry/imports/check.html", context, status=status)


def _send_context(import_job: ImportJob, counts: Counts) -> dict[str, Any]:
    return {
        "counts": counts,
        "to_fix": counts.to_fix + counts.rejected,
        "requests": -(-counts.not_sent // import_job.rows_per_request),
    }


def _inputs(row: ShownRow, names: set[str]) -> list[dict[str, Any]]:
    """Return the cells of these fields with their inputs, which refer to the errors beside them."""
    shown = []
    for cell in row.cells:
        if cell.known.name in names:
            name = f"v-{row.row.number}-{cell.known.name}"
            attrs: dict[str, Any] = {"aria-label": f"{cell.known.label}, row {row.row.number:,}", "form": "fix"}
            if cell.errors:
                attrs |= {"aria-invalid": "true", "aria-describedby": f"e-{row.row.number}-{cell.known.name}"}
            shown.append({"cell": cell, "name": name, "input": value_input(cell.known, name, cell.text, **attrs)})
    return shown


def _with_fix(
    reason: Reason, posted: dict[str, str] | None, matching: Matching, *, can_rematch: bool
) -> dict[str, Any]:
    """Return a reason with the input of its fix, which shows again what was posted with an error."""
    again = posted if posted and posted["reason"] == reason.key else None
    name = f"to-{reason.key}"
    invalid: dict[str, Any] = {"aria-invalid": "true", "aria-describedby": f"{name}-error", "autofocus": True}
    text = again["to"] if again else near_choice(reason)
    widget = value_input(reason.known, name, text, **(invalid if again else {})) if reason.known else ""
    return {
        "reason": reason,
        "name": name,
        "input": widget,
        "error": again["error"] if again else "",
        "has_no_column": reason.known is not None and reason.known.name not in matching.places() and not reason.values,
        "is_resolved_by_matching": reason.is_doubt and can_rematch,
    }


def changes_rows(view: View) -> Callable[..., Any]:
    """Decorate a view that changes rows. While rows are being sent or checked, it shows a message instead."""

    @require_POST
    @signed_in
    @senders_only
    @wraps(view)
    def wrapped(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
        workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
        try:
            return view(request, workflow, import_job)
        except CannotChange as error:
            messages.error(request, str(error))
            import_job.refresh_from_db(fields=["status"])
            url = import_job.get_absolute_url()
            return HttpResponseClientRedirect(url) if htmx_of(request) else redirect(url)

    return wrapped


@changes_rows
def import_fix(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """Save the rows of a page, or the one row that a script posts."""
    posted = read_posted_rows(request.POST)
    aside = number_in(request.POST.get("aside", ""))
    saved = save_rows(import_job, request.user, posted, aside)
    if htmx_of(request):
        return _saved_row(request, workflow, import_job, posted, saved)
    if saved.stale:
        return _stale_rows(request, workflow, import_job, posted, saved)
    _add_message(request, import_job, saved.outcome, "set aside" if saved.outcome.changed == [aside] else "saved")
    return _back(import_job, _selection(request.POST))


def _stale_rows(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    import_job: ImportJob,
    posted: dict[int, PostedRow],
    saved: Saved,
) -> HttpResponse:
    rows = show_posted(import_job, posted, saved.stale)
    count = len(rows)
    messages.warning(request, texts.CHANGED_ROWS.format(rows="1 row was" if count == 1 else f"{count} rows were"))
    page = RowPage(rows, 1, count, 1)
    return _check_page(request, workflow, import_job, _selection(request.POST), status=422, rows=page)


def _saved_row(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    import_job: ImportJob,
    posted: dict[int, PostedRow],
    saved: Saved,
) -> HttpResponse:
    """Render the present row and the counts."""
    number = next(iter(posted), 0)
    found = list(import_job.rows.filter(number=number))
    rows = show_posted(import_job, posted, saved.stale) if saved.stale else show_rows(import_job, found)
    fields = shown_fields(import_job, rows)
    names = {known.name for known in fields if f"v-{number}-{known.name}" in request.POST}
    context = {
        **import_context(workflow, import_job),
        **_send_context(import_job, import_job.counts()),
        "row": rows[0] if rows else None,
        "cells": _inputs(rows[0], names) if rows else [],
        "can_change": True,
    }
    return render(request, "entry/imports/_saved_row.html", context)


@changes_rows
def import_alike(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """Change, empty or set aside all rows with the same error."""
    key, action = request.POST.get("reason", "")[:40], request.POST.get("do", "")
    groups = groups_of_reason(import_job, key)
    numbers = partial(numbers_in_groups, [group.pk for group in groups])
    if action == "aside":
        outcome = change_rows(import_job, request.user, "set {} aside", numbers, set_aside)
        _add_message(request, import_job, outcome, "set aside")
        return _back(import_job, Selection())
    schema = import_job.parsed_schema
    known = next((each for each in schema.fields if groups and each.name == groups[0].field_name), None)
    if known is None:
        _add_message(request, import_job, Outcome(), "changed")
        return _back(import_job, Selection())
    text = "" if action == "empty" else request.POST.get(f"to-{key}", "")
    fault = RowReader(schema, Matching.load(import_job.matching)).read_value(known, text)[1]
    if fault:
        posted = {"reason": key, "to": text, "error": f"{fault.message}."}
        return _check_page(request, workflow, import_job, Selection(), status=422, posted=posted)
    label = f"changed {{}} to “{text}”" if text else f"emptied {known.label} in {{}}"
    values = {known.name: text}
    correction = _correction(known, groups[0].value, text) if len(groups) == 1 else None
    outcome = change_rows(import_job, request.user, label, numbers, lambda row: edit_row(row, values), correction)
    _add_message(request, import_job, outcome, "changed")
    return _back(import_job, Selection())


def _correction(known: Field, word: str, text: str) -> Correction | None:
    """Return what the next imports learn if a word that is no choice is replaced by a choice."""
    is_word = bool(word) and len(word) < LONGEST_VALUE and not is_choice(known, word)
    return Correction(known.name, word, text) if is_word and text in dict(choices_of(known)) else None


@changes_rows
def import_replace(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """Show how many rows a replacement changes, or make it if that was shown."""
    selection = _selection(request.POST)
    replacement = _read_replacement(request, import_job)
    if replacement is None:
        messages.error(request, texts.CHOOSE_COLUMN)
        return _back(import_job, selection)
    if "replace" not in request.POST:
        found = len(find_rows(import_job, replacement))
        return _check_page(request, workflow, import_job, selection, replacement=replacement, found=found)
    outcome = replace_in_rows(import_job, request.user, replacement)
    _add_message(request, import_job, outcome, "changed", texts.NOT_FOUND)
    return _back(import_job, selection)


def _read_replacement(request: SignedInRequest, import_job: ImportJob) -> Replacement | None:
    """Return None without a column, and for an empty text in parts of cells, which would be found everywhere."""
    posted = request.POST
    fields = import_job.parsed_schema.fields
    known = next((each for each in fields if each.name == posted.get("column")), None)
    find, is_whole_cell = posted.get("find", ""), posted.get("how") != "part"
    if known is None or not (find or is_whole_cell):
        return None
    return Replacement(known, find, posted.get("put", ""), is_whole_cell, "case" in posted)


@changes_rows
def import_choose(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """Set one row or all duplicates aside, take them back, or send them anyway."""
    change, label, status = DECISIONS.get(request.POST.get("do", ""), DECISIONS["aside"])
    number = number_in(request.POST.get("number", ""))

    def numbers() -> list[int]:
        listed = import_job.rows.filter(status=status).order_by("number")
        return [number] if number is not None else list(listed.values_list("number", flat=True))

    _add_message(request, import_job, change_rows(import_job, request.user, label, numbers, change), "changed")
    return _back(import_job, _selection(request.POST))


@changes_rows
def import_undo(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    outcome = undo_change(import_job, number_in(request.POST.get("number", "")) or 0)
    if outcome is None:
        messages.warning(request, texts.NOT_UNDONE)
    else:
        _add_message(request, import_job, outcome, "put back")
    return _back(import_job, _selection(request.POST))


def _add_message(
    request: SignedInRequest, import_job: ImportJob, outcome: Outcome, verb: str, nothing: str = texts.ALREADY_FIXED
) -> None:
    counts, count = import_job.counts(), len(outcome.changed)
    if not count and not outcome.sent:
        messages.info(request, nothing if verb != "saved" else "Nothing was changed.")
        return
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    left = counts.to_fix + counts.rejected
    sent = _sent_message(outcome.sent)
    messages.success(request, f"{rows} {verb}. {left:,} to fix, {counts.ready:,} ready.{sent}")


def _sent_message(count: int) -> str:
    if count == 1:
        return " 1 row stays as it is: it was sent meanwhile."
    return f" {count:,} rows stay as they are: they were sent meanwhile." if count else ""


def _back(import_job: ImportJob, selection: Selection) -> HttpResponse:
    """Redirect to the same list and page."""
    page = f"page={selection.page}" if selection.page > 1 else ""
    query = "&".join(filter(None, (selection.query, page)))
    address = reverse("imports:check", args=[import_job.key_id, import_job.workflow_id, import_job.pk])
    return redirect(f"{address}?{query}" if query else address)
