"""The timeline of a task: what the ledger, the index, the API and the note of the task say, newest first.

The API tells only when a task was created and last changed. An earlier status is there only if the index has read it.
"""

from dataclasses import dataclass
from datetime import datetime

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Task
from pipelines_portal.api_client.task_status import icon_of, label_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.origin import Origin
from pipelines_portal.task_index.models import GONE, IndexedTask, TaskNote
from pipelines_portal.workflows.models import OpenedWorkflow

SOURCES = {Submission.Kind.FORM: "the form", Submission.Kind.ZIP: "a ZIP upload", Submission.Kind.IMPORT: "an import"}


@dataclass(frozen=True)
class Event:
    """A line of the timeline. `quote` is a person's note; `source` is what the task was created from.

    `task` is another task that it replaces, or that replaces it, behind `task_words`.
    `status` is the icon that gives the line its color. `is_now`: the present status, which a refresh replaces.
    """

    icon: str
    words: str
    at: datetime | None
    status: str = ""
    quote: str = ""
    source: str = ""
    submission: Submission | None = None
    row: int | None = None
    task: int | None = None
    task_words: str = ""
    is_now: bool = False


def status_event(task: Task) -> Event:
    """Return the present status, with the time of the last change."""
    summary = task.node_summary
    is_under_way = 0 < summary.finished < summary.total
    steps = f", {summary.finished:,} of {summary.total:,} steps finished" if is_under_way else ""
    icon = icon_of(task.status)
    return Event(icon, f"{label_of(task.status)}{steps}", task.updated_at, icon, is_now=True)


def timeline(
    user: User,
    workflow: OpenedWorkflow,
    task: Task,
    origin: Origin | None,
    note: TaskNote | None,
    replaces: int | None,
) -> list[Event]:
    """Return the events of the task. The present status comes before what happened at the same time."""
    events = [status_event(task), *_earlier_status(workflow, task)]
    if note is not None:
        events.append(_note_event(user, note))
    events.sort(key=lambda event: event.at or task.created_at, reverse=True)
    return [*events, _creation(user, task, origin, replaces)]


def _earlier_status(workflow: OpenedWorkflow, task: Task) -> list[Event]:
    """Return the status that the index has read before the present one."""
    read = IndexedTask.objects.filter(index__workflow=workflow, task_id=task.id).exclude(status__in=[task.status, GONE])
    return [
        Event(icon_of(known.status), label_of(known.status), known.updated_at, icon_of(known.status))
        for known in read
        if known.updated_at and task.updated_at and known.updated_at <= task.updated_at
    ]


def _note_event(user: User, note: TaskNote) -> Event:
    who = _name(user, note.person) if note.person else "Somebody"
    if note.replaced_by:
        return Event("duplicate", f"{who} replaced it", note.at, task=note.replaced_by, task_words="with")
    if note.is_mistake:
        return Event("x", f"{who} marked this task as a mistake", note.at, quote=note.text)
    return Event("mute", f"{who} muted this task", note.at, quote=note.text)


def _creation(user: User, task: Task, origin: Origin | None, replaces: int | None) -> Event:
    if origin is None:
        return Event("sent", "Created outside the portal", task.created_at)
    submission = origin.submission
    words, at = f"{_name(user, submission.owner)} created it", submission.sent_at or submission.created_at
    if not origin.is_visible:
        return Event("sent", words, at, task=replaces, task_words="in place of")
    source = submission.group_name or SOURCES[Submission.Kind(submission.kind)]
    return Event(
        "sent", words, at, source=source, submission=submission, row=origin.row_number, task=replaces,
        task_words="in place of",
    )  # fmt: skip


def _name(user: User, person: User) -> str:
    return "You" if person.pk == user.pk else str(person)
