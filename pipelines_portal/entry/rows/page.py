"""What the pages of rows show: the grid, and under it the errors with their remedies, and the duplicates."""

import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.core import notation
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.permissions import can_type, can_use_key
from pipelines_portal.entry.rows.accepting import MOST_UNSEEN, rows_by_group, seen_mark
from pipelines_portal.entry.rows.cells import value_input
from pipelines_portal.entry.rows.duplicates import count_unchanged_copies, duplicates_in
from pipelines_portal.entry.rows.fixing import last_change, next_redo
from pipelines_portal.entry.rows.layout import NO_LAYOUT, Layout
from pipelines_portal.entry.rows.reasons import (
    MOST_SHOWN,
    Reason,
    add_row_numbers,
    errors_by_field,
    groups_with_rows,
    near_choice,
    reasons_in,
)
from pipelines_portal.entry.rows.row_list import grid_of, read_rows, sorted_fields
from pipelines_portal.entry.rows.saving import SavedRows
from pipelines_portal.entry.rows.selection import Selection, chips_of_grid
from pipelines_portal.entry.rows.typed import count_shown
from pipelines_portal.entry.statuses import RowCounts
from pipelines_portal.matching.match_line import MatchLine
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.workflows.fields.questions import likely_first
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import BROKEN, WARNING
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import notes_of
from pipelines_portal.workflows.permissions import may_write_notes
from pipelines_portal.workflows.rules.judge import Rule

# The rules of an import by number and field: one of codes has parts about further fields.
RulesByField = dict[tuple[int, str], Rule]
# So many lines stand under the grid. The others are in a menu.
MOST_LINES = 2
# A row with so many errors that no other row has gets one line for them.
MANY_ERRORS = 3


