from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import InvalidRequest, TaskStatus
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow, UnattributedTask
from pipelines_portal.task_index.models import GONE, IndexedTask
from pipelines_portal.tasks.conditions import Conditions, read_conditions
from pipelines_portal.tasks.filter_chips import query_box, query_of
from pipelines_portal.tasks.found_tasks import Scope, find, resolve
from pipelines_portal.tasks.merged_list import ATTENTION
from pipelines_portal.tasks.pagination import Pagination
from pipelines_portal.tasks.task_list import found_list
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_PLACES = 12
# The tasks of these statuses are few: they are found without a sender or words.
FEW = (ATTENTION, *NEEDS_ATTENTION, TaskStatus.PAUSED)


@require_safe
@signed_in
def search(request: SignedInRequest) -> HttpResponse:
    """List tasks of all workflows that the person may see. A number finds the task with that ID, too."""
    conditions, pagination = read_conditions(request.GET), Pagination.from_query(request.GET)
    context: dict[str, Any] = {"conditions": conditions, "box": query_box(conditions)}
    status = 422 if conditions.errors else 200
    if not conditions.errors and (url := _workflow_list(request.user, conditions)):
        return redirect(url)
    if conditions.is_typed and not conditions.errors:
        return redirect(reverse("search:search") + query_of(conditions))
    if not (conditions.is_of_sent or conditions.status in FEW or conditions.stuck or conditions.group):
        return render_page(request, "tasks/search.html", context, status=status)
    scope = Scope.everywhere(request.user)
    resolved = resolve(scope, conditions)
    try:
        page = find(scope, resolved, pagination.cursor)
    except InvalidRequest:
        return redirect(reverse("search:search") + query_of(conditions))
    tasks = found_list(scope, resolved, page, pagination)
    context |= {
        "tasks": tasks,
        "box": query_box(conditions, tasks.import_name if tasks else "", tasks.group_name if tasks else ""),
    }
    if conditions.task_id and not pagination.cursor:
        places = places_of(request.user, conditions.task_id)
        context |= {"task_number": str(conditions.task_id), "places": places}
        context["to_look"] = [] if places else places_to_look(request.user)
    return render_page(request, "tasks/search.html", context, status=status)


def _workflow_list(user: User, conditions: Conditions) -> str:
    """Return the URL of the list of the workflow in the conditions, or "" if not exactly one key opened it."""
    workflow_id = number_in(conditions.workflow.removeprefix("#"))
    if workflow_id is None:
        return ""
    usable = SavedKey.objects.usable_by(user).values("pk")
    keys = OpenedWorkflow.objects.filter(key__in=usable, workflow_id=workflow_id).values_list("key", flat=True)[:2]
    if len(keys) != 1:
        return ""
    return reverse("tasks:list", args=[keys[0], workflow_id]) + query_of(conditions.but(workflow=""))


@dataclass(frozen=True)
class TaskPlace:
    """A workflow in which a task is or may be."""

    key_id: int
    workflow_id: int
    workflow_name: str

    @property
    def number(self) -> str:
        return str(self.workflow_id)


def places_of(user: User, task_id: int) -> list[TaskPlace]:
    """Return the workflows that have a task with this ID, as far as the portal knows: mostly one."""
    usable = SavedKey.objects.usable_by(user).values("pk")
    sent: dict[str, Any] = {"task_id": task_id, "submission__key__in": usable}
    columns = ("submission__key", "submission__workflow_id", "submission__workflow_name")
    found: dict[tuple[int, int], TaskPlace] = {}
    for model in (SubmissionRow, UnattributedTask):
        places = model._default_manager.filter(**sent).values_list(*columns)[:MOST_PLACES]
        found |= {(key, workflow): TaskPlace(key, workflow, name) for key, workflow, name in places}
    indexed = IndexedTask.objects.filter(index__workflow__key__in=usable, task_id=task_id).exclude(status=GONE)
    for one in OpenedWorkflow.objects.filter(pk__in=indexed.order_by().values("index__workflow")):
        found[one.key_id, one.workflow_id] = TaskPlace(one.key_id, one.workflow_id, one.name)
    # Several keys may have opened the workflow: any of them leads to the task.
    of_workflows = {workflow: place for (_, workflow), place in sorted(found.items(), reverse=True)}
    return [of_workflows[workflow] for workflow in sorted(of_workflows)][:MOST_PLACES]


def places_to_look(user: User) -> list[TaskPlace]:
    """Return the workflows they opened last, where a task that the portal does not know may be."""
    usable = SavedKey.objects.usable_by(user).values("pk")
    opened = OpenedWorkflow.objects.filter(key__in=usable).marked_by(user).in_sight().recent_first()
    return [TaskPlace(each.key_id, each.workflow_id, each.name) for each in opened[:MOST_PLACES]]
