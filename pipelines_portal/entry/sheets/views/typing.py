"""What the script of the grid posts while a person types, pastes and creates rows."""

import csv
from collections import Counter
from collections.abc import Callable
from functools import wraps
from io import StringIO
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Schema
from pipelines_portal.core import times
from pipelines_portal.entry import texts
from pipelines_portal.entry.form.pins import add_pins
from pipelines_portal.entry.form.presets import offered_preset
from pipelines_portal.entry.import_requests import settle_overdue
from pipelines_portal.entry.imports.jobs import send_at_once, work_if_small
from pipelines_portal.entry.imports.lists import MOST_STORED, count_stored
from pipelines_portal.entry.imports.reading import start_import
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.permissions import can_type, require_key
from pipelines_portal.entry.rows.cells import RowTexts
from pipelines_portal.entry.rows.fixing import LARGEST_NUMBER, CannotChange, last_change, undo_change
from pipelines_portal.entry.rows.row_list import MOST_IN_PAGE
from pipelines_portal.entry.rows.saving import (
    Cell,
    PostedRow,
    SavedRows,
    Unreadable,
    read_posted_cells,
    save_rows,
)
from pipelines_portal.entry.rows.typed import (
    get_or_start_typed,
    start_sending_typed,
)
from pipelines_portal.entry.sheets.pasting import (
    columns_left_out,
    fields_of_headings,
    names_from,
    pasted_cells,
    why_not_paste,
)
from pipelines_portal.entry.sheets.typed_page import answer, answer_in_pages
from pipelines_portal.entry.sheets.views.loading import changes_import, loads_import
from pipelines_portal.entry.statuses import SENT
from pipelines_portal.keys.clients import client_for
from pipelines_portal.spreadsheets.limits import MAX_COLUMNS
from pipelines_portal.web.parameters import number_in
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow

# More pasted rows become an import of their own, so that one request does not take too long.
MOST_PASTED = 2_000
# The rows that one request creates.
MOST_CREATED = 5_000
View = Callable[..., HttpResponse]


def answers_script(view: View) -> View:
    """Decorate a view that answers a script with rows, or with a sentence why nothing was changed."""

    @wraps(view)
    def wrapped(request: SignedInRequest, *args: Any, **more: Any) -> HttpResponse:
        try:
            return view(request, *args, **more)
        except CannotChange as error:
            return JsonResponse({"problem": str(error)}, status=409)
        except Unreadable:
            return HttpResponseBadRequest()

    return wrapped


def begins_rows(view: View) -> Callable[..., Any]:
    """Decorate a view that takes a workflow, its schema and None: nothing was typed in this grid so far."""

    @require_POST
    @signed_in
    @senders_only
    @answers_script
    @wraps(view)
    def wrapped(request: SignedInRequest, key_id: int, workflow_id: int, **more: Any) -> HttpResponse:
        workflow = usable_workflow(request.user, key_id, workflow_id)
        return view(request, workflow, cached_schema(workflow, client_for(workflow.key)), None, **more)

    return wrapped


def types_rows(view: View) -> Callable[..., Any]:
    """Decorate a view that takes a workflow, its schema and the rows that the person is typing."""

    @changes_import
    @answers_script
    @wraps(view)
    def wrapped(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, **more: Any) -> HttpResponse:
        require_typing(request, sheet)
        schema = cached_schema(workflow, client_for(workflow.key))
        sheet.reuse_schema(schema)
        return view(request, workflow, schema, sheet, **more)

    return wrapped


def require_typing(request: SignedInRequest, sheet: Sheet) -> None:
    """Raise Http404 if these rows are not the person's own typed ones, and NotAllowed without access to the key."""
    if not sheet.is_typed or sheet.owner_id != request.user.pk:
        raise Http404
    require_key(sheet)


def _begun(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, sheet: Sheet | None) -> Sheet:
    """Return the rows that the page shows. The first text starts them."""
    if sheet is None:
        sheet = get_or_start_typed(request.user, workflow, schema)
        sheet.key, sheet.is_key_usable = workflow.key, True
        sheet.reuse_schema(schema)
    return sheet


def _cells(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None) -> HttpResponse:
    """Save what was typed, with the pinned texts in new rows."""
    posted = read_posted_cells(request.body)
    sheet = _begun(request, workflow, schema, shown)
    add_pins(request.user, workflow, schema, posted)
    return answer(request, workflow, sheet, save_rows(sheet, request.user, posted))


