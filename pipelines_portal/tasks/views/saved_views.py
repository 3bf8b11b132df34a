"""Named views of a list, and its columns of values."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring
from pipelines_portal.tasks.arrangement import conditions_of, read_arrangement, stored_query
from pipelines_portal.tasks.forms import ListColumnsForm, ViewForm
from pipelines_portal.tasks.models import (
    LONGEST_QUERY,
    MOST_VIEWS,
    ListLayout,
    SavedView,
    teams_led,
)
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow
from pipelines_portal.workflows.titles import known_schema

NAME_TAKEN = "A view has this name already."
TOO_MANY = f"At most {MOST_VIEWS} views. Delete one first."
TOO_LONG = "The list has too many conditions for a view."
CHANGED = "Someone else has already changed this view. Open it again, then save."


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def columns(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Choose the fields that are columns of one's own list."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = known_schema(workflow)
    shown = read_arrangement(request.user, workflow).columns
    form = ListColumnsForm(schema.fields if schema else [], shown, request.POST if request.method == "POST" else None)
    if form.is_valid():
        ListLayout.store(request.user, workflow, columns=form.cleaned_data["columns"])
        messages.success(request, "Columns saved")
        return redirect("tasks:list", key_id, workflow_id)
    context = {"key": workflow.key, "workflow": workflow, "tab": "tasks", "form": form}
    return render_page(request, "tasks/columns.html", context, status=422 if form.is_bound else 200)


@require_safe
@signed_in
def view_list(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    return _view_page(request, usable_workflow(request.user, key_id, workflow_id))


def _view_page(request: SignedInRequest, workflow: OpenedWorkflow, error: str = "", wrong: int = 0) -> HttpResponse:
    """Show all views. `error` is about the one whose primary key is `wrong`."""
    views = SavedView.objects.visible_to(request.user, workflow).select_related("team", "made_by")
    changeable = set(SavedView.objects.changeable_by(request.user, workflow).values_list("pk", flat=True))
    lines = [
        {
            "view": view, "typed": typed_query(view.query), "may_change": view.pk in changeable,
            "url": f"?view={view.pk}&{view.query}", "error": error if view.pk == wrong else "",
        }
        for view in sorted(views, key=lambda view: (str(view.team or ""), view.name))
    ]  # fmt: skip
    context: dict[str, Any] = {"key": workflow.key, "workflow": workflow, "tab": "tasks", "lines": lines}
    context["first"] = read_arrangement(request.user, workflow).first_view
    context["teams"] = list(teams_led(request.user, workflow.key))
    return render_page(request, "tasks/views.html", context, status=422 if error else 200)


def typed_query(query: str) -> str:
    """Return the conditions of a view as people type them."""
    conditions = conditions_of(query)
    own = [("status", conditions.status), ("sent", conditions.sent), ("import", conditions.import_)]
    own += [("created", conditions.day), ("stuck", conditions.stuck), ("group", conditions.group)]
    typed = [f"{name}:{value}" for name, value in own if value]
    return " ".join([*typed, *(extra.typed for extra in conditions.where), conditions.words]).strip()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in(restore_form=True)
def view_add(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Save the list of a query under a name."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    posted = request.POST if request.method == "POST" else request.GET
    query, teams = stored_query(conditions_of(posted.get("query", ""))), list(teams_led(request.user, workflow.key))
    form = ViewForm(teams, request.POST if request.method == "POST" else None)
    if not is_restoring(request) and form.is_valid():
        owner = (
            {"team_id": int(form.cleaned_data["team"])} if form.cleaned_data.get("team") else {"person": request.user}
        )
        view = SavedView(name=form.cleaned_data["name"], query=query, **owner)
        if not (error := _add(view, workflow, request.user)):
            if form.cleaned_data["opens_first"]:
                ListLayout.store(request.user, workflow, first_view=view)
            messages.success(request, f"View “{view.name}” saved")
            return redirect(f"{reverse('tasks:list', args=[key_id, workflow_id])}?view={view.pk}&{query}")
        form.add_error("name", error)
    context = {"key": workflow.key, "workflow": workflow, "tab": "tasks", "form": form, "query": query}
    context["typed"] = typed_query(query)
    status = 422 if form.is_bound and not is_restoring(request) else 200
    return render_page(request, "tasks/view_add.html", context, status=status)


def _add(view: SavedView, workflow: OpenedWorkflow, by: User) -> str:
    """Store a new view, and return "" or why it cannot be stored."""
    view.pk, view.key_id, view.workflow_id, view.made_by = None, workflow.key_id, workflow.workflow_id, by
    return TOO_LONG if len(view.query) > LONGEST_QUERY else _error_of_full(view) or _save(view)


def _error_of_full(view: SavedView) -> str:
    """Return an error if the view's owner has as many views of the workflow as possible."""
    of_owner = SavedView.objects.filter(
        key=view.key_id, workflow_id=view.workflow_id, person=view.person_id, team=view.team_id
    )
    return TOO_MANY if of_owner.count() >= MOST_VIEWS else ""


