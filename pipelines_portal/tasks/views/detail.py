from datetime import datetime
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.api_client import AWAY, NotFound, PipelinesClient, Task
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.keys.clients import client_for
from pipelines_portal.submissions.origin import Origin, briefs_of_tasks, origin_of_task, title_of
from pipelines_portal.submissions.shown_values import ShownValue, compared_values, shown_values, with_accepted
from pipelines_portal.task_index.models import GONE, IndexedTask, TaskNote
from pipelines_portal.tasks.forms import MistakeForm, MuteForm
from pipelines_portal.tasks.found_tasks import task_of
from pipelines_portal.tasks.known import steps_of
from pipelines_portal.tasks.live_page import moves
from pipelines_portal.tasks.neighbours import neighbours
from pipelines_portal.tasks.timeline import status_event, timeline
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow
from pipelines_portal.workflows.titles import titles_of

# What the page shows of the index.
INDEXED_COLUMNS = ("status", "updated_at", "nodes_finished")


class NoSuchTask(Http404):
    """A 404 page that names the task and leads back to the list."""

    def __init__(self, workflow: OpenedWorkflow, task_id: int) -> None:
        super().__init__()
        self.title = f"Task {task_id} isn’t in {workflow.name}"
        self.sentence = "It may belong to another workflow."
        self.action = "View tasks"
        self.address = reverse("tasks:list", args=[workflow.key_id, workflow.workflow_id])


@require_safe
@signed_in
def task_detail(request: SignedInRequest, key_id: int, workflow_id: int, task_id: int) -> HttpResponse:
    """Show one task. `?from=` is the query of the list that led here."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    key, now = workflow.key, timezone.now()
    client = client_for(key)
    task, known_at = _task(client, workflow, task_id)
    context: dict[str, Any] = {"key": key, "workflow": workflow, "tab": "tasks", "task": task, "now": now}
    context["known_at"] = known_at
    context |= {"task_number": str(task.id), "moves": moves(task, now)}
    if request.htmx:
        context["event"] = status_event(task)
    else:
        origin = origin_of_task(request.user, key, workflow_id, task_id, task.created_at)
        fields = origin.fields if origin else None
        context |= {"origin": origin, "text": title_of(fields or {}, workflow.title_field)}
        came_from, is_away = request.GET.get("from", ""), known_at is not None
        context["beside"] = neighbours(request.user, workflow, client, task_id, came_from, is_away=is_away)
        context |= _note(workflow, task)
        context["values"] = None if origin is None else _values(request.user, workflow, origin, context["replaces"])
        in_index = IndexedTask.objects.filter(index__workflow=workflow, task_id=task.id).exclude(status=GONE)
        indexed = in_index.only(*INDEXED_COLUMNS).first()
        if not context["values"]:
            context["steps"] = steps_of(task, now)
        events = timeline(request.user, task, indexed, origin, context["note"], context["replaces"])
        context["timeline"] = events
        # What the page knows when a form about it is posted.
        context["carried"] = [
            ("task", str(task.id)), (f"status-{task.id}", task.status), ("seen_at", now.isoformat()),
            ("next", request.path + context["beside"].tail),
        ]  # fmt: skip
    return render_page(request, "tasks/detail.html", context, partials=("task-state",))


def _task(client: PipelinesClient, workflow: OpenedWorkflow, task_id: int) -> tuple[Task, datetime | None]:
    """Return the task. While Pipelines is away, return it as the index knows it, and when that was read."""
    try:
        return client.task(workflow.workflow_id, task_id), None
    except NotFound:
        raise NoSuchTask(workflow, task_id) from None
    except AWAY:
        timed = IndexedTask.objects.exclude(status=GONE).exclude(created_at=None).exclude(updated_at=None)
        known = timed.filter(index__workflow=workflow, task_id=task_id).first()
        if known is None:
            raise
        return task_of(known), known.read_at


def _values(reader: User, workflow: OpenedWorkflow, origin: Origin, replaced: int | None) -> list[ShownValue] | None:
    """Return the values of the task; of a corrected copy, also those that were others before."""
    fields = origin.fields
    if fields is None:
        return None
    titles = titles_of(workflow.key_id, workflow.workflow_id)
    place = reader, workflow.key, workflow.workflow_id
    before = briefs_of_tasks(*place, {replaced: None}).get(replaced) if replaced else None
    earlier = before.fields if before else None
    values = compared_values(fields, earlier, titles) if earlier else shown_values(fields, titles)
    return with_accepted(values, origin.accepted, titles)


def _note(workflow: OpenedWorkflow, task: Task) -> dict[str, Any]:
    """Return the note that holds for the task, the task that it replaces, and the forms for a note."""
    notes = TaskNote.objects.filter(Q(task_id=task.id) | Q(replaced_by=task.id), workflow=workflow)
    by_task = {each.task_id: each for each in notes if each.is_about(task.created_at)}
    note = by_task.pop(task.id, None)
    if note is not None and not note.holds(task.status, task.created_at):
        note = None
    may_mute = note is None and task.status in NEEDS_ATTENTION
    may_mark = note is None or not note.is_mistake
    return {
        "note": note,
        "replaces": next(iter(by_task), None),
        "mute_form": MuteForm(auto_id="mute_%s") if may_mute else None,
        "mistake_form": MistakeForm(auto_id="mistake_%s") if may_mark else None,
    }
