"""Changes of rows before they are sent: one as a form, or many at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Field
from pipelines_portal.core.unicode_forms import without_format_marks
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import LONGEST_VALUE, ErrorGroup, Row, Sheet
from pipelines_portal.entry.rows.accepting import MOST_UNSEEN, accept_warnings, rule_of, seen_mark
from pipelines_portal.entry.rows.cells import (
    RowTexts,
    ShownRow,
    plain_line_ends,
    show_rows,
    stored_text,
    value_input,
)
from pipelines_portal.entry.rows.corrections import create_corrected_copies
from pipelines_portal.entry.rows.duplicates import duplicates_to_decide
from pipelines_portal.entry.rows.fixing import (
    Correction,
    FixOutcome,
    change_rows,
    edit_row,
    redo_change,
    send_anyway,
    skip_row,
    undo_change,
    undo_skip,
)
from pipelines_portal.entry.rows.page import import_context, tray_context
from pipelines_portal.entry.rows.reasons import (
    groups_of_reason,
    numbers_in_groups,
)
from pipelines_portal.entry.rows.replacing import LONGEST_PART, Replacement, find_rows, replace_in_rows
from pipelines_portal.entry.rows.row_list import MOST_IN_PAGE, next_error, page_of_row
from pipelines_portal.entry.rows.saving import read_posted_forms, save_rows, show_posted
from pipelines_portal.entry.rows.selection import Selection
from pipelines_portal.entry.sheets.views.loading import changes_import, loads_import
from pipelines_portal.entry.sheets.views.page import grid_page
from pipelines_portal.matching.columns import Matching
from pipelines_portal.submissions.acceptances import LONGEST_REASON
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import is_part_of_page, render_page
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.judge import Rule

LARGEST_NUMBER = 2**31 - 1
# Decisions about one row or all of them: the change, its label and its message.
DECISIONS = {
    "back": (undo_skip, "Restore rows", texts.rows_restored),
    "twice": (send_anyway, "Include duplicates", texts.rows_updated),
}


@require_safe
@never_cache
@signed_in
@senders_only
@loads_import
def sheet_row(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, number: int) -> HttpResponse:
    """Show one row as a form, for people without the grid, and for long texts."""
    if not sheet.can_change_rows:
        return redirect(sheet)
    rows = list(sheet.rows.filter(number=number))
    if not rows:
        raise Http404
    return _row_page(request, workflow, sheet, show_rows(sheet, rows)[0])


def _row_page(
    request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, row: ShownRow, *, status: int = 200
) -> HttpResponse:
    context = import_context(request, workflow, sheet) | {"row": row, "cells": _inputs(row)}
    return render_page(request, "entry/grid/row.html", context, status=status)


def _inputs(row: ShownRow) -> list[dict[str, Any]]:
    """Return the cells with their inputs, the required ones first."""
    shown = []
    for cell in sorted(row.cells, key=lambda cell: not cell.known.required):
        name = f"v-{row.row.number}-{cell.known.name}"
        attrs: dict[str, Any] = {"dir": "auto"}
        if cell.problems:
            attrs |= {"aria-invalid": "true", "aria-describedby": f"{name}-error"}
        shown.append({"cell": cell, "name": name, "input": value_input(cell.known, name, cell.text, **attrs)})
    return shown


@changes_import
def sheet_fix(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Save the form of a row, or skip the row."""
    posted = read_posted_forms(request.POST)
    saved = save_rows(sheet, request.user, posted)
    if saved.stale:
        messages.warning(
            request, "Someone else just edited this row. Your text is still here: compare, then save again."
        )
        row = show_posted(sheet, posted, saved.stale)[0]
        return _row_page(request, workflow, sheet, row, status=422)
    for problem in saved.problems:
        messages.warning(request, problem)
    skipped = [row.number for row in posted if row.is_skipped]
    done = texts.rows_skipped if saved.outcome.changed == skipped else texts.rows_updated
    _add_message(request, sheet, saved.outcome, done, "No changes")
    return _back(sheet, Selection.load(request.POST))


