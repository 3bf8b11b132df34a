"""After a restore: what the backup knows as unsent may have been sent since."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.submissions.models import Submission, SubmissionRow

Status = Submission.Status
RESTORED = (
    "The portal was restored from a backup, and this may have been sent after the backup was made. Look at the "
    "workflow's tasks, then decide."
)


def unconfirm_restored() -> None:
    """Set what was being sent, and every draft that was tried, to unconfirmed.

    Not the drafts of uploads: Pipelines knows each upload by its ID, so it is asked. Nor what was called off: its rows
    are back in their import.
    """
    is_tried_draft = Q(status=Status.DRAFT, attempt__gt=0, is_called_off=False) & ~Q(kind=Submission.Kind.ZIP)
    with transaction.atomic():
        may_be_sent = Submission.objects.select_for_update().filter(Q(status=Status.SENDING) | is_tried_draft)
        ids = list(may_be_sent.values_list("pk", flat=True))
        SubmissionRow.objects.filter(submission__in=ids).update(status=SubmissionRow.Status.UNCONFIRMED, task_id=None)
        Submission.objects.filter(pk__in=ids).update(
            status=Status.UNCONFIRMED, reason=RESTORED, sending_until=None, finished_at=timezone.now()
        )
