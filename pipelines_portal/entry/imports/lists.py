"""Lists of imports: recent, deleted, and those that wait for a person."""

from django.db.models import Exists, OuterRef, Q

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import ImportJob, ImportJobs
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow

HAS_REQUESTS = Exists(Submission.objects.filter(group=OuterRef("pk")))
LARGE_COLUMNS = ("reading_result", "matching", "schema", "task_counts", "scan")
MOST_LISTED = 20


def list_recent(user: User, workflow: OpenedWorkflow) -> ImportJobs:
    """Return the visible imports of a workflow, the last changed first, without deleted ones and typed rows."""
    files = _visible_in(user, workflow).filter(kind=ImportJob.Kind.FILE)
    return files.exclude(status=ImportJob.Status.DELETED).annotate(has_requests=HAS_REQUESTS)


def list_deleted(user: User, workflow: OpenedWorkflow) -> ImportJobs:
    """Return the deleted imports of a workflow that the person may restore, the newest first."""
    return _visible_in(user, workflow).filter(status=ImportJob.Status.DELETED)[:MOST_LISTED]


def list_unfinished_with(key: SavedKey) -> ImportJobs:
    return ImportJob.objects.filter(key=key).unfinished().select_related("owner")


def count_unfinished(person: User) -> int:
    """Return the number of imports of a person in which rows are left to be sent."""
    return ImportJob.objects.filter(owner=person).unfinished().exclude(status=ImportJob.Status.UNREADABLE).count()


def count_stored(person: User) -> int:
    """Return the number of imports of a person whose rows are still needed, unfinished or to be restored."""
    owned = ImportJob.objects.filter(owner=person)
    return (owned.unfinished() | owned.filter(status=ImportJob.Status.DELETED)).count()


def list_stopped(user: User) -> list[ImportJob]:
    """Return the newest visible imports that wait for a decision: unconfirmed ones, and what others left paused."""
    if not user.may_send:
        return []
    is_paused_by_others = Q(status=ImportJob.Status.PAUSED) & ~Q(owner=user)
    stopped = ImportJob.objects.visible_to(user).filter(is_paused_by_others | Q(status=ImportJob.Status.UNCONFIRMED))
    return list(stopped.select_related("owner").defer(*LARGE_COLUMNS).annotate(has_requests=HAS_REQUESTS)[:MOST_LISTED])


def _visible_in(user: User, workflow: OpenedWorkflow) -> ImportJobs:
    visible = ImportJob.objects.visible_to(user).filter(key=workflow.key, workflow_id=workflow.workflow_id)
    return visible.select_related("owner").defer(*LARGE_COLUMNS)
