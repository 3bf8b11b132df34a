"""Match the columns of a file with fields, where the portal did not, and read the file another way."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.preferences import possible_zones
from pipelines_portal.api_client import Schema
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.forms import ASIDE, FIELD, ColumnChoice, MatchForm, ReadingForm
from pipelines_portal.entry.imports.jobs import work_if_small
from pipelines_portal.entry.imports.proposals import (
    blocks_of,
    choose_header,
    forget_and_check,
    match_again,
    match_columns,
    offer_fields,
    read_again,
    settle_matching,
    stored_matching,
)
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.permissions import require_key
from pipelines_portal.entry.rows.cells import value_input
from pipelines_portal.entry.rows.page import import_context
from pipelines_portal.entry.sheets.views.loading import changes_import, loads_import
from pipelines_portal.keys.clients import client_for
from pipelines_portal.matching.columns import NO_HEADER
from pipelines_portal.matching.proposals import HEADER_LINES, rows_below
from pipelines_portal.spreadsheets.cells import Lines, text_of
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.models import OpenedWorkflow

PREVIEWED, SAMPLES = 10, 3


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@loads_import
def sheet_match(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Show the first rows and what each column is, or settle the columns."""
    if sheet.status != Sheet.Status.MATCHING:
        return redirect(sheet)
    schema = _schema(workflow, sheet)
    lines = next(blocks_of(sheet)(), [])
    stored = stored_matching(sheet, schema)
    offered, zones = offer_fields(sheet, schema, stored), possible_zones(request)
    form = MatchForm(schema, stored, offered, lines, request.POST or None, zones[0] if zones else "")
    if request.method == "POST":
        return _post(request, workflow, sheet, form, lines)
    return _page(request, workflow, sheet, form, lines)


@senders_only
def _post(
    request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, form: MatchForm, lines: Lines
) -> HttpResponse:
    """Settle the columns, or show the page again with everything that was posted and a field that was offered."""
    if request.POST.get("seen") != sheet.version:
        messages.warning(request, texts.IMPORT_CHANGED)
        return redirect(sheet)
    if taken := request.POST.get("take", ""):
        place, _, name = taken.partition(":")
        form.choose_offer(place, name)
        return _page(request, workflow, sheet, form, lines)
    if not form.is_valid():
        return _page(request, workflow, sheet, form, lines, status=422)
    if not settle_matching(sheet, form.schema, form.matching):
        messages.warning(request, texts.IMPORT_CHANGED)
    work_if_small(sheet, request.user)
    return redirect(sheet)


@changes_import
def sheet_reread(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Read the file with another encoding, separator or sheet, or choose another header line."""
    form = ReadingForm(request.POST)
    line = number_in(request.POST.get("header_line", ""), HEADER_LINES)
    if (
        sheet.status not in (Sheet.Status.MATCHING, Sheet.Status.UNREADABLE)
        or request.POST.get("seen") != sheet.version
    ):
        messages.warning(request, texts.IMPORT_CHANGED)
    elif not form.is_valid():
        messages.error(request, "Select the encoding and the separator from their lists.")
    elif sheet.status == Sheet.Status.UNREADABLE or _differs(sheet, form.options()):
        _read_again(request, sheet, form.options())
    elif line is not None and not choose_header(sheet, _schema(workflow, sheet), line - 1):
        messages.warning(request, texts.IMPORT_CHANGED)
    sheet.refresh_from_db(fields=["status"])
    return redirect(sheet)


def _read_again(request: SignedInRequest, sheet: Sheet, options: dict[str, str]) -> None:
    if read_again(sheet, options):
        work_if_small(sheet, request.user)
    else:
        messages.warning(request, texts.IMPORT_CHANGED)


def _differs(sheet: Sheet, options: dict[str, str]) -> bool:
    """Return whether an option differs from how the file was read."""
    return any(text and text != sheet.reading_result.get(name) for name, text in options.items())


@changes_import
def sheet_rematch(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Return from the check to the columns, unless fields were chosen there. What was typed into rows stays."""
    places = range(len(sheet.matching.get("columns", [])))
    chosen = {place: name for place in places if (name := request.POST.get(f"column-{place}", ""))}
    if not match_again(sheet):
        why = "Typed rows have no columns to edit." if sheet.is_typed else "Rows were already sent with them."
        messages.warning(request, f"The columns can’t be changed. {why}")
    elif chosen and match_columns(sheet, chosen):
        work_if_small(sheet, request.user)
    return redirect(sheet)


@changes_import
def sheet_forget(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Forget a word that was learned, and check the rows without it."""
    field, word = (request.POST.get(name, "") for name in ("field", "word"))
    if forget_and_check(sheet, field, word):
        work_if_small(sheet, request.user)
    else:
        messages.warning(request, "Not undone. Rows were sent, or this import has just changed.")
    return redirect(sheet)


def _schema(workflow: OpenedWorkflow, sheet: Sheet) -> Schema:
    """Return the stored schema, or ask the API if it did not answer when the file was read."""
    if sheet.schema:
        return sheet.parsed_schema
    require_key(sheet)
    return cached_schema(workflow, client_for(sheet.key))


def _page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    sheet: Sheet,
    form: MatchForm,
    lines: Lines,
    *,
    status: int = 200,
) -> HttpResponse:
    header_line = form.matching.header_line
    rows = rows_below(lines, header_line)
    columns = form.columns([_samples(rows, place) for place in range(len(form.matching.columns))])
    constants = [(each, value_input(each.known, each.input, each.text)) for each in form.constants()]
    context = {
        **import_context(request, workflow, sheet),
        "seen": sheet.version,
        "row_count": max(sheet.reading_result.get("line_count", 0) - header_line - 1, 0),
        "form": form,
        "columns": columns,
        "constants": [each for each in constants if not each[0].is_folded],
        "more_constants": [each for each in constants if each[0].is_folded],
        "is_pasted": sheet.file_name == texts.PASTED_ROWS,
        "reading": ReadingForm(initial=sheet.reading_result, label_suffix=""),
        "header_lines": _header_lines(lines, header_line),
        "header": [choice.column.header for choice in columns],
        "rows": [(number, [_cell(cells, choice) for choice in columns]) for number, cells in rows[:PREVIEWED]],
        "fields": [(f"{FIELD}{known.name}", known) for known in form.schema.fields],
        "aside": ASIDE,
    }
    return render_page(request, "entry/imports/match.html", context, status=status)


def _cell(cells: Sequence[Any], choice: ColumnChoice) -> str:
    return text_of(cells[choice.place]) if choice.place < len(cells) else ""


def _samples(rows: Lines, place: int) -> list[str]:
    """Return the first different texts of a column."""
    found = dict.fromkeys(text_of(cells[place]).strip() for _, cells in rows if place < len(cells))
    return [text for text in found if text][:SAMPLES]


def _header_lines(lines: Lines, chosen: int) -> list[tuple[str, str, bool]]:
    """Return the possible header lines as value, label, and whether it is chosen."""
    shown = [("0", "No header row", chosen == NO_HEADER)]
    for place, (number, cells) in enumerate(lines[:HEADER_LINES]):
        named = ", ".join(filter(None, map(text_of, cells)))
        shown.append((str(place + 1), f"Row {number}: {named}", place == chosen))
    return shown
