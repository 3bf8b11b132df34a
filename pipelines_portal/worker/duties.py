"""What the portal's worker does by itself. A room adds its duty here."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines_portal.accounts.sessions import delete_expired_sessions
from pipelines_portal.audit.models import delete_old_events
from pipelines_portal.core.housekeeping import Tidying
from pipelines_portal.core.sign_in_throttle.throttle import remove_old_tries
from pipelines_portal.entry.form.drafts import forget_old_typed
from pipelines_portal.entry.imports.deletion import remove_old_imports
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.imports.task_counts import count_next
from pipelines_portal.keys.models import UNDO_HOURS
from pipelines_portal.keys.pooled_answers import delete_old_answers
from pipelines_portal.keys.reminders import mail_expiry_reminders
from pipelines_portal.keys.replacement import delete_old_replaced_keys
from pipelines_portal.notifications.events import delete_old_notifications, notify_of_events
from pipelines_portal.notifications.mails import mail_notifications
from pipelines_portal.people.models import delete_old_invitations
from pipelines_portal.submissions.exports import delete_old_exports
from pipelines_portal.submissions.exports import work_on_next as export_next
from pipelines_portal.submissions.retention import delete_unsent_drafts, drop_old_values
from pipelines_portal.system.metrics.worker_beats import beat
from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.polling import enqueue_due, remove_old_tasks, resume_waiting
from pipelines_portal.uploads.rows import remove_old_rows_files

Duty = Callable[[], object]

# Each may run twice, and in two workers at once. What one of them cannot do now, it does at its next turn.
EVERY_TWO_SECONDS: tuple[Duty, ...] = (enqueue_due,)
EVERY_MINUTE: tuple[Duty, ...] = (
    beat,
    resume_waiting,
    delete_old_answers,
    mail_expiry_reminders,
    WorkflowIndex.objects.delete_retired,
    notify_of_events,
    mail_notifications,
)
# Every hour, and by `manage.py tidy`.
TIDYING = (
    Tidying("Jobs that are over", remove_old_tasks),
    Tidying("Events older than AUDIT_RETENTION_DAYS", delete_old_events),
    Tidying("Sessions that are over", delete_expired_sessions),
    Tidying("Invitations that ended a month ago", delete_old_invitations),
    Tidying("Counts of sign-in tries", remove_old_tries),
    Tidying("Imports older than IMPORT_RETENTION_DAYS", remove_old_imports),
    Tidying("Drafts that nobody sent", delete_unsent_drafts),
    Tidying("Typed drafts that nobody touched", forget_old_typed),
    Tidying("Saved files of submissions", delete_old_exports),
    Tidying("Files of rows that the worker read", remove_old_rows_files),
    Tidying("Values sent, older than SUBMISSION_RETENTION_DAYS", drop_old_values),
    Tidying("Notifications", delete_old_notifications),
    Tidying(f"Keys that were replaced {UNDO_HOURS} hours ago", delete_old_replaced_keys),
    Tidying("Counts of workflows that nobody looked at", WorkflowIndex.objects.retire_unseen),
)


@dataclass(frozen=True)
class Loop:
    """Work that waits for answers most of the time, in threads of its own: the rest must not wait behind it.

    `work_on_next` says whether there was something to do.
    """

    name: str
    work_on_next: Callable[[], bool]
    threads: int = 1


def _next_of_imports() -> bool:
    return work_on_next() or count_next()


LOOPS = (
    Loop("imports", _next_of_imports, threads=3),
    Loop("task index", scan_next, threads=2),
    Loop("exports", export_next),
)
