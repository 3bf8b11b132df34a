"""The grid in which a person types rows: its page, and what its script posts."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from functools import wraps
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.files.base import ContentFile
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Schema
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.core import times
from pipelines_portal.entry import texts
from pipelines_portal.entry.form.pins import LONGEST_TEXT, Pins, add_pins, pin_text, read_pins
from pipelines_portal.entry.form.presets import MOST_CHIPS, offered_preset, offered_presets
from pipelines_portal.entry.grid.copies import MOST_COPIES, add_copies, open_copies, replaced_among, tasks_to_copy
from pipelines_portal.entry.grid.forms import ColumnsForm
from pipelines_portal.entry.grid.pasting import (
    columns_left_out,
    fields_of_headings,
    names_from,
    pasted_cells,
    why_not_paste,
)
from pipelines_portal.entry.import_requests import settle_overdue
from pipelines_portal.entry.imports.jobs import send_at_once, work_if_small
from pipelines_portal.entry.imports.lists import MOST_STORED, count_stored
from pipelines_portal.entry.imports.reading import start_import
from pipelines_portal.entry.models import ImportJob, ImportRow, RowCounts
from pipelines_portal.entry.rows.cells import RowTexts, plain_text
from pipelines_portal.entry.rows.checking import SENT
from pipelines_portal.entry.rows.fixing import LARGEST_NUMBER, CannotChange, last_change, undo_change
from pipelines_portal.entry.rows.layout import Layout, read_layout, remove_layout, store_layout
from pipelines_portal.entry.rows.named_drafts import named_drafts, put_aside, take_up
from pipelines_portal.entry.rows.page import grid_context, saved_answer
from pipelines_portal.entry.rows.row_list import MOST_IN_PAGE, ListColumn, empty_grid, page_of_row
from pipelines_portal.entry.rows.saving import (
    Cell,
    PostedRow,
    SavedRows,
    Unreadable,
    read_posted_cells,
    save_rows,
)
from pipelines_portal.entry.rows.selection import Selection
from pipelines_portal.entry.rows.typed import (
    clear_created,
    current_typed,
    deleted_typed,
    follow_schema,
    get_or_start_typed,
    next_number,
    ready_rows,
    start_sending_typed,
)
from pipelines_portal.entry.transitions import give_back_typed
from pipelines_portal.keys.clients import client_for
from pipelines_portal.spreadsheets.limits import MAX_COLUMNS
from pipelines_portal.submissions.origin import briefs_of_tasks
from pipelines_portal.web.parameters import number_in, uuid_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.cached_schemas import cached_schema, forget_schema
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.notes import notes_of
from pipelines_portal.workflows.opening import refresh
from pipelines_portal.workflows.permissions import usable_workflow

# More pasted rows become an import of their own, so that one request does not take too long.
MOST_PASTED = 2_000
# The rows that one request creates.
MOST_CREATED = 5_000
# Tasks that are not copied are named, if they are not more.
MOST_NAMED = 10
View = Callable[..., HttpResponse]


@require_safe
@never_cache
@signed_in
@senders_only
def page(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the rows that the person is typing, those created today, and an empty row."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    client = client_for(workflow.key)
    if not workflow.accepts_tasks:
        workflow = refresh(workflow, client)
    if not workflow.accepts_tasks:
        return redirect(f"{reverse('new_task:create', args=[key_id, workflow_id])}?view=form")
    schema = cached_schema(workflow, client)
    if schema.has_file_upload_fields:
        return redirect("uploads:choose", key_id, workflow_id)
    _remember_view(request.user)
    import_job = current_typed(request.user, workflow)
    if import_job:
        if import_job.schema != schema.model_dump(mode="json"):
            # Another process may have read a newer one than this process has cached.
            forget_schema(workflow)
            schema = cached_schema(workflow, client)
        follow_schema(import_job, schema)
        if import_job.counts_as_read.requested:
            give_back_typed(import_job)
        import_job.key = workflow.key
        settle_overdue(import_job)
    context = _context(request, workflow, schema, import_job)
    return render_page(request, "entry/grid/typed.html", context, partials=("sheet",))


def _remember_view(user: User) -> None:
    if not user.uses_grid:
        User.objects.filter(pk=user.pk).update(uses_grid=True)


def _context(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, import_job: ImportJob | None
) -> dict[str, Any]:
    pins, selection = read_pins(request.user, workflow, schema), Selection.load(request.GET)
    pinned, layout = [*pins.texts, *pins.series], read_layout(request.user, workflow)
    notes = notes_of(workflow) if import_job is None else {}
    if import_job:
        context = grid_context(request, workflow, import_job, selection, pinned=pinned, layout=layout)
    else:
        context = {
            "key": workflow.key,
            "workflow": workflow,
            "tab": "create",
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
        **_sending_context(import_job, selection),
        "is_typed": True,
        "pinned": [_pinned_cell(column, pins) for column in columns],
        "has_pins": bool(pins.texts or pins.series),
        "next_number": next_number(import_job),
        "is_whole": not (selection.show or selection.reason or selection.field) and not context["grid"].next,
        "presets": presets[:MOST_CHIPS],
        "drafts": named_drafts(request.user, workflow),
    }


def _pinned_cell(column: ListColumn, pins: Pins) -> dict[str, Any]:
    """Return the pinned text. In a column that counts up, the script shows the next one."""
    shown = column.type.shown(pins.texts.get(column.known.name, ""))[:80]
    return {"column": column, "shown": shown, "last": pins.series.get(column.known.name)}


def _sending_context(import_job: ImportJob | None, selection: Selection) -> dict[str, Any]:
    """Return in how many seconds the rows are sent, until when that can be undone. The page can use the key.

    `all_ready` are all ready rows, if the page may not show all of them.
    """
    waits = 0
    if import_job and import_job.start_at and import_job.waits_to_start:
        waits = max(round((import_job.start_at - timezone.now()).total_seconds()), 1)
    ready: dict[int, str] = {}
    if import_job and import_job.counts_as_read.ready:
        is_part = selection.show or selection.reason or selection.field or _has_pages(import_job)
        ready = ready_rows(import_job) if is_part else {}
    all_ready = ",".join(f"{number}:{digest}" for number, digest in ready.items())
    return {"waits": waits, "is_key_lost": False, "all_ready": all_ready}


def _has_pages(import_job: ImportJob) -> bool:
    return import_job.counts_as_read.total > MOST_IN_PAGE


def posts_to_grid(view: View) -> Callable[..., Any]:
    """Decorate a view that a script posts to. It answers with rows, or with a sentence why nothing was changed.

    The view takes the current import of typed rows, or None if nothing was typed so far.
    """

    @require_POST
    @signed_in
    @senders_only
    @wraps(view)
    def wrapped(request: SignedInRequest, key_id: int, workflow_id: int, **more: Any) -> HttpResponse:
        workflow = usable_workflow(request.user, key_id, workflow_id)
        schema = cached_schema(workflow, client_for(workflow.key))
        shown = _shown_import(request)
        current = current_typed(request.user, workflow, shown)
        if shown and (current is None or current.pk != shown):
            return JsonResponse(
                {"problem": "This page is out of date. Copy what you typed, then reload it."}, status=409
            )
        if current:
            current.reuse_schema(schema)
        try:
            return view(request, workflow, schema, current, **more)
        except CannotChange as error:
            return JsonResponse({"problem": str(error)}, status=409)
        except Unreadable:
            return HttpResponseBadRequest()

    return wrapped


def _shown_import(request: SignedInRequest) -> UUID | None:
    """Return the import that the page shows, or None if it shows none or the post cannot be read."""
    try:
        is_form = request.content_type == "application/x-www-form-urlencoded"
        data = request.POST if is_form else json.loads(request.body)
        return uuid_in(str(data.get("import", "")))
    except (ValueError, AttributeError, RecursionError):
        return None  # the view says what is wrong with it


@posts_to_grid
def cells(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, current: ImportJob | None
) -> HttpResponse:
    """Save what was typed. The first text starts the import of typed rows."""
    posted = read_posted_cells(request.body)
    import_job = current or get_or_start_typed(request.user, workflow, schema)
    add_pins(request.user, workflow, schema, posted)
    saved = save_rows(import_job, request.user, posted)
    return _answer(request, workflow, import_job, saved)


def _answer(
    request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob, saved: SavedRows, **more: Any
) -> HttpResponse:
    import_job.key = workflow.key
    more |= _sending_context(import_job, Selection.load(request.GET)) | {"is_typed": True}
    return saved_answer(request, workflow, import_job, saved, **more)


def _answer_in_pages(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    import_job: ImportJob,
    saved: SavedRows,
    *,
    first: int = 0,
    **more: Any,
) -> HttpResponse:
    """Return the changed rows, or let the page show itself again, from the row `first`, if it does not show all."""
    if not _has_pages(import_job):
        return _answer(request, workflow, import_job, saved, **more)
    if first:
        page = page_of_row(import_job, first, import_job.counts_as_read)
        more["show"] = Selection.load(request.GET).query(page=page, at=first)
    problems = [told, *saved.problems] if (told := more.pop("told", "")) else saved.problems
    return JsonResponse({"refresh": True, "problems": problems, **more})


@posts_to_grid
def paste(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, current: ImportJob | None
) -> HttpResponse:
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
    import_job = current or get_or_start_typed(request.user, workflow, schema)
    if "instead" in data and undo_change(import_job, number_in(data["instead"]) or 0) is None:
        raise CannotChange("Not changed: there’s a newer change. Undo it, then paste the rows again.")
    posted = _placed(import_job, lines, first, names, data.get("blank", ""))
    add_pins(request.user, workflow, schema, posted)
    saved = save_rows(import_job, request.user, posted, texts.PASTE_ROWS)
    saved.problems[:0] = left_out
    said, change = texts.rows_pasted(len(lines), has_headings=bool(headings)), last_change(import_job)
    headed = change.number if headings and change else ""
    first = saved.moved.get(first, first)
    return _answer_in_pages(request, workflow, import_job, saved, first=first, said=said, headed=headed)


def _placed(import_job: ImportJob, lines: list[list[str]], first: int, names: list[str], blank: str) -> list[PostedRow]:
    """Return the pasted cells at their places, over what the rows hold that the page shows."""
    numbers = list(range(first, first + len(lines)))
    shown, row_texts = _shown_in_page(import_job, numbers, blank), RowTexts(import_job)
    posted = []
    for number, line in zip(numbers, lines, strict=True):
        present = row_texts.by_field(shown[number]) if number in shown else {}
        placed = {name: Cell(present.get(name, ""), text) for name, text in zip(names, line, strict=False) if name}
        posted.append(PostedRow(number, placed, is_new=number not in shown, is_limited=True))
    return posted


def _shown_in_page(import_job: ImportJob, numbers: list[int], blank: str) -> dict[int, ImportRow]:
    """Return those of the rows that come before the empty row of the page, whose number is posted as `blank`.

    Rows from there on were created in another window, and emptied rows are shown nowhere: nobody has seen them.
    """
    rows = import_job.lines.filter(number__in=numbers).exclude(status=ImportRow.Status.UNCHECKED)
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
    import_job = start_import(request.user, workflow, text, texts.PASTED_ROWS, uuid4(), zone)
    work_if_small(import_job, request.user)
    return JsonResponse({"go_to": import_job.get_absolute_url()})


@posts_to_grid
def preset(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, current: ImportJob | None, preset_id: int
) -> HttpResponse:
    """Put the values of a preset into a row."""
    number = number_in(request.POST.get("number", ""), LARGEST_NUMBER)
    if not number:
        return HttpResponseBadRequest()
    values = offered_preset(request.user, workflow, preset_id).fields
    import_job = current or get_or_start_typed(request.user, workflow, schema)
    stored = _shown_in_page(import_job, [number], request.POST.get("blank", "")).get(number)
    present = RowTexts(import_job).by_field(stored) if stored else {}
    placed = {
        known.name: Cell(present.get(known.name, ""), type_of(known).as_text(values[known.name]))
        for known in schema.fields
        if known.name in values
    }
    posted = [PostedRow(number, placed, is_new=stored is None)]
    add_pins(request.user, workflow, schema, posted)
    return _answer(request, workflow, import_job, save_rows(import_job, request.user, posted))


@posts_to_grid
def pin(request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, current: ImportJob | None) -> HttpResponse:
    """Pin the text of a column, so that new rows begin with it or, with `counts`, count up from it. Or unpin it."""
    name, text = request.POST.get("field", ""), request.POST.get("text", "").replace("\0", "")[:LONGEST_TEXT]
    known = next((known for known in schema.fields if known.name == name), None)
    if known is None:
        return HttpResponseBadRequest()
    counts = "counts" in request.POST
    is_pinned = pin_text(request.user, workflow, schema, name, text, counts=counts)
    said = "{field} no longer pinned"
    if is_pinned:
        said = "{field} pinned: new rows count up" if counts else "{field} pinned"
    return JsonResponse({"said": said.format(field=known.label), "pinned": is_pinned})


@posts_to_grid
def create(
    request: SignedInRequest, workflow: OpenedWorkflow, schema: Schema, current: ImportJob | None
) -> HttpResponse:
    """Create tasks of the ready rows that the page shows, if they are as it shows them.

    Rows that another window has created, or changed, are shown as they are now.
    """
    if current is None:
        return JsonResponse({"problem": texts.NOTHING_TO_SEND}, status=409)
    import_job = current
    import_job.key, import_job.workflow = workflow.key, workflow
    seen, before = _rows_seen(request.POST.get("rows", "")), _statuses_by_number(import_job)
    for present in (before, None):  # another window may create them at the same time
        present = _statuses_by_number(import_job) if present is None else present
        elsewhere = [number for number in seen if present.get(number) in SENT]
        left = {number: digest for number, digest in seen.items() if number not in elsewhere}
        problem = start_sending_typed(import_job, request.user, left) if left or not elsewhere else ""
        if problem != texts.ROWS_CHANGED:
            break
    if problem and problem != texts.ROWS_CHANGED and not elsewhere:
        return JsonResponse({"problem": problem}, status=409)
    send_at_once(import_job)
    now = _statuses_by_number(import_job)
    changed = [number for number, status in now.items() if before.get(number) != status]
    saved = SavedRows(sorted({*changed, *seen}), problems=[problem] if problem else [])
    told = texts.created_elsewhere(len(elsewhere)) if elsewhere else ""
    said = "" if problem or not left else _what_became_of([now[number] for number in left])
    answer = _answer_in_pages(request, workflow, import_job, saved, elsewhere=elsewhere[:1], told=told, said=said)
    answer.status_code = 409 if problem else 200
    return answer


def _what_became_of(statuses: list[str]) -> str:
    """Return in words how many rows are tasks now, or "" while some are being sent or unconfirmed."""
    found = Counter(statuses)
    if found[ImportRow.Status.REQUESTED] or found[ImportRow.Status.UNCONFIRMED]:
        return ""
    return texts.tasks_created(found[ImportRow.Status.CREATED], found[ImportRow.Status.REJECTED])


def _rows_seen(text: str) -> dict[int, str]:
    """Return the digests by row number in "3:0f8a…,4:77c1…"."""
    pairs = (pair.partition(":") for pair in text.split(",")[:MOST_CREATED])
    return {number: digest for name, _, digest in pairs if (number := number_in(name, LARGEST_NUMBER)) and digest}


def _statuses_by_number(import_job: ImportJob) -> dict[int, str]:
    return dict(import_job.lines.values_list("number", "status"))


@require_safe
@never_cache
@signed_in
@senders_only
def created(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Return rows that the page names, as they are now."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    import_job = current_typed(request.user, workflow)
    if import_job is None:
        return HttpResponse(status=204)
    import_job.key = workflow.key
    settle_overdue(import_job)
    named = (number_in(text) for text in request.GET.get("rows", "").split(",")[:MOST_IN_PAGE])
    return _answer(request, workflow, import_job, SavedRows([number for number in named if number]))


@require_POST
@signed_in
@senders_only
def copy(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Open the grid with copies of tasks, to be corrected and created in place of them."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    if group_id := number_in(request.POST.get("group", "")):
        task_ids = _tasks_of_group(request, workflow, group_id)
    else:
        task_ids = [number for text in request.POST.getlist("task")[:MOST_IN_PAGE] if (number := number_in(text))]
    address = reverse("grid:page", args=[key_id, workflow_id])
    is_open = open_copies(current_typed(request.user, workflow), task_ids)
    replaced = replaced_among(workflow, task_ids)
    task_ids = [task_id for task_id in task_ids if task_id not in is_open and task_id not in replaced]
    if is_open:
        tasks = "1 task has" if len(is_open) == 1 else f"{len(is_open):,} tasks have"
        messages.info(request, f"{tasks} a copy here already. Create or skip it first.")
    if replaced:
        messages.warning(request, f"Not copied: {_named(replaced)}. Corrected copies have replaced them.")
    if is_open and not task_ids:
        return redirect(f"{address}?at={min(is_open.values())}")
    known = briefs_of_tasks(request.user, workflow.key, workflow_id, dict.fromkeys(task_ids))
    values = {task_id: brief.fields for task_id in task_ids if (brief := known.get(task_id)) and brief.fields}
    if left := [task_id for task_id in task_ids if task_id not in values]:
        messages.warning(request, f"Not copied: {_named(left)}. The values aren’t stored here, or you can’t see them.")
    if not values:
        return redirect("attention:detail", group_id) if group_id else redirect("tasks:list", key_id, workflow_id)
    try:
        first = add_copies(get_or_start_typed(request.user, workflow, schema), request.user, values)
    except CannotChange as error:
        messages.error(request, str(error))
        return redirect(address)
    return redirect(f"{address}?at={first}")


def _named(tasks: list[int]) -> str:
    return ", ".join(map(str, tasks)) if len(tasks) <= MOST_NAMED else f"{len(tasks):,} tasks"


def _tasks_of_group(request: SignedInRequest, workflow: OpenedWorkflow, group_id: int) -> list[int]:
    """Return the tasks of a group as they are on pressing, and say which of them have changed since."""
    group = get_object_or_404(ProblemGroup.objects.filter(workflow=workflow), pk=group_id)
    group.workflow = workflow
    task_ids, changed, is_known = tasks_to_copy(group, client_for(workflow.key))
    if not is_known:
        messages.warning(request, "Pipelines isn’t responding. Some of these tasks may have changed since.")
    elif changed:
        tasks = "1 task has" if len(changed) == 1 else f"{len(changed):,} tasks have"
        left = f"{tasks} another status now and {'is' if len(changed) == 1 else 'are'} left out"
        messages.warning(request, f"Counted again: {left}.")
    if group.task_count > MOST_COPIES:
        messages.info(request, f"The newest {MOST_COPIES} of {group.task_count:,} tasks are copied. Create them first.")
    return task_ids


@require_POST
@signed_in
@senders_only
def clear(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the created rows no longer."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    if import_job := current_typed(request.user, workflow):
        clear_created(import_job)
    return redirect("grid:page", key_id, workflow_id)


@require_POST
@signed_in
@senders_only
def aside(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Put the rows aside under a name, and show an empty grid."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    try:
        put_aside(request.user, workflow, plain_text(request.POST.get("name", "")))
        messages.success(request, "Rows put aside. Find them in the menu, or in Drafts.")
    except CannotChange as error:
        messages.error(request, str(error))
    return redirect("grid:page", key_id, workflow_id)


@require_POST
@signed_in
@senders_only
def draft(request: SignedInRequest, key_id: int, workflow_id: int, draft_id: UUID) -> HttpResponse:
    """Show the rows of a draft in the grid, in place of those that are there."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    try:
        take_up(request.user, workflow, draft_id)
    except CannotChange as error:
        messages.error(request, str(error))
    return redirect("grid:page", key_id, workflow_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@senders_only
def columns(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show how the person arranged the columns; a POST stores it, or resets it with `do=reset`."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema, selection = cached_schema(workflow, client_for(workflow.key)), Selection.load(request.GET)
    form = ColumnsForm(schema, read_layout(request.user, workflow), request.POST if request.method == "POST" else None)
    grid = reverse("grid:page", args=[key_id, workflow_id])
    is_reset = request.method == "POST" and request.POST.get("do") == "reset"
    if is_reset:
        remove_layout(request.user, workflow)
    elif form.is_valid():
        store_layout(request.user, workflow, Layout(form.columns()))
    else:
        context = {"key": workflow.key, "workflow": workflow, "tab": "create", "form": form, "here": selection.here}
        return render_page(request, "entry/grid/columns.html", context, status=422 if form.is_bound else 200)
    messages.success(request, "Columns reset" if is_reset else "Columns saved")
    # With all optional fields, the page would also show those that the person hides.
    return redirect(grid + selection.query(page=selection.page or "", fields=""))
