"""Muting tasks, and marking them as mistakes: one or many tasks of a workflow in one POST."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.restored_forms import is_restoring, typed_values
from pipelines_portal.api_client import NotFound
from pipelines_portal.keys.clients import client_for
from pipelines_portal.task_index.counts import statuses_of
from pipelines_portal.task_index.models import MUTABLE, NoteState, TaskNote
from pipelines_portal.tasks.forms import NO_TASK_SELECTED, ClearNoteForm, MistakeForm, MuteForm, TasksForm
from pipelines_portal.tasks.note_undo import NoteUndo, undo_last
from pipelines_portal.web.rendering import render_page
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow

# So many tasks of one form are read from Pipelines. A page is rarely newer than the index for more.
MOST_READ = 50


@require_POST
@signed_in(restore_form=True)
@senders_only
def task_mute(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Mute tasks, for everybody who uses the workflow with this key."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    form = MuteForm(request.POST)
    if is_restoring(request) or not form.is_valid():
        question = ("Mute task {}?", "Mute {} tasks?")
        return _form_page(request, workflow, form, "tasks/mute.html", question)
    posted = form.cleaned_data
    statuses = _known_statuses(workflow, form)
    seen = {task_id: status for task_id, status in statuses.items() if form.status_of(task_id) in ("", status)}
    undo = NoteUndo.before(workflow, posted["task_ids"])
    muted = TaskNote.objects.mute(workflow, seen, posted["note"], request.user, seen_at=posted["seen_at"])
    if muted:
        undo.offer(request, _sentence(muted, "Task {} muted", "{} tasks muted"))
    left = [task_id for task_id in posted["task_ids"] if task_id not in muted]
    if changed := [task_id for task_id in left if statuses.get(task_id) in MUTABLE]:
        one = "Task {} not muted: its status has changed"
        messages.warning(request, _sentence(changed, one, "{} tasks not muted: their status has changed"))
    if others := [task_id for task_id in left if statuses.get(task_id) not in MUTABLE]:
        one = "Task {} not muted: it doesn’t need attention"
        messages.warning(request, _sentence(others, one, "{} tasks not muted: they don’t need attention"))
    return _back(request, workflow, posted["task_ids"])


def _known_statuses(workflow: OpenedWorkflow, form: MuteForm) -> dict[int, str]:
    """Return the statuses that the index knows. Where the page says another one, ask Pipelines."""
    task_ids = form.cleaned_data["task_ids"]
    statuses, client = statuses_of(workflow, task_ids), client_for(workflow.key)
    unsure = [each for each in task_ids if form.status_of(each) in MUTABLE - {statuses.get(each)}]
    for task_id in unsure[:MOST_READ]:
        try:
            statuses[task_id] = client.task(workflow.workflow_id, task_id).status
        except NotFound:
            statuses.pop(task_id, None)
    return statuses


@require_POST
@signed_in(restore_form=True)
@senders_only
def task_mark_mistake(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Mark tasks as mistakes, for everybody who uses the workflow with this key."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    form = MistakeForm(request.POST)
    if is_restoring(request) or not form.is_valid():
        question = ("Mark task {} as a mistake?", "Mark {} tasks as mistakes?")
        return _form_page(request, workflow, form, "tasks/mark_mistake.html", question)
    task_ids = form.cleaned_data["task_ids"]
    undo = NoteUndo.before(workflow, task_ids)
    TaskNote.objects.mark_as_mistakes(workflow, task_ids, form.cleaned_data["note"], request.user)
    undo.offer(request, _sentence(task_ids, "Task {} marked as a mistake", "{} tasks marked as mistakes"))
    return _back(request, workflow, task_ids)


@require_POST
@signed_in
@senders_only
def task_clear_note(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """End mutes, or count mistakes again."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    form = ClearNoteForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(NO_TASK_SELECTED)
    task_ids, state = form.cleaned_data["task_ids"], form.cleaned_data["state"]
    if cleared := TaskNote.objects.clear(workflow, task_ids, state, request.user):
        unmuted = ("Task {} unmuted", "{} tasks unmuted")
        counted_again = ("Task {} is counted again", "{} tasks are counted again")
        messages.success(request, _sentence(cleared, *(unmuted if state == NoteState.MUTED else counted_again)))
    else:
        messages.warning(request, "Someone else has already changed this")
    return _back(request, workflow, task_ids)


@require_POST
@signed_in
@senders_only
def task_undo_note(request: SignedInRequest, key_id: int, workflow_id: int) -> HttpResponse:
    """Take back the last mutes or marks of this session: the tasks have their earlier notes again."""
    workflow = usable_workflow(request.user, key_id, workflow_id)
    undone, left = undo_last(request, workflow)
    if undone:
        messages.success(request, _sentence(undone, "Undone for task {}", "Undone for {} tasks"))
    if left or not undone:
        messages.warning(request, "Someone else has already changed this")
    return _back(request, workflow, undone)


def _form_page(
    request: SignedInRequest,
    workflow: OpenedWorkflow,
    form: TasksForm,
    template: str,
    question: tuple[str, str],
) -> HttpResponse:
    """Show the form alone, with what was posted. It may come from any page."""
    form.fields["note"].widget.attrs["autofocus"] = True
    posted = request.POST.getlist("task")
    carried = [(name, text) for name, text in typed_values(request) if name != "note"]
    context: dict[str, Any] = {"key": workflow.key, "workflow": workflow, "tab": "tasks", "form": form}
    context |= {"carried": carried, "question": _sentence(posted, *question) if posted else "", "back": _next(request)}
    return render_page(request, template, context, status=200 if is_restoring(request) else 422)


def _sentence(task_ids: Sequence[int | str], one: str, several: str) -> str:
    """Return `one` with the ID of the only task, or `several` with the number of tasks."""
    return one.format(task_ids[0]) if len(task_ids) == 1 else several.format(len(task_ids))


def _next(request: SignedInRequest) -> str:
    """Return the URL of the page that posted the form, or "" if it is not one of this portal."""
    url = request.POST.get("next", "")
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts=None) else ""


def _back(request: SignedInRequest, workflow: OpenedWorkflow, task_ids: list[int]) -> HttpResponse:
    place = [workflow.key_id, workflow.workflow_id]
    if not task_ids:
        return HttpResponseRedirect(_next(request) or reverse("tasks:list", args=place))
    if url := _next(request):
        is_list = url.partition("?")[0] == reverse("tasks:list", args=place)
        # The browser gives the focus to the row, or a script to the next one: see task-selection.js.
        return HttpResponseRedirect(f"{url}#t{task_ids[-1]}" if is_list else url)
    return redirect("tasks:detail", *place, task_ids[0]) if len(task_ids) == 1 else redirect("tasks:list", *place)