@changes_import
def sheet_alike(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Change, empty or skip all rows with the same error, or make them corrected copies."""
    key, action = request.POST.get("reason", "")[:40], request.POST.get("do", "")
    here = replace(Selection.load(request.POST), reason="")
    groups = groups_of_reason(sheet, key)
    numbers = numbers_in_groups([group.pk for group in groups])
    if action == "aside":
        outcome = change_rows(sheet, request.user, texts.SKIP_ROWS, numbers, skip_row)
        _add_message(request, sheet, outcome, texts.rows_skipped)
        return _back(sheet, here)
    if action == "copy":
        one = number_in(request.POST.get("number", ""), LARGEST_NUMBER)
        outcome = create_corrected_copies(sheet, request.user, [one] if one else numbers)
        _add_message(request, sheet, outcome, texts.copies_created)
        return _back(sheet, here)
    schema = sheet.parsed_schema
    known = next((each for each in schema.fields if groups and each.name == groups[0].field_name), None)
    if known is None:
        _add_message(request, sheet, FixOutcome())
        return _back(sheet, here)
    text = "" if action == "empty" else request.POST.get("answer", request.POST.get(f"to-{key}", ""))
    text = stored_text(known, text, None if sheet.is_typed else Matching.load(sheet.matching))
    if problem := sheet.row_reader().read_value(known, text).problem:
        error = "Choose a replacement first." if problem.is_missing else problem.sentence
        posted = {"reason": key, "to": text, "error": error}
        if is_part_of_page(request):
            return _remedy_again(request, workflow, sheet, here, posted)
        return grid_page(request, workflow, sheet, here, status=422, posted=posted)
    label = f"Clear {known.label}"
    if text:
        label = f"Replace with “{type_of(known).label_of(text)}”"
    values = {known.name: text}
    is_word = len(groups) == 1 and not groups[0].problem.is_warning
    correction = _correction(known, groups[0].value, text) if is_word else None
    outcome = change_rows(sheet, request.user, label, numbers, lambda row: edit_row(row, values), correction)
    _add_message(request, sheet, outcome)
    return _back(sheet, here)


@changes_import
def sheet_accept(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Accept a warning in one row, or in the rows that the page has shown."""
    posted, key = request.POST, request.POST.get("reason", "")[:40]
    here = Selection.load(posted) if posted.get("first") else replace(Selection.load(posted), reason="")
    groups = groups_of_reason(sheet, key)
    rule = rule_of(sheet, groups)
    if rule is None:
        _add_message(request, sheet, FixOutcome())
        return _back(sheet, replace(here, reason=""))
    reason = posted.get("why", "").strip()[:LONGEST_REASON]
    if rule.needs_reason and not without_format_marks(reason).strip():
        again = {"reason": key, "error": "Enter a reason."}
        if is_part_of_page(request):
            return _remedy_again(request, workflow, sheet, here, again)
        return grid_page(request, workflow, sheet, here, status=422, posted=again)
    one = None if "all" in posted else number_in(posted.get("number", ""), LARGEST_NUMBER)
    numbers = _seen_row(sheet, request, rule, one) if one else _seen_rows(sheet, request, rule, groups)
    if numbers is None:
        messages.warning(request, "Not accepted: these rows or the rule have changed. Look at them again.")
        return _back(sheet, here)
    if not one and len(numbers) > MOST_UNSEEN and not posted.get("first"):
        messages.warning(
            request, f"Not accepted: there are more than {MOST_UNSEEN} rows. Press Show to see them first."
        )
        return _back(sheet, here)
    outcome = accept_warnings(sheet, request.user, rule, numbers, reason)
    _add_message(request, sheet, outcome, texts.rows_accepted)
    # On to the next.
    following = next_error(sheet, one - 1) if one and not here.show else None
    return _back(sheet, here, at=following)


def _seen_row(sheet: Sheet, request: SignedInRequest, rule: Rule, number: int) -> list[int] | None:
    """Return the row if its cell still has the text that the page showed, and the rule is the same. Else None."""
    row = sheet.rows.filter(number=number).first()
    known = next((each for each in sheet.parsed_schema.fields if each.name == rule.field), None)
    if row is None or known is None or request.POST.get("version") != str(rule.version):
        return None
    present = plain_line_ends(RowTexts(sheet).text(known, row))
    return [number] if plain_line_ends(request.POST.get("value", "")) == present else None


def _seen_rows(sheet: Sheet, request: SignedInRequest, rule: Rule, groups: list[ErrorGroup]) -> list[int] | None:
    """Return the rows that the page named or showed, or None if they or the rule are others by now."""
    first, last = (number_in(request.POST.get(name, ""), LARGEST_NUMBER) for name in ("first", "last"))
    numbers = numbers_in_groups([group.pk for group in groups])
    if first and last:
        numbers = numbers.filter(number__range=(first, last))
    found = list(numbers[: MOST_IN_PAGE + 1])
    if len(found) > MOST_UNSEEN and not first:
        return found
    rows = sheet.rows.filter(number__in=found).defer("cells", "fields")
    return found if seen_mark(rule, rows) == request.POST.get("seen") else None


def _remedy_again(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    sheet: Sheet,
    here: Selection,
    posted: dict[str, str],
) -> HttpResponse:
    """Return the form of a remedy that had an error. Everything else on the page stays as it is."""
    context = tray_context(request, workflow, sheet, sheet.counts(), posted=posted)
    more = {"issue": context["issues"][0], "selection": here}
    return _in_place(request, "entry/grid/_issue.html", context | more, f"#issue-{posted['reason']}", status=422)


def _in_place(
    request: SignedInRequest, template: str, context: dict[str, Any], selector: str, *, status: int = 200
) -> HttpResponse:
    response = render(request, template, context, status=status)
    response["HX-Retarget"], response["HX-Reswap"], response["HX-Push-Url"] = selector, "outerHTML", "false"
    return response


def _correction(known: Field, word: str, text: str) -> Correction | None:
    """Return what the next imports learn if a word that is no choice is replaced by a choice."""
    kind = type_of(known)
    is_word = bool(word) and len(word) < LONGEST_VALUE and not kind.is_choice(word)
    return Correction(known.name, word, text) if is_word and text in dict(kind.choices) else None


@changes_import
def sheet_replace(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Show how many rows a replacement changes, or make it if that was shown."""
    selection = Selection.load(request.POST)
    replacement = _read_replacement(request, sheet)
    if replacement is None:
        messages.error(request, "Select a column and enter what to find.")
        return _back(sheet, selection)
    if not replacement.is_whole_cell and max(len(replacement.find), len(replacement.put)) > LONGEST_PART:
        messages.error(request, f"Enter at most {LONGEST_PART:,} characters to find and replace in a part of the cell.")
        return _back(sheet, selection)
    if "replace" not in request.POST:
        found = len(find_rows(sheet, replacement))
        if is_part_of_page(request):
            shown = {"schema": sheet.parsed_schema, "selection": selection, "found": found}
            context = import_context(request, workflow, sheet) | shown | {"replacement": replacement}
            return _in_place(request, "entry/imports/_replace.html", context, "#replace")
        return grid_page(request, workflow, sheet, selection, replacement=replacement, found=found)
    outcome = replace_in_rows(sheet, request.user, replacement)
    _add_message(request, sheet, outcome, nothing="No row contains this.")
    return _back(sheet, selection)


def _read_replacement(request: SignedInRequest, sheet: Sheet) -> Replacement | None:
    """Return None without a column, and for an empty text in parts of cells, which would be found everywhere."""
    posted = request.POST
    fields = sheet.parsed_schema.fields
    known = next((each for each in fields if each.name == posted.get("column")), None)
    find, is_whole_cell = posted.get("find", ""), posted.get("how") != "part"
    if known is None or not (find or is_whole_cell):
        return None
    return Replacement(known, find, posted.get("put", ""), is_whole_cell, "case" in posted)


@changes_import
def sheet_choose(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Restore a skipped row, or include a duplicate. Without `number`, do so for all of them."""
    decision, number = request.POST.get("do", ""), number_in(request.POST.get("number", ""))
    if decision not in DECISIONS or (number is None and "number" in request.POST):
        return HttpResponseBadRequest()
    change, label, done = DECISIONS[decision]
    skipped = sheet.rows.filter(status=Row.Status.SKIPPED).order_by("number")
    rows = duplicates_to_decide(sheet) if decision == "twice" else skipped
    numbers = rows.values_list("number", flat=True) if number is None else [number]
    outcome = change_rows(sheet, request.user, label, numbers, change)
    _add_message(request, sheet, outcome, done)
    return _back(sheet, Selection.load(request.POST))


@changes_import
def sheet_undo(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    outcome = undo_change(sheet, number_in(request.POST.get("number", "")) or 0)
    return _swapped(request, sheet, outcome, "Undone", texts.not_undone)


@changes_import
def sheet_redo(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    outcome = redo_change(sheet, number_in(request.POST.get("number", "")) or 0)
    return _swapped(request, sheet, outcome, "Redone", texts.not_done_again)


def _swapped(
    request: SignedInRequest,
    sheet: Sheet,
    outcome: FixOutcome | None,
    done: str,
    not_done: Callable[[int], str],
) -> HttpResponse:
    """Say that a change was undone or made again, or why not."""
    if outcome is None:
        messages.warning(request, "Can’t undo: there’s a newer change.")
    elif outcome.changed:
        messages.success(request, done)
        if outcome.sent:
            messages.info(request, texts.rows_already_sent(outcome.sent))
    elif outcome.sent:
        messages.warning(request, not_done(outcome.sent))
    else:
        _add_message(request, sheet, outcome)
    return _back(sheet, Selection.load(request.POST))


def _add_message(
    request: SignedInRequest,
    sheet: Sheet,
    outcome: FixOutcome,
    done: Callable[[int], str] = texts.rows_updated,
    nothing: str = "Not changed. Someone else has already fixed these rows.",
) -> None:
    counts, count = sheet.counts(), len(outcome.changed)
    if not count and not outcome.sent:
        messages.info(request, nothing)
        return
    if not count:
        messages.info(request, texts.rows_already_sent(outcome.sent))
        return
    parts = [done(count), *([texts.errors_left(counts.errors)] if counts.errors else [])]
    parts.append(texts.READY.format(count=counts.ready))
    if outcome.sent:
        parts.append(texts.rows_already_sent(outcome.sent))
    messages.success(request, " · ".join(parts))


def _back(sheet: Sheet, selection: Selection, *, at: int | None = None) -> HttpResponse:
    """Redirect to the same rows and page, or to the page with the row `at`, which takes the focus."""
    address = reverse("sheets:page", args=[sheet.pk])
    if at:
        page = page_of_row(sheet, at, sheet.counts())
        return redirect(f"{address}{selection.query(page=page, at=at)}")
    return redirect(f"{address}{selection.here if selection.here != '?' else ''}")
