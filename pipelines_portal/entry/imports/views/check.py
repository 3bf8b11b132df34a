"""Step 3: what the check found, before anything is sent."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.entry.imports.access import page_url, visible_import
from pipelines_portal.entry.imports.check_page import LISTS, RowPage, Wanted, duplicates_of, row_page, schema_of
from pipelines_portal.entry.imports.counts import Counts, counts_of
from pipelines_portal.entry.imports.fixing import CHANGEABLE, last_change
from pipelines_portal.entry.imports.inputs import value_input
from pipelines_portal.entry.imports.matching import Matching
from pipelines_portal.entry.imports.reasons import (
    MOST_SHOWN,
    Reason,
    counts_by_field,
    groups_of,
    name_rows,
    near_choice,
    reasons_in,
)
from pipelines_portal.entry.imports.shown_rows import ShownRow, columns_of
from pipelines_portal.entry.imports.views.context import context_of
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.workflows.models import OpenedWorkflow

REASONS_SHOWN = 12
LAST_PAGE = 100_000


@require_safe
@never_cache
@signed_in
def import_check(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    """Figures, reasons with their remedies, twins, and the rows to fix."""
    workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if import_job.status not in CHANGEABLE:
        return redirect(page_url(import_job))
    return check_page(request, workflow, import_job, wanted_by(request.GET))


def wanted_by(asked: Any) -> Wanted:
    """What an address, or a form that came from it, asks for."""
    show, page = asked.get("show", ""), number_in(asked.get("page", ""), LAST_PAGE)
    known = show if show in LISTS else "to-fix"
    field = asked.get("field", "").replace("\0", "")[:200]
    return Wanted(known, asked.get("reason", "")[:40], field, page or 1)


def check_page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    import_job: ImportJob,
    wanted: Wanted,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """`more` is what a form that was not taken shows again: `rows` in the place of those of the page."""
    schema = schema_of(import_job)
    counts, groups = counts_of(import_job), list(groups_of(import_job))
    reasons = reasons_in(groups, schema)
    name_rows(reasons)
    rows: RowPage = more.pop("rows", None) or row_page(import_job, wanted, counts, groups)
    context = {
        **context_of(workflow, import_job),
        "counts": counts,
        "to_fix": counts.to_fix + counts.rejected,
        "can_change": request.user.may_send,
        "reasons": [_with_remedy(reason, more) for reason in reasons[:REASONS_SHOWN]],
        "more_reasons": [_with_remedy(reason, more) for reason in reasons[REASONS_SHOWN:MOST_SHOWN]],
        "untold_reasons": max(len(reasons) - MOST_SHOWN, 0),
        "reason_count": len(reasons),
        "by_field": counts_by_field(reasons),
        "twins": duplicates_of(import_job),
        "matching": Matching.of(import_job.matching),
        "has_dates": any(known.type == "datetime" for known in schema.fields),
        "wanted": wanted,
        "last": last_change(import_job),
        "schema": schema,
        **table_context(import_job, rows),
        **send_context(import_job, counts),
        **more,
    }
    return render_page(request, "entry/imports/check.html", context, status=status)


def table_context(import_job: ImportJob, rows: RowPage) -> dict[str, Any]:
    columns = columns_of(import_job, rows.rows)
    names = {known.name for known in columns}
    return {"page": rows, "columns": columns, "table": [(row, inputs_of(row, names)) for row in rows.rows]}


def inputs_of(row: ShownRow, names: set[str]) -> list[dict[str, Any]]:
    """For each field that is shown: the cell, and its input, which knows the errors beside it."""
    shown = []
    for cell in row.cells:
        if cell.known.name in names:
            name = f"v-{row.row.number}-{cell.known.name}"
            attrs: dict[str, Any] = {"aria-label": f"{cell.known.label}, row {row.row.number:,}", "form": "fix"}
            if cell.errors:
                attrs |= {"aria-invalid": "true", "aria-describedby": f"e-{row.row.number}-{cell.known.name}"}
            shown.append({"cell": cell, "name": name, "input": value_input(cell.known, name, cell.text, **attrs)})
    return shown


def send_context(import_job: ImportJob, counts: Counts) -> dict[str, Any]:
    return {"requests": -(-counts.not_sent // import_job.rows_per_request)}


def _with_remedy(reason: Reason, more: dict[str, Any]) -> dict[str, Any]:
    """Its input, with what was posted and not taken."""
    again = more.get("posted", {}) if more.get("posted", {}).get("reason") == reason.key else {}
    name = f"to-{reason.key}"
    wrong: dict[str, Any] = {"aria-invalid": "true", "aria-describedby": f"{name}-error", "autofocus": True}
    text = again["to"] if again else near_choice(reason)
    widget = value_input(reason.known, name, text, **(wrong if again else {})) if reason.known else ""
    return {"reason": reason, "name": name, "input": widget, "error": again.get("error", "")}
