"""What the grid shows to the person who types its rows, and what it answers to their script."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.permissions import SignedInRequest
from pipelines_portal.api_client import Schema
from pipelines_portal.entry.form.pins import Pins, read_pins
from pipelines_portal.entry.form.presets import MOST_CHIPS, offered_presets
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.permissions import can_type
from pipelines_portal.entry.rows.layout import read_layout
from pipelines_portal.entry.rows.page import grid_context, saved_answer
from pipelines_portal.entry.rows.row_list import MOST_IN_PAGE, ListColumn, empty_grid, page_of_row
from pipelines_portal.entry.rows.saving import (
    SavedRows,
)
from pipelines_portal.entry.rows.selection import Selection
from pipelines_portal.entry.rows.typed import (
    deleted_typed,
    named_sheets,
    next_number,
    ready_rows,
)
from pipelines_portal.entry.statuses import RowCounts
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import notes_of


def typed_context(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    schema: Schema,
    sheet: Sheet | None,
    selection: Selection,
    **more: Any,
) -> dict[str, Any]:
    """Return what the page shows. `sheet` is missing before the first text; `more` is as for `grid_context`."""
    pins = read_pins(request.user, workflow, schema)
    pinned, layout = [*pins.texts, *pins.series], read_layout(request.user, workflow)
    notes = notes_of(workflow) if sheet is None else {}
    if sheet:
        context = grid_context(request, workflow, sheet, selection, pinned=pinned, layout=layout, **more)
    else:
        context = {
            "key": workflow.key,
            "workflow": workflow,
            "tab": "create",
            "is_key_lost": False,
            "grid": empty_grid(schema, selection, pinned, notes, layout, workflow.rules()),
            "deleted": deleted_typed(request.user, workflow),
            "counts": RowCounts(),
            "at": "",
            "selection": selection,
            "schema": schema,
            "can_change": True,
            "instructions": notes.get("", ""),
        }
    columns = context["grid"].columns
    presets = offered_presets(request.user, workflow)
    return {
        **context,
        **sending_context(sheet, selection),
        "can_type": True,
        "page_address": address_of(workflow, sheet),
        "columns_address": _address_of_columns(workflow, sheet, selection),
        "pinned": [_pinned_cell(column, pins) for column in columns],
        "has_pins": bool(pins.texts or pins.series),
        "next_number": next_number(sheet),
        "is_whole": not (selection.show or selection.reason or selection.field) and not context["grid"].next,
        "presets": presets[:MOST_CHIPS],
        "drafts": [each for each in named_sheets(request.user, workflow) if each != sheet],
    }


def address_of(workflow: OpenedWorkflow, sheet: Sheet | None) -> str:
    """Return the address of the grid, which begins those to which its script posts."""
    if sheet is None:
        return reverse("sheets:new", args=[workflow.key_id, workflow.workflow_id])
    return reverse("sheets:page", args=[sheet.pk])


def _address_of_columns(workflow: OpenedWorkflow, sheet: Sheet | None, selection: Selection) -> str:
    """Return the page on which the columns are arranged, which leads back to the same rows."""
    address = reverse("sheets:columns", args=[workflow.key_id, workflow.workflow_id])
    return address + selection.query(page=selection.page or "", sheet=sheet.pk if sheet else "")


def _pinned_cell(column: ListColumn, pins: Pins) -> dict[str, Any]:
    """Return the pinned text. In a column that counts up, the script shows the next one."""
    shown = column.type.shown(pins.texts.get(column.known.name, ""))[:80]
    return {"column": column, "shown": shown, "last": pins.series.get(column.known.name)}


def sending_context(sheet: Sheet | None, selection: Selection) -> dict[str, Any]:
    """Return in how many seconds the rows are sent, until when that can be undone.

    `all_ready` are all ready rows, if the page may not show all of them.
    """
    waits = 0
    if sheet and sheet.start_at and sheet.waits_to_start:
        waits = max(round((sheet.start_at - timezone.now()).total_seconds()), 1)
    ready: dict[int, str] = {}
    if sheet and sheet.counts_as_read.ready:
        is_part = selection.show or selection.reason or selection.field or has_pages(sheet)
        ready = ready_rows(sheet) if is_part else {}
    all_ready = ",".join(f"{number}:{digest}" for number, digest in ready.items())
    return {"waits": waits, "all_ready": all_ready}


def has_pages(sheet: Sheet) -> bool:
    return sheet.counts_as_read.total > MOST_IN_PAGE


def answer(
    request: SignedInRequest, workflow: OpenedWorkflow, sheet: Sheet, saved: SavedRows, **more: Any
) -> HttpResponse:
    """Return the changed rows. See `saved_answer`."""
    if can_type(sheet, request.user):
        more |= sending_context(sheet, Selection.load(request.GET))
    return saved_answer(request, workflow, sheet, saved, **more)


def answer_in_pages(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    sheet: Sheet,
    saved: SavedRows,
    *,
    first: int = 0,
    **more: Any,
) -> HttpResponse:
    """Return the changed rows, or let the page show itself again, from the row `first`, if it does not show all."""
    if not has_pages(sheet):
        return answer(request, workflow, sheet, saved, **more)
    if first:
        page = page_of_row(sheet, first, sheet.counts_as_read)
        more["show"] = Selection.load(request.GET).query(page=page, at=first)
    problems = [told, *saved.problems] if (told := more.pop("told", "")) else saved.problems
    return JsonResponse({"refresh": True, "problems": problems, **more})
