"""Handing an import over, by a form of its own."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.entry.imports.access import page_url, visible_import
from pipelines_portal.entry.imports.forms import HandOverForm
from pipelines_portal.entry.imports.handing_over import NOT_NOW, hand_over
from pipelines_portal.entry.imports.views.context import context_of
from pipelines_portal.entry.models import ImportJob

PAUSE_FIRST = "Not handed over: its rows are being sent. Pause it first."
ALREADY_CHANGED = "Not handed over: somebody else changed this import. This is its current state."


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@senders_only
def import_hand_over(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    if import_job.status in NOT_NOW:
        messages.error(request, PAUSE_FIRST)
        return redirect(page_url(import_job))
    form = HandOverForm(import_job, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _hand_over(request, import_job, form)
    context = context_of(workflow, import_job) | {"form": form, "back": page_url(import_job)}
    return render_page(request, "entry/imports/hand_over.html", context, status=422 if form.is_bound else 200)


def _hand_over(request: SignedInRequest, import_job: ImportJob, form: HandOverForm) -> HttpResponse:
    """Lead to the import, or to Home if they no longer see it."""
    person = form.cleaned_data["owner"]
    if hand_over(import_job, person, request.user):
        messages.success(request, f"{import_job.file_name} handed over to {person}")
    else:
        messages.info(request, ALREADY_CHANGED)
    is_visible = ImportJob.objects.visible_to(request.user).filter(pk=import_job.pk).exists()
    return redirect(page_url(import_job)) if is_visible else redirect("overview:home")
