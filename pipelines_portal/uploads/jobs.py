"""What the worker does for uploads: it goes on where no page is open."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from .follow import look, take_turn
from .models import ZipUpload

TASKS_KEPT_FOR = timedelta(days=1)


@task()
def look_at(zip_id: str, turn: str) -> None:
    """Ask the API about one upload, unless someone else has done so since `turn` was given out."""
    upload = ZipUpload.objects.with_submission().filter(pk=UUID(zip_id)).first()
    if upload is not None and take_turn(upload, datetime.fromisoformat(turn)):
        look(upload)


def enqueue_due() -> int:
    """Enqueue every upload whose time has come. Giving out the turn keeps a slow queue from filling up with one.

    A worker that was killed never comes back to its task: the turn it held runs out, and the upload is due again.
    """
    due = ZipUpload.objects.with_submission().filter(next_look_at__lte=timezone.now()).order_by("next_look_at")[:200]
    count = 0
    for upload in due:
        if take_turn(upload, upload.next_look_at) and upload.next_look_at:
            look_at.enqueue(str(upload.pk), upload.next_look_at.isoformat())
            count += 1
    return count


def forget_old_tasks() -> None:
    """Each look leaves a task behind, and those of killed workers stay "running": nobody reads them."""
    DBTaskResult.objects.filter(enqueued_at__lte=timezone.now() - TASKS_KEPT_FOR).delete()