def _save(view: SavedView) -> str:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        return NAME_TAKEN
    return ""


@require_POST
@signed_in
def view_change(request: SignedInRequest, key_id: int, workflow_id: int, view_id: int) -> HttpResponse:
    """Rename, share or delete a view, store the list that it shows now, or let it open first."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    deed = request.POST.get("do", "")
    if deed not in DEEDS:
        return HttpResponseBadRequest("Unknown action")
    views = SavedView.objects
    seen = views.visible_to(request.user, workflow) if deed in FOR_ALL else views.changeable_by(request.user, workflow)
    view = get_object_or_404(seen, pk=view_id)
    error = DEEDS[deed](request, workflow, view)
    if error:
        return _view_page(request, workflow, error, view_id)
    if deed == "save":
        return redirect(f"{reverse('tasks:list', args=[key_id, workflow_id])}?view={view.pk}&{_posted_query(request)}")
    return redirect("tasks:view_list", key_id, workflow_id)


def _posted_query(request: SignedInRequest) -> str:
    return stored_query(conditions_of(request.POST.get("query", "")))


def _store(request: SignedInRequest, workflow: OpenedWorkflow, view: SavedView) -> str:
    query = _posted_query(request)
    if len(query) > LONGEST_QUERY:
        return TOO_LONG
    if not view.replace_query(request.POST.get("seen", ""), query):
        return CHANGED
    messages.success(request, f"View “{view.name}” saved")
    return ""


def _rename(request: SignedInRequest, workflow: OpenedWorkflow, view: SavedView) -> str:
    form = ViewForm([], request.POST)
    if not form.is_valid():
        return " ".join(map(str, form.errors["name"]))
    view.name = form.cleaned_data["name"]
    return _save(view)


def _share(request: SignedInRequest, workflow: OpenedWorkflow, view: SavedView) -> str:
    """Make a view that of a team that the person leads. They see it under the team's name."""
    team = get_object_or_404(teams_led(request.user, workflow.key), pk=number_in(request.POST.get("team", "")) or 0)
    if view.team_id:
        raise Http404
    view.person, view.team = None, team
    error = _error_of_full(view) or _save(view)
    if not error:
        messages.success(request, f"Team {team} sees “{view.name}”")
    return error


def _delete(request: SignedInRequest, workflow: OpenedWorkflow, view: SavedView) -> str:
    messages.success(request, f"View “{view.name}” deleted")
    view.delete()
    return ""


def _open_first(request: SignedInRequest, workflow: OpenedWorkflow, view: SavedView) -> str:
    ListLayout.store(request.user, workflow, first_view=view)
    return ""


def _stop_opening_first(request: SignedInRequest, workflow: OpenedWorkflow, view: SavedView) -> str:
    ListLayout.objects.filter(
        person=request.user, key=workflow.key_id, workflow_id=workflow.workflow_id, first_view=view
    ).update(first_view=None)
    return ""


DEEDS: dict[str, Callable[[SignedInRequest, OpenedWorkflow, SavedView], str]] = {
    "save": _store, "rename": _rename, "share": _share, "delete": _delete, "open-first": _open_first,
    "stop-opening-first": _stop_opening_first,
}  # fmt: skip
# What people may do with views that they may not change.
FOR_ALL = {"open-first", "stop-opening-first"}
