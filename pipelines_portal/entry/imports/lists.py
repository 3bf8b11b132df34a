"""Lists of imports: recent, deleted, and those that wait for a person."""

from typing import Any

from django.db.models import Exists, OuterRef, Q

from pipelines_portal.accounts.models import User
from pipelines_portal.core.decisions import Decision
from pipelines_portal.entry.models import ImportJob, ImportJobs
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow

HAS_REQUESTS = Exists(Submission.objects.filter(group=OuterRef("pk")))
LARGE_COLUMNS = ("reading_result", "matching", "schema", "task_counts", "scan")
MOST_LISTED = 20
MOST_DECISIONS, MOST_READ = 6, 50
STOPPED = Q(status__in=[ImportJob.Status.UNCONFIRMED, ImportJob.Status.PAUSED])
# Sentences for Home, the most urgent status first.
DECISION_SENTENCES = {
    ImportJob.Status.UNCONFIRMED: "Nobody knows what came of one of its requests, so nothing more of it is sent.",
    ImportJob.Status.PAUSED: "It is paused. What was not sent waits.",
    ImportJob.Status.MATCHING: "Its columns are still to be matched. Nothing of it was sent.",
}


def list_recent(user: User, workflow: OpenedWorkflow) -> ImportJobs:
    """Return the visible imports of a workflow, the last changed first, without deleted ones."""
    return _visible_in(user, workflow).exclude(status=ImportJob.Status.DELETED).annotate(has_requests=HAS_REQUESTS)


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


def waiting_imports(sender: object, user: User, **more: Any) -> list[Decision]:
    """Return decisions for Home: all visible imports that stopped, and the person's imports with columns to match."""
    if not user.may_send:
        return []
    visible = ImportJob.objects.visible_to(user).select_related("owner").defer(*LARGE_COLUMNS)
    waiting = visible.filter(STOPPED | Q(status=ImportJob.Status.MATCHING, owner=user))
    found = waiting.annotate(has_requests=HAS_REQUESTS)[:MOST_READ]
    statuses = list(DECISION_SENTENCES)
    by_urgency = sorted(found, key=lambda import_job: statuses.index(ImportJob.Status(import_job.status)))
    return [_decision(user, import_job) for import_job in by_urgency[:MOST_DECISIONS]]


def _visible_in(user: User, workflow: OpenedWorkflow) -> ImportJobs:
    visible = ImportJob.objects.visible_to(user).filter(key=workflow.key, workflow_id=workflow.workflow_id)
    return visible.select_related("owner").defer(*LARGE_COLUMNS)


def _decision(user: User, import_job: ImportJob) -> Decision:
    owner = "" if import_job.owner_id == user.pk else f"Its owner is {import_job.owner}. "
    is_unconfirmed = import_job.status == ImportJob.Status.UNCONFIRMED
    title = f"The import {import_job.label} {'stopped' if is_unconfirmed else 'waits'}"
    sentence = f"{owner}{DECISION_SENTENCES[ImportJob.Status(import_job.status)]}"
    action, tone = ("Look and decide", "unconfirmed") if is_unconfirmed else ("Go on with it", "info")
    return Decision(title, sentence, action, import_job.get_absolute_url(), tone)
