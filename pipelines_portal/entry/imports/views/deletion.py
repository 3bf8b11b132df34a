"""Deleting an import, which asks first, and restoring it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.entry.imports.access import page_url, visible_import
from pipelines_portal.entry.imports.deletion import delete_import, fixed_rows, restore_import
from pipelines_portal.entry.imports.views.context import context_of

ON_THE_WAY = "Not deleted: rows are being sent, or their outcome is unconfirmed. Wait, or decide first."


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
def import_delete(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if request.method == "POST":
        if not delete_import(import_job, request.user):
            messages.error(request, ON_THE_WAY)
        return redirect("imports:detail", key_id, workflow_id, import_id)
    if not import_job.may_be_deleted:
        return redirect(page_url(import_job))
    context = context_of(workflow, import_job) | {"fixes": fixed_rows(import_job), "back": page_url(import_job)}
    return render_page(request, "entry/imports/delete.html", context)


@require_POST
@signed_in
@senders_only
def import_restore(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    _, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if restore_import(import_job, request.user):
        messages.success(request, f"{import_job.file_name} restored")
    return redirect("imports:detail", key_id, workflow_id, import_id)
