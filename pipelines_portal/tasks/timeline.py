"""The timeline of a task: what the submissions, the index, the API and the note of the task say, newest first.

The API tells only when a task was created and last changed. An earlier status is there only if the index has read it.
"""

from dataclasses import dataclass
from datetime import datetime

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Task
from pipelines_portal.api_client.task_status import icon_of, label_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.origin import Origin
from pipelines_portal.task_index.models import IndexedTask, TaskNote


@dataclass(frozen=True)
class TimelineEvent:
    """A line of the timeline. `kind` chooses its sentence in the template.

    `by` is the person who did it, "" for the reader. `quote` is a person's note. `task` is another task that it
    replaces, or that replaces it. `status` is the icon that gives the line its color. `is_now`: the present status,
    which a refresh replaces.
    """

    icon: str
    kind: str
    at: datetime | None
    status: str = ""
    words: str = ""
    by: str = ""
    quote: str = ""
    submission: Submission | None = None
    row: int | None = None
    task: int | None = None
    is_now: bool = False


def status_event(task: Task) -> TimelineEvent:
    """Return the present status, with the time of the last change."""
    steps, icon, words = task.node_summary, icon_of(task.status), label_of(task.status)
    if 0 < steps.finished < steps.total:
        words = f"{words}, {steps.finished:,} of {steps.total:,} steps finished"
    return TimelineEvent(icon, "status", task.updated_at, icon, words, is_now=True)


def timeline(
    user: User,
    task: Task,
    indexed: IndexedTask | None,
    origin: Origin | None,
    note: TaskNote | None,
    replaces: int | None,
) -> list[TimelineEvent]:
    """Return the events of the task. The present status comes before what happened at the same time.

    `indexed` is the task as the index has read it.
    """
    events = [status_event(task), *_earlier_status(indexed, task)]
    if note is not None:
        events.append(_note_event(user, note))
    events.sort(key=lambda event: event.at or task.created_at, reverse=True)
    accepted = [
        TimelineEvent("check", "accepted", each.at, "warning", each.short, each.who_for(user), each.reason)
        for each in reversed(origin.accepted if origin else ())
    ]
    return [*events, _creation(user, task, origin, replaces), *accepted]


def _earlier_status(known: IndexedTask | None, task: Task) -> list[TimelineEvent]:
    """Return the status that the index has read before the present one."""
    if known is None or known.status == task.status or known.updated_at is None or known.updated_at > task.updated_at:
        return []
    icon = icon_of(known.status)
    return [TimelineEvent(icon, "status", known.updated_at, icon, label_of(known.status))]


def _note_event(user: User, note: TaskNote) -> TimelineEvent:
    by = _name(user, note.person) if note.person else "Someone"
    if note.replaced_by:
        return TimelineEvent("duplicate", "replaced", note.at, by=by, task=note.replaced_by)
    if note.is_mistake:
        return TimelineEvent("x", "mistake", note.at, by=by, quote=note.text)
    return TimelineEvent("mute", "muted", note.at, by=by, quote=note.text)


def _creation(user: User, task: Task, origin: Origin | None, replaces: int | None) -> TimelineEvent:
    if origin is None:
        return TimelineEvent("sent", "outside", task.created_at)
    submission = origin.submission
    by, at = _name(user, submission.owner), submission.sent_at or submission.created_at
    if not origin.is_visible:
        return TimelineEvent("sent", "created", at, by=by, task=replaces)
    return TimelineEvent("sent", "created", at, by=by, submission=submission, row=origin.row_number, task=replaces)


def _name(user: User, person: User) -> str:
    """Return the person's name, or "" for the reader."""
    return "" if person.pk == user.pk else str(person)
