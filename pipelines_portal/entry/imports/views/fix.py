"""What people change about rows before they are sent. Everything goes through imports.fixing, and can be undone."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.api_client import Field
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import htmx_of
from pipelines_portal.entry.imports.access import page_url, visible_import
from pipelines_portal.entry.imports.check_page import RowPage, Wanted, schema_of
from pipelines_portal.entry.imports.counts import counts_of
from pipelines_portal.entry.imports.fixing import (
    CannotChange,
    Numbers,
    Outcome,
    change_rows,
    send_twice,
    set_aside,
    take_back,
    type_over,
    undo,
)
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.posted_rows import PostedRow, Saved, as_posted, posted_rows, save_rows
from pipelines_portal.entry.imports.reasons import groups_named, numbers_of
from pipelines_portal.entry.imports.replacing import Replacement, replace_in_rows, rows_with
from pipelines_portal.entry.imports.row_values import RowReader
from pipelines_portal.entry.imports.shown_rows import columns_of, shown_rows
from pipelines_portal.entry.imports.views.check import check_page, inputs_of, send_context, wanted_by
from pipelines_portal.entry.imports.views.context import context_of
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.workflows.models import OpenedWorkflow

MENDED = "Nothing was changed: these rows were mended meanwhile."
STALE = "{rows} changed meanwhile by somebody else. What you typed is still here: look, then save again."
NOTHING_FOUND = "No row that can be changed holds that."
# What is done with one row, or with all of a list: the function, its name on the undo button, and the list.
CHOICES = {
    "aside": (set_aside, "set {} aside", ImportRow.Status.DUPLICATE),
    "back": (take_back, "took {} back", ImportRow.Status.SET_ASIDE),
    "twice": (send_twice, "chose to send {} anyway", ImportRow.Status.DUPLICATE),
}
View = Callable[[SignedInRequest, OpenedWorkflow, ImportJob], HttpResponse]


def changing(view: View) -> Callable[..., Any]:
    """For people who send; while rows are sent or checked, nothing is changed, and it is said."""

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
            return (
                HttpResponseClientRedirect(page_url(import_job)) if htmx_of(request) else redirect(page_url(import_job))
            )

    return wrapped


@changing
def import_fix(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """What was typed into the rows of a page, or, by htmx, into the one that was left."""
    posted = posted_rows(request.POST)
    aside = number_in(request.POST.get("aside", ""))
    saved = save_rows(import_job, request.user, posted, aside)
    if htmx_of(request):
        return _row(request, workflow, import_job, posted, saved)
    if saved.stale:
        return _stale(request, workflow, import_job, posted, saved)
    _say(request, import_job, saved.outcome, "set aside" if saved.outcome.changed == [aside] else "saved")
    return _back(import_job, wanted_by(request.POST))


def _stale(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    import_job: ImportJob,
    posted: dict[int, PostedRow],
    saved: Saved,
) -> HttpResponse:
    rows = as_posted(import_job, posted, saved.stale)
    count = len(rows)
    messages.warning(request, STALE.format(rows="1 row was" if count == 1 else f"{count} rows were"))
    return check_page(
        request, workflow, import_job, wanted_by(request.POST), status=422, rows=RowPage(rows, 1, count, 1)
    )


def _row(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    import_job: ImportJob,
    posted: dict[int, PostedRow],
    saved: Saved,
) -> HttpResponse:
    """The row as it is now, and the figures with it."""
    number = next(iter(posted), 0)
    found = list(import_job.rows.filter(number=number))
    rows = as_posted(import_job, posted, saved.stale) if saved.stale else shown_rows(import_job, found)
    counts = counts_of(import_job)
    columns = [known for known in columns_of(import_job, rows) if f"v-{number}-{known.name}" in request.POST]
    names = {known.name for known in columns}
    context = {
        **context_of(workflow, import_job),
        "row": rows[0] if rows else None,
        "cells": inputs_of(rows[0], names) if rows else [],
        "counts": counts,
        "to_fix": counts.to_fix + counts.rejected,
        "can_change": True,
        **send_context(import_job, counts),
    }
    return render(request, "entry/imports/_saved_row.html", context)


@changing
def import_alike(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """All rows of a reason: changed to one value, emptied there, or set aside."""
    key, does = request.POST.get("reason", "")[:40], request.POST.get("do", "")
    groups = groups_named(import_job, key)
    numbers = partial(numbers_of, [group.pk for group in groups])
    if does == "aside":
        _say(
            request, import_job, change_rows(import_job, request.user, "set {} aside", numbers, set_aside), "set aside"
        )
        return _back(import_job, Wanted())
    known = next((each for each in schema_of(import_job).fields if groups and each.name == groups[0].field_name), None)
    text = "" if does == "empty" else request.POST.get(f"to-{key}", "")
    if known and (fault := RowReader(schema_of(import_job), Matching.of(import_job.matching)).judge(known, text)[1]):
        posted = {"reason": key, "to": text, "error": f"{fault.message}."}
        return check_page(request, workflow, import_job, Wanted(), status=422, posted=posted)
    _say(
        request,
        import_job,
        _changed_alike(request, import_job, known, text, numbers) if known else Outcome(),
        "changed",
    )
    return _back(import_job, Wanted())


def _changed_alike(
    request: SignedInRequest, import_job: ImportJob, known: Field, text: str, numbers: Numbers
) -> Outcome:
    label = f"changed {{}} to “{text}”" if text else f"emptied {known.label} in {{}}"
    return change_rows(import_job, request.user, label, numbers, lambda row: type_over(row, {known.name: text}))


@changing
def import_replace(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """Says how many rows hold it, and changes them when it was said."""
    replacement = _replacement(request, import_job)
    if replacement is None:
        messages.error(request, "Nothing was changed: choose a column, and say what to find in it.")
        return _back(import_job, wanted_by(request.POST))
    if "replace" not in request.POST:
        found = len(rows_with(import_job, replacement))
        wanted = wanted_by(request.POST)
        return check_page(request, workflow, import_job, wanted, replacement=replacement, found=found)
    _say(request, import_job, replace_in_rows(import_job, request.user, replacement), "changed", NOTHING_FOUND)
    return _back(import_job, wanted_by(request.POST))


def _replacement(request: SignedInRequest, import_job: ImportJob) -> Replacement | None:
    """Nothing is found in part of a cell everywhere, and so is looked for in whole cells only: the empty ones."""
    posted = request.POST
    known = next((each for each in schema_of(import_job).fields if each.name == posted.get("column")), None)
    find, is_whole = posted.get("find", ""), posted.get("how") != "part"
    if known is None or not (find or is_whole):
        return None
    return Replacement(known, find, posted.get("put", ""), is_whole, "case" in posted)


@changing
def import_choose(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    """One row, or all of a list: set aside, taken back, sent although it was sent before."""
    does, label, status = CHOICES.get(request.POST.get("do", ""), CHOICES["aside"])
    number = number_in(request.POST.get("number", ""))

    def numbers() -> list[int]:
        of_list = import_job.rows.filter(status=status).order_by("number")
        return [number] if number is not None else list(of_list.values_list("number", flat=True))

    _say(request, import_job, change_rows(import_job, request.user, label, numbers, does), "changed")
    return _back(import_job, wanted_by(request.POST))


@changing
def import_undo(request: SignedInRequest, workflow: OpenedWorkflow, import_job: ImportJob) -> HttpResponse:
    outcome = undo(import_job, number_in(request.POST.get("number", "")) or 0)
    if outcome is None:
        messages.warning(request, "Nothing was undone: another change came after it. The button names the last one.")
    else:
        _say(request, import_job, outcome, "put back")
    return _back(import_job, wanted_by(request.POST))


def _say(request: SignedInRequest, import_job: ImportJob, outcome: Outcome, done: str, nothing: str = MENDED) -> None:
    counts, count = counts_of(import_job), len(outcome.changed)
    if not count and not outcome.kept:
        messages.info(request, nothing if done != "saved" else "Nothing was changed.")
        return
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    left = counts.to_fix + counts.rejected
    messages.success(request, f"{rows} {done}. {left:,} to fix, {counts.ready:,} ready.{_kept(outcome.kept)}")


def _kept(count: int) -> str:
    if count == 1:
        return " 1 row stays as it is: it was sent meanwhile."
    return f" {count:,} rows stay as they are: they were sent meanwhile." if count else ""


def _back(import_job: ImportJob, wanted: Wanted) -> HttpResponse:
    """To where on the page the person was."""
    page = f"page={wanted.page}" if wanted.page > 1 else ""
    query = "&".join(filter(None, (wanted.query, page)))
    address = reverse("imports:check", args=[import_job.key_id, import_job.workflow_id, import_job.pk])
    return redirect(f"{address}?{query}" if query else address)
