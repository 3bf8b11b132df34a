"""Open the grid with copies of tasks, to be corrected and created in place of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.entry.rows.row_list import MOST_IN_PAGE
from pipelines_portal.entry.rows.typed import (
    current_typed,
    get_or_start_typed,
)
from pipelines_portal.entry.sheets.copies import MOST_COPIES, add_copies, open_copies, replaced_among, tasks_to_copy
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.origin import briefs_of_tasks
from pipelines_portal.web.parameters import number_in
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow

# Tasks that are not copied are named, if they are not more.
MOST_NAMED = 10


@require_POST
@signed_in
@senders_only
def sheet_copy(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Open the grid with copies of tasks, to be corrected and created in place of them."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    schema = cached_schema(workflow, client_for(workflow.key))
    if group_id := number_in(request.POST.get("group", "")):
        task_ids = _tasks_of_group(request, workflow, group_id)
    else:
        task_ids = [number for text in request.POST.getlist("task")[:MOST_IN_PAGE] if (number := number_in(text))]
    address = reverse("sheets:new", args=[key_id, workflow_id])
    is_open = open_copies(current_typed(request.user, workflow), task_ids)
    replaced = replaced_among(workflow, task_ids)
    task_ids = [task_id for task_id in task_ids if task_id not in is_open and task_id not in replaced]
    if is_open:
        tasks = "1 task has" if len(is_open) == 1 else f"{len(is_open):,} tasks have"
        messages.info(request, f"{tasks} a copy here already. Create or skip it first.")
    if replaced:
        messages.warning(request, f"Not copied: {_named(replaced)}. Corrected copies have replaced them.")
    if is_open and not task_ids:
        return redirect(f"{address}?at={min(is_open.values())}")
    known = briefs_of_tasks(request.user, workflow.key, workflow_id, dict.fromkeys(task_ids))
    values = {task_id: brief.fields for task_id in task_ids if (brief := known.get(task_id)) and brief.fields}
    if left := [task_id for task_id in task_ids if task_id not in values]:
        messages.warning(request, f"Not copied: {_named(left)}. The values aren’t stored here, or you can’t see them.")
    if not values:
        return redirect("attention:detail", group_id) if group_id else redirect("tasks:list", key_id, workflow_id)
    try:
        first = add_copies(get_or_start_typed(request.user, workflow, schema), request.user, values)
    except CannotChange as error:
        messages.error(request, str(error))
        return redirect(address)
    return redirect(f"{address}?at={first}")


def _named(tasks: list[int]) -> str:
    return ", ".join(map(str, tasks)) if len(tasks) <= MOST_NAMED else f"{len(tasks):,} tasks"


def _tasks_of_group(request: SignedInRequest, workflow: OpenedWorkflow, group_id: int) -> list[int]:
    """Return the tasks of a group as they are on pressing, and say which of them have changed since."""
    group = get_object_or_404(ProblemGroup.objects.filter(workflow=workflow), pk=group_id)
    group.workflow = workflow
    task_ids, changed, is_known = tasks_to_copy(group, client_for(workflow.key))
    if not is_known:
        messages.warning(request, "Pipelines isn’t responding. Some of these tasks may have changed since.")
    elif changed:
        tasks = "1 task has" if len(changed) == 1 else f"{len(changed):,} tasks have"
        left = f"{tasks} another status now and {'is' if len(changed) == 1 else 'are'} left out"
        messages.warning(request, f"Counted again: {left}.")
    if group.task_count > MOST_COPIES:
        messages.info(request, f"The newest {MOST_COPIES} of {group.task_count:,} tasks are copied. Create them first.")
    return task_ids