def import_context(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> dict[str, Any]:
    """Return what all pages of an import need."""
    return {
        "key": workflow.key,
        "workflow": workflow,
        "tab": "create",
        "sheet": sheet,
        "is_key_lost": not can_use_key(sheet),
        "can_type": can_type(sheet, request.user),
    }


def grid_context(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    sheet: Sheet,
    selection: Selection,
    *,
    pinned: Iterable[str] = (),
    layout: Layout = NO_LAYOUT,
    posted: dict[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return what the grid shows. `posted` is a remedy that had an error."""
    counts = sheet.counts()
    groups = list(groups_with_rows(sheet)) if counts.errors or counts.to_look else []
    notes = notes_of(workflow)
    grid = grid_of(sheet, selection, counts, groups, pinned, notes, layout)
    context = tray_context(request, workflow, sheet, counts, groups=groups, posted=posted)
    for issue in (*context["issues"], *context["more_issues"]):
        if issue["kind"] == "warning" and issue["reason"].key == selection.reason and grid.rows:
            shown = (grid.rows[0].row.number, grid.last_number)
            mark = seen_mark(issue["rule"], [each.row for each in grid.rows]) if issue["rule"] else ""
            issue |= {"is_unseen": False, "shown": shown, "count": len(grid.rows), "seen": mark}
    matching = context["matching"]
    is_all = not (selection.show or selection.reason or selection.field)
    listed = grid.total if is_all else count_listed(sheet, counts)
    return {
        **context,
        "grid": grid,
        "at": request.GET.get("at", "")[:10],
        "selection": selection,
        "chips": chips_of_grid(selection, counts, listed, context["copy_count"]),
        "match_line": None if sheet.is_typed else MatchLine(matching, sheet.parsed_schema),
        "has_dates": any(type_of(known).is_time for known in sheet.parsed_schema.fields),
        "last": last_change(sheet),
        "redo": next_redo(sheet),
        "schema": sheet.parsed_schema,
        "instructions": notes.get("", ""),
        **more,
    }


def saved_answer(
    request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, saved: SavedRows, **more: Any
) -> HttpResponse:
    """Return the rows that were saved, as the script of the grid puts them into the page.

    `sheet` has the columns that were written. `more` has what only the grid of typed rows shows.
    """
    counts, rows = sheet.counts_as_read, read_rows(sheet, saved.numbers)
    selection, change = Selection.load(request.GET), saved.outcome.change
    shown, more["next_number"] = count_shown(sheet) if sheet.is_typed else (counts.total, "")
    gone = sorted(set(saved.numbers) - {row.row.number for row in rows if row.row.status != Row.Status.UNCHECKED})
    tray = tray_context(request, workflow, sheet, counts)
    context = {
        **tray,
        "rows": [row for row in rows if row.row.number not in gone],
        "gone": gone,
        "names": json.dumps([known.name for known in sorted_fields(sheet.parsed_schema)]),
        "moved": saved.moved,
        "problems": saved.problems,
        # A new change is the next to be undone, and leaves nothing to be made again.
        "last": change or last_change(sheet),
        "redo": None if change else next_redo(sheet),
        "selection": selection,
        "said": "",
        "headed": "",
        "told": "",
        "elsewhere": [],
        "chips": chips_of_grid(selection, counts, shown, tray["copy_count"]),
        **more,
    }
    return render(request, "entry/grid/_saved.html", context)


def count_listed(sheet: Sheet, counts: RowCounts) -> int:
    """Return how many rows the grid lists: of typed rows, those of earlier days are left out."""
    return count_shown(sheet)[0] if sheet.is_typed else counts.total


def tray_context(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    sheet: Sheet,
    counts: RowCounts,
    *,
    groups: list[Any] | None = None,
    posted: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return what stands under the grid: errors with their remedies, duplicates, and what can be created."""
    schema = sheet.parsed_schema
    reasons: list[Reason] = []
    if counts.errors or counts.to_look:
        groups = list(groups_with_rows(sheet)) if groups is None else groups
        reasons = reasons_in(groups, schema, is_typed=sheet.is_typed)
        add_row_numbers(reasons)
    reader, rules = sheet.row_reader(), {(rule.pk, rule.field): rule for rule in sheet.rules}
    can_rematch = request.user.may_send and not sheet.is_typed and not counts.sent and not counts.requested
    copies = count_unchanged_copies(sheet) if counts.duplicate else 0
    missing = _missing_codes(request, workflow, reasons, rules)
    fixes = [
        _with_acceptance(reason, posted, rules)
        if reason.is_warning
        else {"kind": "used", "reason": reason, "error": ""}
        if reason.is_used_by_task
        else _with_fix(reason, posted, reader, can_rematch=can_rematch)
        | {"is_to_type": sheet.is_typed and reason.is_missing and reason.count == 1}
        | {"missing_codes": missing.get(reason.key, ())}
        for reason in reasons[:MOST_SHOWN]
    ]
    _mark_seen(sheet, fixes)
    issues = [*([{"kind": "copies"}] if copies else []), *_in_lines(fixes)]
    if counts.duplicate > copies:
        issues.append({"kind": "duplicates"})
    posted_first = sorted(issues, key=lambda issue: not issue.get("error"))
    return {
        **import_context(request, workflow, sheet),
        "counts": counts,
        "can_change": request.user.may_send,
        "issues": posted_first[:MOST_LINES],
        "more_issues": posted_first[MOST_LINES:],
        # A glance at a large file: which columns have errors.
        "errors_by_field": errors_by_field(groups or (), schema) if len(reasons) > MOST_LINES else [],
        "hidden_reasons": max(len(reasons) - MOST_SHOWN, 0),
        "copy_count": copies,
        "duplicate_count": counts.duplicate - copies,
        "duplicates": duplicates_in(sheet, counts.duplicate - copies),
        "matching": reader.matching,
        "can_rematch": can_rematch,
    }


def _missing_codes(
    request: SignedInRequest, workflow: OpenedWorkflow, reasons: list[Reason], rules: RulesByField
) -> dict[str, list[str]]:
    """Return the codes, by reason, that are not in a list, for people who can only ask to add them."""
    with_list = {f"{BROKEN}{rule.pk}" for rule in rules.values() if rule.codes}
    found = {reason.key: reason.values for reason in reasons if reason.kind in with_list and reason.known}
    return found if found and not may_write_notes(request.user, workflow) else {}


def _in_lines(fixes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each reason, and a single one for a row with many errors of its own.

    A reason without rows has lost them to another window since it was read.
    """
    fixes = [fix for fix in fixes if fix["reason"].numbers]
    by_row: dict[int, list[Reason]] = {}
    for fix in fixes:
        if fix["kind"] == "reason" and fix["reason"].count == 1 and not fix["error"]:
            by_row.setdefault(fix["reason"].numbers[0], []).append(fix["reason"])
    lines = []
    for fix in fixes:
        reason = fix["reason"]
        own = by_row.get(reason.numbers[0], []) if reason.count == 1 and not fix["error"] else []
        if len(own) < MANY_ERRORS or reason not in own:
            lines.append(fix)
        elif reason is own[0]:
            labels = [each.label for each in own]
            lines.append({"kind": "row", "number": reason.numbers[0], "labels": labels, "reason": reason})
    return lines


def _mark_seen(sheet: Sheet, fixes: list[dict[str, Any]]) -> None:
    """Add to the lines of a few warnings what tells whether these rows are still the same."""
    few = [fix for fix in fixes if fix["kind"] == "warning" and fix["rule"] and not fix["is_unseen"]]
    if not few:
        return
    rows = rows_by_group(sheet, [group for fix in few for group in fix["reason"].groups])
    for fix in few:
        fix["seen"] = seen_mark(fix["rule"], [row for group in fix["reason"].groups for row in rows.get(group, ())])


def _with_acceptance(reason: Reason, posted: dict[str, str] | None, rules: RulesByField) -> dict[str, Any]:
    """Return a warning of many rows, and whether accepting it takes a reason. More than a few are shown first."""
    rule = rules.get((int(reason.kind.removeprefix(WARNING)), reason.known.name if reason.known else ""))
    again = posted if posted and posted["reason"] == reason.key else None
    return {
        "kind": "warning",
        "reason": reason,
        "rule": rule,
        "seen": "",
        "needs_reason": bool(rule and rule.needs_reason),
        # What a list has in its place, if it is the same in all of the rows.
        "listed": reason.values[0] if len(reason.groups) == len(reason.values) == 1 else "",
        "is_unseen": reason.count > MOST_UNSEEN,
        # The first and the last row of the page that shows them, and how many it shows.
        "shown": (),
        "count": reason.count,
        "error": again["error"] if again else "",
        "is_to_type": False,
    }


def _with_fix(reason: Reason, posted: dict[str, str] | None, reader: RowReader, *, can_rematch: bool) -> dict[str, Any]:
    """Return a reason with the input of its fix, which shows again what was posted with an error.

    If all rows have the same text with two meanings, these are its answers.
    """
    matching = reader.matching
    one = reason.values[0] if reason.known and len(reason.groups) == len(reason.values) == 1 else ""
    problem = reader.read_value(reason.known, one).problem if reason.known and one else None
    is_question = problem is not None and problem.kind == reason.kind
    answers = likely_first(problem, notation.likely()) if problem and is_question else []
    again = posted if posted and posted["reason"] == reason.key else None
    name = f"to-{reason.key}"
    invalid: dict[str, Any] = {"aria-invalid": "true", "aria-describedby": f"{name}-error", "autofocus": True}
    text = again["to"] if again else near_choice(reason)
    widget = value_input(reason.known, name, text, **(invalid if again else {})) if reason.known else ""
    is_optional = reason.known is not None and not reason.known.required and bool(reason.values)
    return {
        "kind": "reason",
        "reason": reason,
        "name": name,
        "input": widget,
        "error": again["error"] if again else "",
        "has_no_column": reason.known is not None and reason.known.name not in matching.places() and not reason.values,
        # One text for values of many kinds would be wrong for most of them.
        "has_one_remedy": bool(reason.known) and (reason.is_missing or bool(one)),
        "can_be_cleared": is_optional and not answers and not (reason.is_doubt and can_rematch),
        "is_resolved_by_matching": reason.is_doubt and can_rematch,
        "answers": answers,
    }