@begins_rows
def sheet_new_cells(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None
) -> HttpResponse:
    return _cells(request, workflow, schema, shown)


@changes_import
@answers_script
def sheet_cells(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Save cells. New rows come from the person who types them."""
    if can_type(sheet, request.user):
        schema = cached_schema(workflow, client_for(workflow.key))
        sheet.reuse_schema(schema)
        return _cells(request, workflow, schema, sheet)
    posted = read_posted_cells(request.body)
    if sheet.is_typed and any(row.is_new for row in posted):
        require_typing(request, sheet)
    return answer(request, workflow, sheet, save_rows(sheet, request.user, posted))


def _paste(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None) -> HttpResponse:
    """Put pasted cells into rows from `number` on, and into columns by their headings, else from the active one on.

    With `first_row` they have no headings. `instead` is the change of a paste that took the first row for headings.
    """
    data = QueryDict(request.body)
    lines = pasted_cells(data.get("text", ""))
    first = number_in(data.get("number", ""), LARGEST_NUMBER - len(lines))
    if not lines or not first:
        return HttpResponseBadRequest()
    width = max(map(len, lines))
    if width > MAX_COLUMNS:
        return JsonResponse(
            {"problem": f"Not pasted: there are more than {MAX_COLUMNS} columns. Leave out columns you don’t need."},
            status=409,
        )
    headings = [] if "first_row" in data else fields_of_headings(lines, workflow, schema)
    names = headings or names_from(data, workflow, schema, request.user, width)
    left_out = columns_left_out(lines, names) if headings else []
    if headings:
        del lines[0]
    elif problem := why_not_paste(lines, names, schema):
        return JsonResponse({"problem": problem}, status=409)
    if len(lines) > MOST_PASTED:
        return _import_pasted(request, workflow, names, lines)
    sheet = _begun(request, workflow, schema, shown)
    if "instead" in data and undo_change(sheet, number_in(data["instead"]) or 0) is None:
        raise CannotChange("Not changed: there’s a newer change. Undo it, then paste the rows again.")
    posted = _placed(sheet, lines, first, names, data.get("blank", ""))
    add_pins(request.user, workflow, schema, posted)
    saved = save_rows(sheet, request.user, posted, texts.PASTE_ROWS)
    saved.problems[:0] = left_out
    said, change = texts.rows_pasted(len(lines), has_headings=bool(headings)), last_change(sheet)
    headed = change.number if headings and change else ""
    first = saved.moved.get(first, first)
    return answer_in_pages(request, workflow, sheet, saved, first=first, said=said, headed=headed)


@begins_rows
def sheet_new_paste(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None
) -> HttpResponse:
    return _paste(request, workflow, schema, shown)


@types_rows
def sheet_paste(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None
) -> HttpResponse:
    return _paste(request, workflow, schema, shown)


def _placed(sheet: Sheet, lines: list[list[str]], first: int, names: list[str], blank: str) -> list[PostedRow]:
    """Return the pasted cells at their places, over what the rows hold that the page shows."""
    numbers = list(range(first, first + len(lines)))
    shown, row_texts = _shown_in_page(sheet, numbers, blank), RowTexts(sheet)
    posted = []
    for number, line in zip(numbers, lines, strict=True):
        present = row_texts.by_field(shown[number]) if number in shown else {}
        placed = {name: Cell(present.get(name, ""), text) for name, text in zip(names, line, strict=False) if name}
        posted.append(PostedRow(number, placed, is_new=number not in shown, is_limited=True))
    return posted


def _shown_in_page(sheet: Sheet, numbers: list[int], blank: str) -> dict[int, Row]:
    """Return those of the rows that come before the empty row of the page, whose number is posted as `blank`.

    Rows from there on were created in another window, and emptied rows are shown nowhere: nobody has seen them.
    """
    rows = sheet.lines.filter(number__in=numbers).exclude(status=Row.Status.UNCHECKED)
    if first_new := number_in(blank, LARGEST_NUMBER):
        rows = rows.filter(number__lt=first_new)
    return {row.number: row for row in rows}


def _import_pasted(
    request: SignedInRequest, workflow: OpenedWorkflow, names: list[str], lines: list[list[str]]
) -> HttpResponse:
    """Begin an import of the rows whose columns are the fields `names`."""
    if count_stored(request.user) >= MOST_STORED:
        return JsonResponse({"problem": texts.TOO_MANY_IMPORTS.format(count=MOST_STORED)}, status=409)
    written = StringIO()
    csv.writer(written, dialect="excel-tab").writerows([names, *lines])
    text = ContentFile(written.getvalue().encode())
    zone = times.name_of(timezone.get_current_timezone())
    sheet = start_import(request.user, workflow, text, texts.PASTED_ROWS, uuid4(), zone)
    work_if_small(sheet, request.user)
    return JsonResponse({"go_to": sheet.get_absolute_url()})


def _preset(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None, preset_id: int
) -> HttpResponse:
    """Put the values of a preset into a row."""
    number = number_in(request.POST.get("number", ""), LARGEST_NUMBER)
    if not number:
        return HttpResponseBadRequest()
    values = offered_preset(request.user, workflow, preset_id).fields
    sheet = _begun(request, workflow, schema, shown)
    stored = _shown_in_page(sheet, [number], request.POST.get("blank", "")).get(number)
    present = RowTexts(sheet).by_field(stored) if stored else {}
    placed = {
        known.name: Cell(present.get(known.name, ""), type_of(known).as_text(values[known.name]))
        for known in schema.fields
        if known.name in values
    }
    posted = [PostedRow(number, placed, is_new=stored is None)]
    add_pins(request.user, workflow, schema, posted)
    return answer(request, workflow, sheet, save_rows(sheet, request.user, posted))


@begins_rows
def sheet_new_preset(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None, preset_id: int
) -> HttpResponse:
    return _preset(request, workflow, schema, shown, preset_id)


@types_rows
def sheet_preset(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, shown: Sheet | None, preset_id: int
) -> HttpResponse:
    return _preset(request, workflow, schema, shown, preset_id)


@types_rows
def sheet_create(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, sheet: Sheet) -> HttpResponse:
    """Create tasks of the ready rows that the page shows, if they are as it shows them.

    Rows that another window has created, or changed, are shown as they are now.
    """
    sheet.workflow = workflow
    seen, before = _rows_seen(request.POST.get("rows", "")), _statuses_by_number(sheet)
    for present in (before, None):  # another window may create them at the same time
        present = _statuses_by_number(sheet) if present is None else present
        elsewhere = [number for number in seen if present.get(number) in SENT]
        left = {number: digest for number, digest in seen.items() if number not in elsewhere}
        problem = start_sending_typed(sheet, request.user, left) if left or not elsewhere else ""
        if problem != texts.ROWS_CHANGED:
            break
    if problem and problem != texts.ROWS_CHANGED and not elsewhere:
        return JsonResponse({"problem": problem}, status=409)
    send_at_once(sheet)
    now = _statuses_by_number(sheet)
    changed = [number for number, status in now.items() if before.get(number) != status]
    saved = SavedRows(sorted({*changed, *seen}), problems=[problem] if problem else [])
    told = texts.created_elsewhere(len(elsewhere)) if elsewhere else ""
    said = "" if problem or not left else _what_became_of([now[number] for number in left])
    answer = answer_in_pages(request, workflow, sheet, saved, elsewhere=elsewhere[:1], told=told, said=said)
    answer.status_code = 409 if problem else 200
    return answer


def _what_became_of(statuses: list[str]) -> str:
    """Return in words how many rows are tasks now, or "" while some are being sent or unconfirmed."""
    found = Counter(statuses)
    if found[Row.Status.REQUESTED] or found[Row.Status.UNCONFIRMED]:
        return ""
    return texts.tasks_created(found[Row.Status.CREATED], found[Row.Status.REJECTED])


def _rows_seen(text: str) -> dict[int, str]:
    """Return the digests by row number in "3:0f8a…,4:77c1…"."""
    pairs = (pair.partition(":") for pair in text.split(",")[:MOST_CREATED])
    return {number: digest for name, _, digest in pairs if (number := number_in(name, LARGEST_NUMBER)) and digest}


def _statuses_by_number(sheet: Sheet) -> dict[int, str]:
    return dict(sheet.lines.values_list("number", "status"))


@require_safe
@never_cache
@signed_in
@senders_only
@loads_import
def sheet_created(request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet) -> HttpResponse:
    """Return rows that the page names, as they are now."""
    require_typing(request, sheet)
    settle_overdue(sheet)
    named = (number_in(text) for text in request.GET.get("rows", "").split(",")[:MOST_IN_PAGE])
    return answer(request, workflow, sheet, SavedRows([number for number in named if number]))
