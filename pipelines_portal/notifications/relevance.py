"""The relevance of a notification: its event may be settled before the mail about it is sent."""

from collections.abc import Callable

from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.core.times import machine
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification, NotifiedTask
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import TO_SHOW, stuck_tasks
from pipelines_portal.uploads.models import ZipUpload


def is_relevant(notification: Notification) -> bool:
    """Return False if the event that the subject names is settled. Events without a check stay relevant."""
    event, _, rest = notification.subject.partition(":")
    check = _CHECKS.get(event)
    return check is None or check(notification, rest)


def _is_unconfirmed(notification: Notification, rest: str) -> bool:
    number, attempt = rest.split(":")
    return Submission.objects.filter(pk=number, attempt=attempt, status=Submission.Status.UNCONFIRMED).exists()


def _is_rejected(notification: Notification, rest: str) -> bool:
    number, _, at = rest.partition(":")
    key = SavedKey.objects.filter(pk=number).first()
    return key is not None and key.rejected_at is not None and machine(key.rejected_at) == at


def _expires(notification: Notification, rest: str) -> bool:
    number, _, at_and_step = rest.partition(":")
    key = SavedKey.objects.filter(pk=number, owner=notification.person).first()
    return key is not None and key.expires_at is not None and machine(key.expires_at) == at_and_step.rpartition(":")[0]


def _is_owned(notification: Notification, rest: str) -> bool:
    return SavedKey.objects.filter(pk=rest.partition(":")[0], owner=notification.person).exists()


def _has_ended(notification: Notification, rest: str) -> bool:
    """Return False if the import or upload that stopped was continued since."""
    kind, number, times = rest.split(":")
    if kind == "upload":
        return ZipUpload.objects.filter(pk=number, submission__attempt=times).exists()
    continued = (Sheet.Status.SENDING, Sheet.Status.DELETED)
    imports = Sheet.objects.filter(pk=number).exclude(status__in=continued)
    if kind == "waited":
        return imports.unfinished().exists()
    sheet = imports.first()
    return sheet is not None and sheet.submissions.count() == int(times)


def _is_transferred(notification: Notification, rest: str) -> bool:
    jobs = Sheet.objects.filter(pk=rest.partition(":")[0], owner=notification.person)
    return jobs.exclude(status=Sheet.Status.DELETED).exists()


def _needs_attention(notification: Notification, rest: str) -> bool:
    """Return whether at least one of the tasks needs attention."""
    index = int(rest)
    notified = NotifiedTask.objects.filter(index=index, person=notification.person).values("task_id")
    tasks = IndexedTask.objects.filter(TO_SHOW, index=index, status__in=NEEDS_ATTENTION)
    return tasks.filter(task_id__in=notified).exists()


def _is_stuck(notification: Notification, rest: str) -> bool:
    """Return whether at least one task of the person is stuck."""
    index = WorkflowIndex.objects.filter(pk=rest, workflow__isnull=False).select_related("workflow").first()
    if index is None or index.workflow is None or index.open_as_of is None:
        return False
    place = {"submission__key": index.workflow.key_id, "submission__workflow_id": index.workflow.workflow_id}
    place |= {"submission__owner": notification.person_id}
    task_ids = stuck_tasks(index).order_by().values("task_id")
    kinds = (SubmissionRow, UnattributedTask)
    return any(kind._default_manager.filter(task_id__in=task_ids, **place).exists() for kind in kinds)


_CHECKS: dict[str, Callable[[Notification, str], bool]] = {
    "unconfirmed": _is_unconfirmed,
    "key-rejected": _is_rejected,
    "key-ends": _expires,
    "key-owned": _is_owned,
    "ended": _has_ended,
    "attention": _needs_attention,
    "stuck": _is_stuck,
    "handed-over": _is_transferred,
}
