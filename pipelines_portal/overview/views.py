from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.overview.forms import StuckHoursForm
from pipelines_portal.overview.home_page import first_steps, home_of
from pipelines_portal.overview.workflow_page import overview_of
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow


@require_safe
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """What needs somebody, over all workflows one has; how to begin, for who has none."""
    found = home_of(request.user, request.GET.get("show", ""))
    if found is None:
        return render_page(request, "overview/first_steps.html", first_steps(request.user))
    return render_page(request, "overview/home.html", found)


@require_safe
@signed_in
def overview_detail(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """How the workflow is doing, as far as its tasks were read. To open it is to have them read."""
    workflow = _workflow(request, key_id, workflow_id)
    return _page(request, workflow, overview_of(request.user, workflow))


@require_POST
@signed_in
@senders_only
def overview_stuck_hours(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """For all who look at this workflow with this key."""
    workflow = _workflow(request, key_id, workflow_id)
    form, index = StuckHoursForm(request.POST), WorkflowIndex.objects.start(workflow)
    if not form.is_valid():
        return _page(request, workflow, overview_of(request.user, workflow, index) | {"form": form}, status=422)
    hours = form.cleaned_data["hours"]
    WorkflowIndex.objects.filter(pk=index.pk).update(stuck_hours=hours)
    messages.success(request, "Kept, for all who look at this workflow with this key.")
    return redirect(reverse("overview:detail", args=[key_id, workflow_id]) + "#stuck")


def _workflow(request: SignedInRequest, key_id: int, workflow_id: int) -> OpenedWorkflow:
    return usable_workflow(request.user, key_id, workflow_id)


def _page(
    request: SignedInRequest, workflow: OpenedWorkflow, found: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    index: WorkflowIndex = found["index"]
    context = {"key": workflow.key, "workflow": workflow, "tab": "overview", "problem": index.problem}
    context |= {"form": StuckHoursForm(initial={"hours": index.stuck_hours})} | found
    return render_page(request, "overview/detail.html", context, partials=("overview",), status=status)
