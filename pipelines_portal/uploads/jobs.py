"""What the worker does for uploads: it goes on where no page is open."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from pipelines_portal.core.tidying import remove_in_batches
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.uploads.polling import claim_poll, may_go_on, poll
from pipelines_portal.uploads.transitions import go_on

TASKS_KEPT_FOR = timedelta(days=1)
MOST_RESUMED = 200


@task()
def poll_upload(zip_id: str, claim: str) -> None:
    """Ask the API about one upload, unless someone else has done so since `claim` was given out."""
    upload = ZipUpload.objects.with_submission().filter(pk=UUID(zip_id)).first()
    if upload is not None and claim_poll(upload, datetime.fromisoformat(claim)):
        poll(upload)


def enqueue_due() -> int:
    """Enqueue every upload whose time has come. Giving out the claim keeps a slow queue from filling up with one.

    A worker that was killed never comes back to its task: the claim it held runs out, and the upload is due again.
    """
    due = ZipUpload.objects.with_submission().filter(next_poll_at__lte=timezone.now()).order_by("next_poll_at")[:200]
    count = 0
    for upload in due:
        if claim_poll(upload, upload.next_poll_at) and upload.next_poll_at:
            poll_upload.enqueue(str(upload.pk), upload.next_poll_at.isoformat())
            count += 1
    return count


def resume_waiting(key: SavedKey | None = None) -> int:
    """Go on with what a key, or access to one, had stopped, where that is over; of one key, or of all."""
    waiting = ZipUpload.objects.with_submission().filter(
        waits_for_key=True, submission__key__rejected_at=None, submission__key__creator_gone_at=None
    )
    if key is not None:
        waiting = waiting.filter(submission__key=key)
    # By chance: those whose senders may not go on stay, and must not stand in the way of the others.
    return sum(may_go_on(upload) and go_on(upload) for upload in waiting.order_by("?")[:MOST_RESUMED])


def forget_old_tasks() -> int:
    """Each poll leaves a task behind, and those of killed workers stay "running": nobody reads them."""
    return remove_in_batches(DBTaskResult.objects.filter(enqueued_at__lte=timezone.now() - TASKS_KEPT_FOR))
