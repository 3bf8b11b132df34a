"""Where an import stands while its rows cannot be seen: it is read, is checked, cannot be read, or was deleted."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.core.rendering import htmx_of, render_page
from pipelines_portal.entry.imports.access import page_url, visible_import
from pipelines_portal.entry.imports.columns import version_of
from pipelines_portal.entry.imports.deletion import removed_at
from pipelines_portal.entry.imports.forms import ReadingForm
from pipelines_portal.entry.imports.views.context import context_of
from pipelines_portal.entry.models import ImportJob

WAITS = (ImportJob.Status.READING, ImportJob.Status.CHECKING)


@require_safe
@never_cache
@signed_in
def import_detail(request: SignedInRequest, key_id: int, workflow_id: int, import_id: UUID) -> HttpResponse:
    """Leads to the page of its state; waits where the portal is at work, and asks every second."""
    workflow, import_job = visible_import(request.user, key_id, workflow_id, import_id)
    asks_itself = htmx_of(request) and htmx_of(request).target == "import-wait"
    if asks_itself:
        return (
            HttpResponse(status=204) if import_job.status in WAITS else HttpResponseClientRedirect(page_url(import_job))
        )
    if import_job.status == ImportJob.Status.DELETED:
        context = context_of(workflow, import_job) | {"removed_at": removed_at(import_job)}
        return render_page(request, "entry/imports/deleted.html", context)
    if import_job.status not in (*WAITS, ImportJob.Status.UNREADABLE):
        return redirect(page_url(import_job))
    context = {
        **context_of(workflow, import_job),
        "reading": ReadingForm(initial=import_job.reading_options, label_suffix=""),
        "seen": version_of(import_job),
    }
    return render_page(request, "entry/imports/detail.html", context)
