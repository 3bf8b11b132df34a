"""The jobs that the portal's worker runs, and how often. Each app adds its own here."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines_portal.accounts.sessions import delete_expired_sessions
from pipelines_portal.attention.grouping import group_next
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.audit.models import delete_old_events
from pipelines_portal.core.housekeeping import HousekeepingTask
from pipelines_portal.core.sign_in_throttle.throttle import remove_old_tries
from pipelines_portal.entry.form.drafts import forget_old_typed
from pipelines_portal.entry.imports.deletion import remove_old_imports
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.lists.files import delete_old_files
from pipelines_portal.keys.pooled_answers import delete_old_answers
from pipelines_portal.keys.rechecks import recheck_rejected_keys
from pipelines_portal.keys.reminders import mail_expiry_reminders
from pipelines_portal.notifications.events import delete_old_notifications, notify_of_events
from pipelines_portal.notifications.mails import mail_notifications
from pipelines_portal.people.models import delete_old_invitations
from pipelines_portal.submissions.exports import delete_old_exports
from pipelines_portal.submissions.exports import work_on_next as export_next
from pipelines_portal.submissions.retention import delete_unsent_drafts, drop_old_values
from pipelines_portal.submissions.sending import repeat_next
from pipelines_portal.submissions.suggestions import count_values, delete_old_counts
from pipelines_portal.submissions.used_values import record_earlier
from pipelines_portal.system.heartbeats import record_heartbeat
from pipelines_portal.system.models import delete_old_runs
from pipelines_portal.task_index.jobs import scan_next
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.polling import enqueue_due, remove_old_tasks, resume_waiting
from pipelines_portal.uploads.rows import remove_old_rows_files

Job = Callable[[], object]

# Each job may run twice, and in two workers at once. A job that fails is tried again at the next interval.
EVERY_TWO_SECONDS: tuple[Job, ...] = (enqueue_due, count_values, record_earlier)
EVERY_MINUTE: tuple[Job, ...] = (
    record_heartbeat,
    resume_waiting,
    delete_old_answers,
    mail_expiry_reminders,
    recheck_rejected_keys,
    WorkflowIndex.objects.delete_retired,
    notify_of_events,
    mail_notifications,
)
# Also run by `manage.py tidy`.
EVERY_HOUR = (
    HousekeepingTask("Jobs that are over", remove_old_tasks),
    HousekeepingTask("Events older than AUDIT_RETENTION_DAYS", delete_old_events),
    HousekeepingTask("Sessions that are over", delete_expired_sessions),
    HousekeepingTask("Invitations that ended a month ago", delete_old_invitations),
    HousekeepingTask("Counts of sign-in tries", remove_old_tries),
    HousekeepingTask("Imports older than IMPORT_RETENTION_DAYS", remove_old_imports),
    HousekeepingTask("Unsent drafts", delete_unsent_drafts),
    HousekeepingTask("Old typed drafts", forget_old_typed),
    HousekeepingTask("Saved files of submissions", delete_old_exports),
    HousekeepingTask("Files of rows that the worker read", remove_old_rows_files),
    HousekeepingTask("Values sent, older than SUBMISSION_RETENTION_DAYS", drop_old_values),
    HousekeepingTask("Files for lists about which nobody decided", delete_old_files),
    HousekeepingTask("Suggestions not sent for 90 days", delete_old_counts),
    HousekeepingTask("Notifications", delete_old_notifications),
    HousekeepingTask("Records of backups", delete_old_runs),
    HousekeepingTask("Groups of tasks that are over", ProblemGroup.objects.all().delete_old),
    HousekeepingTask(
        "Values in groups, older than SUBMISSION_RETENTION_DAYS", ProblemGroup.objects.all().remove_old_values
    ),
    HousekeepingTask("Counts of unwatched workflows", WorkflowIndex.objects.retire_unseen),
)


@dataclass(frozen=True)
class Loop:
    """A job that mostly waits for the API, in its own threads, so that other jobs do not wait for it.

    `work_on_next` does one piece of work and returns whether there was any.
    """

    name: str
    work_on_next: Callable[[], bool]
    threads: int = 1


LOOPS = (
    Loop("imports", work_on_next, threads=3),
    Loop("lost answers", repeat_next),
    Loop("task index", scan_next, threads=2),
    Loop("groups", group_next),
    Loop("exports", export_next),
)
