from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.core.rendering import htmx_of, render_page
from pipelines_portal.overview.detail import detail_context
from pipelines_portal.overview.forms import StuckHoursForm
from pipelines_portal.overview.home import first_steps_context, home_context
from pipelines_portal.overview.palette import Palette
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow


@require_safe
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """Show what needs attention in all of the person's workflows, or the first steps if they have none."""
    context = home_context(request.user, request.GET.get("show", ""))
    if context is None:
        return render_page(request, "overview/first_steps.html", first_steps_context(request.user))
    return render_page(request, "overview/home.html", context)


@require_safe
@signed_in
def palette(request: SignedInRequest) -> HttpResponse:
    """Show the suggestions of the palette, which every page has."""
    asked, last_key = request.GET.get("q", ""), request.session.get("last_key") or 0
    groups = Palette(request.user, asked, _page_behind(request), last_key).groups()
    return render_page(request, "overview/palette.html", {"asked": asked, "groups": groups})


def _page_behind(request: SignedInRequest) -> ResolverMatch | None:
    """Return the page on which the palette is open, or None if that is no page of the portal."""
    try:
        return resolve(urlsplit(htmx_of(request).current_url_abs_path or "").path)
    except (Resolver404, ValueError):
        return None


@require_safe
@signed_in
def overview_detail(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Show the overview of a workflow. Opening it starts or continues the scans of its tasks."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    return _render_detail(request, workflow, detail_context(request.user, workflow))


@require_POST
@signed_in
@senders_only
def overview_stuck_hours(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Set after how many hours a task counts as stuck, for all who use the workflow with this key."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    form, index = StuckHoursForm(request.POST), WorkflowIndex.objects.start(workflow)
    if not form.is_valid():
        context = detail_context(request.user, workflow, index) | {"form": form}
        return _render_detail(request, workflow, context, status=422)
    index.update(stuck_hours=form.cleaned_data["hours"])
    messages.success(request, "Kept, for all who look at this workflow with this key.")
    return redirect(reverse("overview:detail", args=[key_id, workflow_id]) + "#stuck")


def _render_detail(
    request: SignedInRequest, workflow: OpenedWorkflow, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    index: WorkflowIndex = context["index"]
    form = StuckHoursForm(initial={"hours": index.stuck_hours})
    page = {"key": workflow.key, "workflow": workflow, "tab": "overview", "problem": index.problem, "form": form}
    return render_page(request, "overview/detail.html", page | context, partials=("overview",), status=status)
