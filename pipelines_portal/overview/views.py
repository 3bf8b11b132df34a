from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.demo.try_it import things_to_try
from pipelines_portal.demo.views import HIDDEN
from pipelines_portal.overview.detail import detail_context
from pipelines_portal.overview.forms import StuckHoursForm
from pipelines_portal.overview.home.page import build_home
from pipelines_portal.overview.palette import Palette
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.web.rendering import content_digest, htmx_of, is_poll_of, render_page
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow

HOME_PART, EVERY_SECONDS, SECONDS_WHILE_COUNTING = "home-page", 30, 5


@require_safe
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """Show what a person continues, reviews and follows today, or the first steps until a task exists."""
    now = timezone.now()
    page = build_home(request.user, now)
    things = [] if request.session.get(HIDDEN) else things_to_try(request.user)
    seen = content_digest((page, things))
    is_poll = is_poll_of(request, HOME_PART)
    if is_poll and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    if is_poll and "first" in request.GET and page.steps is None:
        return HttpResponse(headers={"HX-Refresh": "true"})  # the heading and its menus change, too
    greeting = _greeting(request.user, now, is_new=page.steps is not None)
    context = {"home": page, "things": things, "seen": seen, "greeting": greeting}
    every = SECONDS_WHILE_COUNTING if page.reading else EVERY_SECONDS
    context["every"] = every if request.user.reads_live else 0
    return render_page(request, "overview/home/page.html", context, partials=(HOME_PART,))


def _greeting(user: User, now: datetime, *, is_new: bool) -> str:
    """Return "Good afternoon, Ben" by the clock of the person, or "Welcome, Ben"."""
    hour, name = timezone.localtime(now).hour, next(iter(user.name.split()), "")
    if is_new:
        return f"Welcome, {name}" if name else "Welcome"
    if hour < 12:
        return f"Good morning, {name}" if name else "Good morning"
    if hour < 18:
        return f"Good afternoon, {name}" if name else "Good afternoon"
    return f"Good evening, {name}" if name else "Good evening"


@require_safe
@signed_in
def palette(request: SignedInRequest) -> HttpResponse:
    """Show the suggestions of the palette, which every page has."""
    query, last_key = request.GET.get("q", ""), request.session.get("last_key") or 0
    groups = Palette(request.user, query, _page_behind(request), last_key).groups()
    return render_page(request, "overview/palette.html", {"query": query, "groups": groups})


@require_safe
@signed_in
def shortcuts(request: SignedInRequest) -> HttpResponse:
    """Show the keyboard shortcuts: as a page, or for the popover that every page has."""
    return render_page(request, "overview/shortcuts.html", partials=("keys-list",))


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
    messages.success(request, "Saved for everyone with this API key")
    return redirect(reverse("overview:detail", args=[key_id, workflow_id]) + "#stuck")


def _render_detail(
    request: SignedInRequest, workflow: OpenedWorkflow, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    index: WorkflowIndex = context["index"]
    form = StuckHoursForm(initial={"hours": index.stuck_hours})
    page = {"key": workflow.key, "workflow": workflow, "tab": "overview", "problem": index.problem, "form": form}
    page["every"] = f"{EVERY_SECONDS}s" if request.user.reads_live else ""
    return render_page(request, "overview/detail.html", page | context, partials=("overview",), status=status)
